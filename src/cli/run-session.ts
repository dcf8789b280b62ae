/** What `apply` and `rollback` have in common around a run: its name, who listens, signals, the probe beside it, and the report at its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asked, nextAfter } from '../plan/after-run.ts';
import type { Ports, RunName } from '../apply/ports.ts';
import { keepProbing, watchedIn } from '../inspect/probe/keep-probing.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { type ExitCode, exitCodes, type ExitName, worstExit } from '../model/exit-code.ts';
import type { NextStep } from '../model/inspection.ts';
import type { ProbeTally, Rollout } from '../model/rollout.ts';
import type { NodeReader } from '../reach/reader.ts';
import { ReachError } from '../reach/transport.ts';
import { rolloutReports } from '../report/index.ts';
import type { RunSettings } from './run-settings.ts';
import { asCalled, programName } from './called.ts';
import type { Options } from './command.ts';
import type { ClusterReading } from './facts.ts';
import { type Io, wantsColour, widthOf } from './io.ts';
import { isSet, textOf } from './option-values.ts';
import { type ReportFile, writeReports } from './report-files.ts';
import { eventLog, whoRuns, writeAudit } from './run-log.ts';
import { stepsTyped, typedBy } from './same-options.ts';
import { newRunName, portsFor } from './run-ports.ts';

export interface Session {
  readonly run: RunName;
  readonly ports: Ports;
  readonly say: (line: string) => void;
  /** From here on a signal is not the end: what is in work is finished first. */
  guard(): void;
  probe(facts: ClusterFacts): Promise<() => Promise<ProbeTally>>;
  end(how: RunEnd, asked: Asked): Promise<Rollout>;
}

export type RunEnd = Pick<Rollout, 'nodes' | 'durable'> & {
  readonly exits: readonly ExitName[];
  readonly probe?: ProbeTally;
  /** The plan's own, where nothing was begun. */
  readonly exitCode?: ExitCode;
  /** Where it is known better than by how each node ended. */
  readonly next?: readonly NextStep[];
  /** Beside what follows from that. */
  readonly also?: readonly NextStep[];
};

export async function openSession(
  kind: Rollout['kind'],
  {
    options,
    io,
    settings,
    cluster,
  }: {
    readonly options: Options;
    readonly io: Io;
    readonly settings: RunSettings;
    readonly cluster: ClusterReading;
  },
): Promise<Session> {
  const started = new Date();
  const { timing, hooks } = settings;
  const { signal } = cluster.means;
  // 1 would say that nothing was changed.
  io.atLostResult?.(exitCodes.partial.code);
  const isQuiet = isSet(options, 'quiet');
  const run: RunName = { run: newRunName(started), by: whoRuns(io.env), timing };
  const called = io.called ?? programName;
  const say = (line: string): void => {
    if (!isQuiet) io.stderr.write(`fix-sans: ${asCalled(line, called)}\n`);
  };
  const log = await eventLog(textOf(options, 'events'), run.run);
  const ports = portsFor({
    io,
    reach: cluster.reach,
    hooks,
    log,
    say,
    ...(signal === undefined ? {} : { stop: signal }),
  });
  return {
    run,
    ports,
    say,
    guard: () => guard(run, ports, io),
    probe: (facts) => startProbe(facts, cluster, settings.probeIntervalMs),
    end: async (how, asked) => {
      const { nodes, durable, exits, probe = { endpoints: [] }, exitCode: own, next, also = [] } = how;
      const exitCode = own ?? worstExit(signal?.aborted === true ? stopped(exits, signal) : exits);
      ports.tell({ event: 'ended', detail: `exit code ${exitCode}` });
      const { cluster: name } = cluster.facts;
      return {
        run: run.run,
        kind,
        ...(name === undefined ? {} : { cluster: name }),
        by: run.by,
        startedAt: started.toISOString(),
        endedAt: new Date().toISOString(),
        exitCode,
        nodes,
        durable,
        probe,
        events: ports.events(),
        left: nodes.flatMap(({ node, state }) =>
          state === 'unknown' && kind === 'apply'
            ? [`on ${node} the dead-man switch of the run ${run.run} is armed`]
            : [],
        ),
        next: [...(next ?? nextAfter({ run: run.run, kind, nodes, durable, exitCode }, asked)), ...also],
      };
    },
  };
}

/** main.ts says in the reason which signal it was. */
function stopped(exits: readonly ExitName[], { reason }: AbortSignal): readonly ExitName[] {
  const isTerm = reason instanceof Error && reason.message.includes('SIGTERM');
  return [...exits.filter((exit) => exit !== 'interrupted'), isTerm ? 'terminated' : 'interrupted'];
}

