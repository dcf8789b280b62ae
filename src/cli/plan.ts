/** `fix-sans plan`: reads the cluster and says exactly what would be signed, what makes it last and what speaks against it. Changes nothing there. */
import { chmod, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import { display } from '../model/display.ts';
import type { ExitCode } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { makePlan } from '../plan/make-plan.ts';
import { writePlan } from '../plan/plan-file.ts';
import { emptyRemovals } from '../plan/removals.ts';
import { planReports } from '../report/index.ts';
import { asCalled, programName } from './called.ts';
import type { Invocation, Options } from './command.ts';
import { type ClusterReading, readCluster } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { isSet, textOf, textsOf } from './option-values.ts';
import { stepsTyped, typedBy } from './same-options.ts';
import { earlyAsk, wholeAsk, wishesIn } from './plan-ask.ts';
import { checkPlace, readReportFiles, writeReport } from './report-files.ts';
import { withoutCluster } from './text-alone.ts';
import { writeInventory } from './write-inventory.ts';

export async function plan({ options }: Invocation, io: Io): Promise<ExitCode> {
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(planReports));
  const out = textOf(options, 'out');
  if (out !== undefined) await checkPlace(out, '--out');
  const runbooks = textOf(options, 'runbooks');
  if (runbooks !== undefined) await checkFolder(runbooks);
  const early = await earlyAsk(options, io);
  const alone = withoutCluster(early, options, io);
  if (alone !== undefined) return alone;
  const cluster = await readCluster(options, io, { wishes: wishesIn(early), dialsWishes: true });
  const planned = makePlan(diagnoseCluster(cluster.facts), wholeAsk(early, cluster));
  const say = (line: string): void => {
    if (!isSet(options, 'quiet')) io.stderr.write(`fix-sans: ${line}\n`);
  };
  const made = isSet(options, 'onNode') ? await tryOnNodes(planned, cluster, { io, say }) : planned;
  for (const one of emptyRemovals(made, early.removals)) say(display(one, 400));
  show(made, io, { options, from: 'plan' });
  for (const { format, path: file } of files) {
    await writeReport(file, planReports[format]?.(made, { colour: false, width: 100 }) ?? '', {
      isForAll: format === 'prometheus',
    });
    say(`wrote ${display(file)}`);
  }
  if (out !== undefined) {
    await writeReport(out, writePlan(made), { mode: 0o600 });
    say(`wrote the plan to ${display(out)}; fix-sans show ${display(out)} prints it`);
  }
  if (runbooks !== undefined) await writeRunbooks(made, runbooks, say);
  if (isSet(options, 'write')) await writeInventory(made, cluster.resolved.inventorySource, say);
  return made.exitCode;
}

/** Loaded here only: whatever does not ask for it has no way to write on a node. */
async function tryOnNodes(
  planned: Plan,
  { facts, reach }: ClusterReading,
  how: { readonly io: Io; readonly say: (line: string) => void },
): Promise<Plan> {
  const { rehearsedOnNodes } = await import('./on-node.ts');
  return rehearsedOnNodes(planned, { facts, reach, ...how });
}

export interface Shown {
  readonly options: Options;
  readonly from: 'plan' | 'show';
}

export function show(made: Plan, io: Io, { options, from }: Shown): void {
  const asTyped = typedBy(options, from, io);
  const look = { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env), asTyped };
  const format = textOf(options, 'format') ?? 'text';
  // As JSON it is what --out writes, with a digest of its own.
  io.stdout.write(planReports[format]?.(format === 'json' ? made : withTyped(made, io, asTyped), look) ?? '');
}

function withTyped(made: Plan, { called = programName }: Io, asTyped: (command: string) => string): Plan {
  return {
    ...made,
    next: stepsTyped(made.next, called, asTyped),
    refusals: made.refusals.map((one) => ({ ...one, remedy: asCalled(one.remedy, called) })),
  };
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found !== undefined && !found.isDirectory())
    throw new UserError(
      `--runbooks: ${display(folder)} is no folder`,
      'name a folder that is or is not there yet',
    );
}

/** One script for each control plane, numbered in the order in which they are to be run. */
async function writeRunbooks({ nodes }: Plan, folder: string, say: (line: string) => void): Promise<void> {
  const scripts = nodes.flatMap(({ node, forms }) =>
    forms?.runbook === undefined ? [] : [{ node, script: forms.runbook }],
  );
  if (scripts.length === 0) {
    say('there is no runbook to write');
    return;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [index, { node, script }] of scripts.entries()) {
    // A node's name is hostile: it becomes a part of a path.
    const name = `${String(index + 1).padStart(2, '0')}-${node.replaceAll(/[^\w.-]/g, '_').slice(0, 100)}.sh`;
    const file = path.join(folder, name);
    await writeReport(file, script, { mode: 0o700 });
    await chmod(file, 0o700);
    say(`wrote ${display(file)}`);
  }
}
