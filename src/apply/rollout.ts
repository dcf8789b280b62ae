/** The plan, node by node: each is proven before the next is begun, the first that fails is put back and the others are not touched. */
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { ExitName } from '../model/exit-code.ts';
import type { NodePlan, Plan } from '../model/plan.ts';
import type { DurableOutcome, NodeOutcome } from '../model/rollout.ts';
import { ReachError } from '../reach/transport.ts';
import { durableOutcomes, type PatchEnd, patchOf } from './durable-end.ts';
import { finish } from './end-steps.ts';
import { clauseOf } from './faults.ts';
import { type HookFacts, hookFlags, type HookName } from './hooks.ts';
import type { Healed, Locked } from './locks.ts';
import { keptRuns, type NodeEnd, runNode } from './node-run.ts';
import { restartNode } from './node-restart.ts';
import { filesLeft, nodesWithFile, writeFiles } from './node-files.ts';
import type { Ports } from './ports.ts';
import { signedFaults } from './proof.ts';
import { waitsForItsTurn } from './out-of-date.ts';
import { readFinished } from './replies.ts';
import { controlPlanesOf, type HandedIn, type Place, placeOf, type Task, taskOf } from './task.ts';

export interface RolloutAsk {
  readonly plan: Plan;
  readonly facts: ClusterFacts;
  readonly locked: Locked;
  readonly ports: Ports;
  /** Only this one; what makes the names last waits for the others. */
  readonly only?: string;
  readonly healed?: readonly Healed[];
  readonly signed?: HandedIn;
}

export interface RolloutEnd {
  readonly nodes: readonly NodeOutcome[];
  readonly durable: readonly DurableOutcome[];
  readonly exits: readonly ExitName[];
}

export async function rollout(ask: RolloutAsk): Promise<RolloutEnd> {
  const { plan, facts, locked, only, healed = [], signed } = ask;
  const chosen = plan.nodes.filter(({ action, node }) => action !== 'nothing' && (only ?? node) === node);
  const readings = chosen.map((node) => taskOf(node, facts, signed));
  const lacking = readings.flatMap((one) => (one.ok ? [] : [one.lacks]));
  if (lacking.length > 0)
    return nothingBegun(
      ask,
      `not there or not known: ${lacking.join(', ')}; fix-sans inspect says what could not be read`,
    );
  const tasks = readings.flatMap((one) => (one.ok ? [one.task] : []));
  const faults = tasks.flatMap((task) =>
    signedFaults(task, ask.ports.now()).map((fault) => `${task.plan.node}: ${fault}`),
  );
  if (faults.length > 0)
    return nothingBegun(ask, `what was signed is not what is planned: ${faults.join('; ')}`);
  const isWhole = !plan.nodes.some((node) => node.action !== 'nothing' && !chosen.includes(node));
  const withFile = nodesWithFile(plan, facts);
  const stopKeeping = locked.keep();
  try {
    const walked = await walk(ask, tasks, { isWhole, kept: isWhole ? withFile : [] });
    const patch = isWhole && walked.ends.size === tasks.length ? await lastPatch(ask, walked) : undefined;
    const nodes = plan.nodes.map((node) => withHealed(outcomeOf(node, walked, only), healed));
    const isDone = isWhole && walked.stopped === undefined && ask.ports.stop?.aborted !== true;
    const files = isDone ? await writeFiles(withFile, plan, ask) : filesLeft(withFile);
    const durable = [...durableOutcomes(plan, patch, files.length > 0), ...files];
    return { nodes, durable, exits: exitsOf(walked, { durable, isWhole }) };
  } finally {
    await stopKeeping();
  }
}

interface Walked {
  /** Those that came to a good end, in their order. */
  readonly ends: ReadonlyMap<string, NodeEnd>;
  readonly failed?: NodeEnd;
  /** Why nobody came after. */
  readonly stopped?: string;
  readonly exits: readonly ExitName[];
}

async function walk(
  ask: RolloutAsk,
  tasks: readonly Task[],
  { isWhole, kept }: { readonly isWhole: boolean; readonly kept: readonly string[] },
): Promise<Walked> {
  const { locked, ports, plan, facts } = ask;
  const ends = new Map<string, NodeEnd>();
  const patch = isWhole ? patchOf(plan) : undefined;
  for (const [index, task] of tasks.entries()) {
    const { node } = task.plan;
    if (ports.stop?.aborted === true) return { ends, stopped: 'stopped before it', exits: ['interrupted'] };
    const refused = await hook(ask, 'preNode', { node });
    if (refused !== undefined)
      return {
        ends,
        stopped: `the program of --pre-node says no for ${node}: ${refused}`,
        exits: ['failed'],
      };
    const link = locked.links.get(node);
    if (link === undefined) return { ends, stopped: `${node} is not locked`, exits: ['failed'] };
    const isLast = index === tasks.length - 1;
    const peers = task.place.peers.filter((endpoint) => !waitsForItsTurn(endpoint, { tasks, ends, facts }));
    // Where a file is still to be written, its lock is too.
    const isRelease = !kept.includes(node);
    const ending = { isRelease, ...(isLast && patch !== undefined ? { patch } : {}) };
    locked.workOn(node);
    const end = await (task.plan.action === 'restart' ? restartNode : runNode)({
      task: { ...task, place: { ...task.place, peers } },
      link,
      run: locked.run,
      ports,
      ending,
    });
    locked.workOn(undefined);
    const { state, why = '', before, after } = end.outcome;
    if (state !== 'done') {
      await hook(ask, 'onFailure', { node, state, why });
      const exits: readonly ExitName[] = end.exit === undefined ? ['interrupted'] : [end.exit];
      return { ends, failed: end, stopped: `not begun, since ${node} did not come to a good end`, exits };
    }
    if (isRelease) locked.letGo(node);
    ends.set(node, end);
    const fingerprints = { before: before?.fingerprint ?? '', after: after?.fingerprint ?? '' };
    const objection = await hook(ask, 'postNode', { node, state, ...fingerprints });
    if (objection !== undefined)
      return {
        ends,
        stopped: `the program of --post-node says no after ${node}: ${objection}`,
        exits: ['partial'],
      };
  }
  return { ends, exits: [] };
}

