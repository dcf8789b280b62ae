/** Before `apply` changes anything: the locks of all control planes, and the end of whatever an earlier run left unfinished there. */
import { durableOutcomes } from '../apply/durable-end.ts';
import { healAll, type Healed, lockAll, type Locked } from '../apply/locks.ts';
import type { UndoResult } from '../apply/replies.ts';
import { controlPlanesOf, type Place, placeOf } from '../apply/task.ts';
import type { ExitName } from '../model/exit-code.ts';
import { UserError } from '../model/user-error.ts';
import { ReachError } from '../reach/transport.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Decided } from './apply-plan.ts';
import { type RunEnd, type Session, untouched } from './run-session.ts';

export type LockedAndHealed =
  | { readonly locked: Locked; readonly healed: readonly Healed[] }
  | { readonly end: RunEnd };

export async function lockAndHeal(
  session: Session,
  { facts, plan }: Pick<Decided, 'facts' | 'plan'>,
): Promise<LockedAndHealed> {
  session.guard();
  const planes = controlPlanesOf(facts);
  const locking = await lockAll(
    planes.map(({ read }) => read.node),
    session.run,
    session.ports,
  );
  const names = plan.nodes.map(({ node }) => node);
  const durable = durableOutcomes(plan, undefined);
  if (!locking.ok) {
    const { exit, node, why } = locking.fault;
    return {
      end: { nodes: untouched(names, `${node} could not be locked: ${why}`), durable, exits: [exit] },
    };
  }
  const { locked } = locking;
  // A person may think about the next question for longer than a lock is held.
  locked.keep();
  let healed: readonly Healed[] = [];
  try {
    healed = await healAll(locked, placesOf(facts), session.ports);
  } catch (error) {
    await locked.release();
    throw error;
  }
  if (healed.every(({ isHealed }) => isHealed)) return { locked, healed };
  await locked.release();
  return { end: { ...notHealed(names, healed), durable } };
}

/** Behind a lock a sentence on stderr is too little: what was put back belongs into the reports and the audit. Throws what is a bug. */
export function cutShort(
  error: unknown,
  healed: readonly Healed[],
  isStopped: boolean,
): { readonly why: string; readonly exit: ExitName } {
  if (!isStopped && !(error instanceof UserError) && !(error instanceof ReachError)) throw afterLock(error);
  const why = isStopped || !(error instanceof Error) ? 'stopped' : error.message;
  return healed.length === 0
    ? { why: `${why}; nothing was begun`, exit: isStopped ? 'interrupted' : 'failed' }
    : { why: `${why}: only what an earlier run had left was put back`, exit: 'partial' };
}

/** main.ts would say of a bug that nothing was changed. */
export function afterLock(error: unknown): unknown {
  const aftermath = 'whether something was changed, fix-sans runs says of each control plane';
  return error instanceof Error ? Object.assign(error, { aftermath }) : error;
}

/** Where each control plane has what the way back needs to know. */
export function placesOf(facts: ClusterFacts): ReadonlyMap<string, Place> {
  return new Map(
    controlPlanesOf(facts).flatMap(({ facts: node }): readonly (readonly [string, Place])[] => {
      const place = placeOf(node, facts);
      return place === undefined ? [] : [[node.node, place]];
    }),
  );
}

/** With these a way back has ended before it touched anything. */
const leavesAll: ReadonlySet<UndoResult> = new Set(['foreign', 'newer', 'damaged', 'no-backup', 'no-pair']);

/** A run that does not end blocks all others, so what to type about it is printed where it lies. */
export function notHealed(
  names: readonly string[],
  healed: readonly Healed[],
): Pick<RunEnd, 'nodes' | 'exits'> {
  const sick = healed.filter(({ isHealed }) => !isHealed);
  const why = sick.map(({ node, run, why: one }) => `the run ${run} on ${node}: ${one}`).join('; ');
  const nodes = untouched(names, why).map((one): RunEnd['nodes'][number] => {
    const own = sick.filter(({ node }) => node === one.node);
    return {
      ...one,
      commands: own.flatMap(({ commands }) => commands),
      // Its pair was changed, or its API server started anew.
      ...(own.some(({ result }) => result !== undefined && !leavesAll.has(result)) ? { state: 'stuck' } : {}),
    };
  });
  return { nodes, exits: sick.map(({ exit }) => exit) };
}
