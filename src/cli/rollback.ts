/** `fix-sans rollback`: the certificates as they were before a run, proven by handshake; a pair that is not that run's is left alone. */
import { healAll, lockAll, type Locked } from '../apply/locks.ts';
import { takeBack, type ConfigBack, type TakeBackNode } from '../apply/take-back.ts';
import { type ControlPlane, controlPlanesOf, placeOf, servedAs } from '../apply/task.ts';
import type { RunDetail } from '../inspect/runs/read-runs.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import { looseSan } from '../model/san.ts';
import { UserError } from '../model/user-error.ts';
import { isOurEdit } from '../plan/written-by.ts';
import { rolloutReports } from '../report/index.ts';
import type { Invocation, Options } from './command.ts';
import { isConfirmedBy } from './confirm.ts';
import { type ClusterReading, readCluster } from './facts.ts';
import type { Io } from './io.ts';
import { isSet, textsOf } from './option-values.ts';
import { type AllRuns, lastRun, readAllRuns } from './read-all-runs.ts';
import { afterLock, notHealed, placesOf } from './lock-and-heal.ts';
import { readReportFiles } from './report-files.ts';
import { refuseHelper, refuseUnattended } from './run-refusals.ts';
import { openSession, reportRun, type RunEnd, type Session, untouched } from './run-session.ts';
import { showChanges } from './show-changes.ts';
import { runSettings } from './run-settings.ts';
import {
  beforeTheQuestion,
  byNode,
  insteadOf,
  keepersOf,
  type Keeps,
  keepsClause,
  namesGoing,
  takeKeptBack,
} from './rollback-words.ts';
import { detailsBy, lookAtRun } from './unusable.ts';

export async function rollback({ args, options }: Invocation, io: Io): Promise<ExitCode> {
  if (isSet(options, 'showCommands')) return showChanges('rollback', io);
  const asked = runIn(args);
  refuseHelper(options, 'rollback');
  const settings = await runSettings(options, io);
  const files = await readReportFiles(textsOf(options, 'report'), Object.keys(rolloutReports));
  refuseUnattended(options, io, 'rollback');
  const cluster = await readCluster(options, io, { wishes: [] });
  const all = await readAllRuns(cluster.facts, cluster.means);
  const of = asked ?? lastRun(all);
  const session = await openSession('rollback', { options, io, settings, cluster });
  const end =
    of === undefined
      ? noRun(all, cluster.facts)
      : await rolledBack(of, all, { options, io, session, cluster });
  if (end === undefined) {
    session.say('not confirmed; nothing was changed');
    return exitCodes.failed.code;
  }
  const isKnown = all.nodes.some(({ runs }) => runs.some(({ run }) => run === of));
  const told = await session.end(end, {
    names: [],
    removals: [],
    ...(of === undefined || !isKnown ? {} : { of }),
  });
  return reportRun(told, files, options, io);
}

function noRun(all: AllRuns, facts: ClusterFacts): RunEnd {
  const names = controlPlanesOf(facts).map(({ facts: { node } }) => node);
  if (all.unread.length > 0) return unreadEnd(all, names);
  return all.nodes.length === 0
    ? ended(
        names,
        'no control plane was asked for its runs: none is known here, or none answered',
        'temporary',
      )
    : ended(names, 'there is no run to take back: none is remembered that was done or begun', 'failed');
}

function unreadEnd({ unread }: AllRuns, names: readonly string[]): RunEnd {
  const who = unread.map(({ node, why }) => `${node} (${why})`).join(', ');
  return ended(names, `not every control plane could be asked for its runs: ${who}`, 'temporary');
}

export interface On {
  readonly options: Options;
  readonly io: Io;
  readonly session: Session;
  readonly cluster: ClusterReading;
}

function runIn(args: readonly string[]): string | undefined {
  const [run] = args;
  if (run === undefined || /^[0-9a-fTZ-]{1,64}$/.test(run)) return run;
  throw new UserError(`${display(run, 80)} is no name of a run`, 'fix-sans runs lists them');
}

export async function rolledBack(of: string, all: AllRuns, on: On): Promise<RunEnd | undefined> {
  const { session, options, io, cluster } = on;
  const planes = controlPlanesOf(cluster.facts);
  const having = all.nodes.filter(({ runs }) => runs.some(({ run }) => run === of)).map(({ node }) => node);
  const names = planes.map(({ facts }) => facts.node);
  if (all.unread.length > 0) return unreadEnd(all, names);
  if (having.length === 0) return ended(names, `no control plane remembers the run ${of}`, 'failed');
  const blind = withoutPlace(having, cluster.facts);
  if (blind.length > 0)
    return ended(
      names,
      `${blind.join(', ')} remembers the run ${of}, but it is not known where its API server listens and reads its pair`,
      'refused',
    );
  const touched = planes.filter(({ facts }) => having.includes(facts.node));
  const looked = await lookAtRun(of, touched, cluster);
  if (!looked.ok) return ended(names, looked.why, 'temporary');
  const { details, clauses } = looked;
  if (clauses.size > 0 && !isSet(options, 'acceptUnusable'))
    return { ...ofNoUse(names, clauses), next: insteadOf(of, details) };
  for (const line of beforeTheQuestion(of, details, new Date(cluster.facts.readAt))) session.say(line);
  const keepers = await keepersOf(of, namesGoing(details), { all, planes, detailOf: detailsBy(cluster) });
  for (const [node, kept] of byNode(keepers))
    session.say(`${display(node, 80)}: ${display(keepsClause(kept), 600)}`);
  const isMeant =
    isSet(options, 'yes') ||
    (await isConfirmedBy(io, 'Put the old certificates back?', cluster.means.signal));
  if (!isMeant) return undefined;
  session.guard();
  const locking = await lockAll(
    planes.map(({ read }) => read.node),
    session.run,
    session.ports,
  );
  if (!locking.ok) {
    const { node, why, exit } = locking.fault;
    return ended(names, `${node} could not be locked: ${why}`, exit);
  }
  const { locked } = locking;
  // What an earlier run left is healed first, which may take longer than a lock is held.
  locked.keep();
  try {
    const end = await takenBack(of, planes, { on, locked, having: new Set(having) });
    return withKept(end, keepers);
  } catch (error) {
    throw afterLock(error);
  } finally {
    await locked.release();
  }
}

