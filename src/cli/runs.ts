/** `fix-sans runs`: what each control plane remembers of earlier runs, and who holds its lock. Changes nothing. */
import { type ExitCode, type ExitName, worstExit } from '../model/exit-code.ts';
import type { RunsListing } from '../model/runs.ts';
import { runsReports } from '../report/index.ts';
import type { Invocation } from './command.ts';
import { readCluster } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { textOf } from './option-values.ts';
import { readAllRuns } from './read-all-runs.ts';
import { typedBy } from './same-options.ts';
import { refuseHelper } from './run-refusals.ts';

export async function runs({ options }: Invocation, io: Io): Promise<ExitCode> {
  refuseHelper(options, 'runs');
  const { facts, means } = await readCluster(options, io, { wishes: [] });
  const all = await readAllRuns(facts, means);
  const exits: readonly ExitName[] = [
    // One that is under way has not ended either: whoever runs it may be gone, and its lock be live for minutes.
    ...(all.nodes.some(({ runs: own }) => own.some(({ isEnded }) => !isEnded))
      ? (['changesNeeded'] as const)
      : []),
    ...(all.unread.length > 0 ? (['partial'] as const) : []),
  ];
  const listing: RunsListing = {
    ...(facts.cluster === undefined ? {} : { cluster: facts.cluster }),
    madeAt: facts.readAt,
    // Whom nobody asked, or who does not answer, may remember one.
    exitCode: worstExit(all.nodes.length === 0 ? ['temporary'] : exits),
    ...all,
  };
  const asTyped = typedBy(options, 'runs', io);
  const look = { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env), asTyped };
  io.stdout.write(runsReports[textOf(options, 'format') ?? 'text']?.(listing, look) ?? '');
  return listing.exitCode;
}