async function hook(
  { ports, locked }: RolloutAsk,
  name: HookName,
  facts: Omit<HookFacts, 'run' | 'kind'>,
): Promise<string | undefined> {
  const fault = await ports.hook(name, { run: locked.run.run, kind: 'apply', ...facts });
  if (fault !== undefined)
    ports.tell({ event: 'hook', node: facts.node, detail: `${hookFlags[name]}: ${fault}` });
  return fault;
}

/** What the last node's end said of kubeadm-config; where there was nothing to sign, the first control plane is asked. */
async function lastPatch(ask: RolloutAsk, { ends, stopped }: Walked): Promise<PatchEnd | undefined> {
  const { plan, facts, locked, ports } = ask;
  const patch = patchOf(plan);
  if (patch === undefined) return undefined;
  const last = [...ends.values()].at(-1);
  if (last?.finished !== undefined) return tellOf(ports, { patch, finished: last.finished });
  if (stopped !== undefined) return undefined;
  const [place] = controlPlanesOf(facts).flatMap((one) => placeOf(one.facts, facts) ?? []);
  return tellOf(
    ports,
    place === undefined
      ? { patch, fault: 'no control plane can be asked' }
      : await patchAlone(ask, patch, place, locked),
  );
}

async function patchAlone(
  { ports }: RolloutAsk,
  patch: NonNullable<ReturnType<typeof patchOf>>,
  { node, endpoint, admin }: Place,
  locked: Locked,
): Promise<PatchEnd> {
  const link = locked.links.get(node);
  if (link === undefined || ports.stop?.aborted === true) return { patch, fault: 'it was not begun' };
  const data = {
    endpoint,
    admin,
    summary: 'kubeadm-config is changed',
    keep: keptRuns,
    release: '',
    patch: patch.patch,
    after: patch.after,
  };
  try {
    const answer = await link.insist(finish, data, readFinished, 3 * 30);
    return answer.ok ? { patch, finished: answer.value } : { patch, fault: clauseOf(answer.fault) };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return { patch, fault: error.trouble.message };
  }
}

function tellOf(ports: Ports, end: PatchEnd): PatchEnd {
  const isWritten = end.finished?.config === end.patch.after;
  ports.tell({ event: isWritten ? 'durable' : 'failed', detail: 'kubeadm-config' });
  return end;
}

function nothingBegun({ plan, ports }: RolloutAsk, why: string): RolloutEnd {
  ports.tell({ event: 'failed', detail: why });
  const walked: Walked = { ends: new Map(), stopped: why, exits: ['refused'] };
  return {
    nodes: plan.nodes.map((node) => outcomeOf(node, walked, undefined)),
    durable: durableOutcomes(plan, undefined),
    exits: ['refused'],
  };
}

function outcomeOf({ node, action }: NodePlan, walked: Walked, only: string | undefined): NodeOutcome {
  const bare = { node, commands: [], wasRestarted: false, healed: [] } as const;
  const end = walked.ends.get(node) ?? (walked.failed?.outcome.node === node ? walked.failed : undefined);
  if (end !== undefined) return end.outcome;
  if (action === 'nothing') return { ...bare, state: 'nothing' };
  if (only !== undefined && only !== node)
    return { ...bare, state: 'untouched', why: 'left for later by --only', waits: true };
  const why = walked.stopped;
  return { ...bare, state: 'untouched', ...(why === undefined ? {} : { why }) };
}

function withHealed(outcome: NodeOutcome, healed: readonly Healed[]): NodeOutcome {
  return { ...outcome, healed: healed.filter(({ node }) => node === outcome.node).map(({ run }) => run) };
}

/** Once something was done, "nothing changed" would be untrue. */
function exitsOf(
  { ends, exits }: Walked,
  { durable, isWhole }: { readonly durable: readonly DurableOutcome[]; readonly isWhole: boolean },
): readonly ExitName[] {
  const claimsNothing: ReadonlySet<ExitName> = new Set([
    'refused',
    'failed',
    'locked',
    'temporary',
    'authentication',
  ]);
  const told = exits.map((exit): ExitName => (ends.size > 0 && claimsNothing.has(exit) ? 'partial' : exit));
  const isFailed = durable.some(({ state }) => state === 'failed');
  // What --only has left for later is not done.
  return [...told, ...(isFailed || (!isWhole && exits.length === 0) ? (['partial'] as const) : [])];
}