/** Whoever dials would refuse what is put back, and the nodes' own programs are the first. */
function ofNoUse(names: readonly string[], clauses: ReadonlyMap<string, string>): RunEnd {
  const others = `not begun: ${[...clauses.keys()].join(', ')} has an old certificate that is of no use`;
  return {
    nodes: names.flatMap((node) => untouched([node], clauses.get(node) ?? others)),
    durable: [],
    exits: ['refused'],
  };
}

/** Nodes that would be left out in silence, and the rest called a whole rollback. */
export function withoutPlace(having: readonly string[], facts: ClusterFacts): readonly string[] {
  const places = new Set(controlPlanesOf(facts).flatMap((one) => placeOf(one.facts, facts)?.node ?? []));
  return having.filter((node) => !places.has(node));
}

function withKept(end: RunEnd, keepers: readonly Keeps[]): RunEnd {
  const kept = byNode(keepers);
  const nodes = end.nodes.map((one) => {
    const own = kept.get(one.node);
    return own === undefined || one.state !== 'nothing' ? one : { ...one, why: keepsClause(own) };
  });
  return { ...end, nodes, also: takeKeptBack(keepers) };
}

async function takenBack(
  of: string,
  planes: readonly ControlPlane[],
  { on, locked, having }: { readonly on: On; readonly locked: Locked; readonly having: ReadonlySet<string> },
): Promise<RunEnd> {
  const { session, cluster } = on;
  const { facts } = cluster;
  const detailOf = detailsBy(cluster);
  const names = planes.map((one) => one.facts.node);
  const places = placesOf(facts);
  const healed = await healAll(locked, places, session.ports);
  if (healed.some(({ isHealed }) => !isHealed)) return { ...notHealed(names, healed), durable: [] };
  const nodes: TakeBackNode[] = [];
  let config: ConfigBack | undefined;
  for (const { read, facts: node } of planes) {
    const place = places.get(node.node);
    if (!having.has(node.node) || place === undefined) continue;
    const detail = await detailOf({ read }, of);
    if ('why' in detail) {
      const why = `nothing was taken back, since ${node.node} could not be asked once more: ${detail.why}`;
      return ended(names, why, healed.length === 0 ? 'temporary' : 'partial');
    }
    const reading = node.certificate?.reading;
    nodes.push({
      place,
      hasFile: detail.hasFile,
      wasDiscarded: detail.wasDiscarded,
      ...(reading?.ok === true ? { before: servedAs(reading.certificates[0]) } : {}),
      ...(detail.old === undefined ? {} : { old: detail.old }),
    });
    config ??= configOf(node.node, detail, cluster);
  }
  const stopProbe = await session.probe(facts);
  session.ports.tell({ event: 'started', detail: `${session.run.run} takes ${of} back` });
  let probe: RunEnd['probe'];
  let end: RunEnd;
  try {
    end = await takeBack({
      of,
      nodes,
      locked,
      ports: session.ports,
      ...(config === undefined ? {} : { config }),
    });
  } finally {
    probe = await stopProbe();
  }
  const rest = untouched(names.filter((name) => !nodes.some(({ place }) => place.node === name)));
  return { ...end, nodes: [...end.nodes, ...rest], ...(probe === undefined ? {} : { probe }) };
}

function configOf(
  node: string,
  { config, newConfig, made }: RunDetail,
  { facts }: ClusterReading,
): ConfigBack | undefined {
  const now = facts.api?.kubeadmConfig;
  if (config === undefined) return undefined;
  if (now === undefined) return { node, old: config, resourceVersion: '', state: 'unread' };
  const names = (made?.names ?? []).flatMap(({ value }) => looseSan(value) ?? []);
  const isOurs = now.text === newConfig || isOurEdit(config, now.text, names);
  const changed = isOurs ? 'ours' : 'foreign';
  const state = now.text === config ? 'nothing' : changed;
  return {
    node,
    old: config,
    resourceVersion: now.resourceVersion,
    state,
  };
}

function ended(names: readonly string[], why: string, exit: RunEnd['exits'][number]): RunEnd {
  return { nodes: untouched(names, why), durable: [], exits: [exit] };
}