/** Said at once, since the step that runs may take a minute. */
function guard({ run, timing }: RunName, ports: ReturnType<typeof portsFor>, io: Io): void {
  const within = `within ${timing.deadManSeconds} s (run ${run})`;
  const armed = `the node in work puts its old certificate back by itself ${within}`;
  const locked = `the locks of this run run out by themselves ${within}, and no other run begins before`;
  io.atSecondStop?.(() => {
    const { isArmed, isLocked } = ports.underWay();
    if (isArmed) return `fix-sans: left in the middle; the dead-man switch stays armed: ${armed}\n`;
    const behind = isLocked ? locked : 'no lock stays behind';
    return `fix-sans: left, with no pair in work, so nothing is armed; ${behind}\n`;
  });
  ports.stop?.addEventListener(
    'abort',
    () => {
      const [what, then] = ports.underWay().isArmed
        ? ['the node in work is brought to its end first, proven or undone, and no other is begun', armed]
        : ['no node has a pair in work, and none is begun', locked];
      // Also with --quiet: somebody pressed a key and waits.
      io.stderr.write(
        `\nfix-sans: stopping: ${what}\n          a second signal leaves at once; then ${then}\n`,
      );
      ports.tell({ event: 'stopping' });
    },
    { once: true },
  );
}

/** What nothing here reaches is dialled by a node, where one can. */
async function startProbe(
  facts: ClusterFacts,
  { means, facts: { nodes } }: ClusterReading,
  intervalMs: number,
): Promise<() => Promise<ProbeTally>> {
  const watched = watchedIn(facts);
  const reader = watched.every(({ from }) => from === 'here') ? undefined : await dialler(nodes, means);
  const dial = reader?.dial;
  const running = keepProbing(watched, {
    intervalMs,
    ...(dial === undefined ? {} : { dial: dial.bind(reader) }),
  });
  return async () => {
    // Something may break a moment after the last step.
    await sleep(Math.min(1000, 2 * intervalMs));
    const tally = await running.stop();
    await reader?.[Symbol.asyncDispose]();
    return tally;
  };
}

async function dialler(
  nodes: ClusterFacts['nodes'],
  { open }: ClusterReading['means'],
): Promise<NodeReader | undefined> {
  for (const { node, result } of nodes) {
    if (result.state !== 'read') continue;
    try {
      const reader = await open(node);
      if (reader.dial !== undefined) return reader;
      await reader[Symbol.asyncDispose]();
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
    }
  }
  return undefined;
}

/** stdout, the reports and the audit file; a report that cannot be written hides nothing of the run. */
export async function reportRun(
  rollout: Rollout,
  files: readonly ReportFile[],
  options: Options,
  io: Io,
): Promise<ExitCode> {
  const format = textOf(options, 'format') ?? 'text';
  const look = { colour: wantsColour(io.stdout, io.env), width: widthOf(io.stdout, io.env) };
  const shown = format === 'json' ? rollout : asTypedHere(rollout, options, io);
  io.stdout.write(rolloutReports[format]?.(shown, look) ?? '');
  const texts = files.map((file) => ({
    ...file,
    text: rolloutReports[file.format]?.(rollout, { colour: false, width: 100 }) ?? '',
  }));
  const isWritten = await writeReports(texts, io, isSet(options, 'quiet'));
  // Where no lock was taken there was nothing but a look.
  if (rollout.events.some(({ event }) => event === 'locked')) await writeAudit(rollout, io);
  // After a change 1 would say that nothing was changed.
  return isWritten || rollout.exitCode !== exitCodes.ok.code ? rollout.exitCode : exitCodes.partial.code;
}

/** Its commands as they are to be typed at this keyboard; the reports in files are read elsewhere. */
function asTypedHere(rollout: Rollout, options: Options, io: Io): Rollout {
  const called = io.called ?? programName;
  const why = (one: { readonly why?: string }): { readonly why?: string } =>
    one.why === undefined ? {} : { why: asCalled(one.why, called) };
  return {
    ...rollout,
    nodes: rollout.nodes.map((one) => ({ ...one, ...why(one) })),
    durable: rollout.durable.map((one) => ({ ...one, ...why(one) })),
    next: stepsTyped(rollout.next, called, typedBy(options, rollout.kind, io)),
  };
}

export function untouched(names: readonly string[], why?: string): Rollout['nodes'] {
  return names.map((node) => ({
    node,
    state: why === undefined ? 'nothing' : 'untouched',
    ...(why === undefined ? {} : { why }),
    commands: [],
    wasRestarted: false,
    healed: [],
  }));
}
