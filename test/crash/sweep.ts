/** One case after the other on nodes side by side: the blow, what the node and the next run make of it, and what is not as it has to be. */
import { randomInt } from 'node:crypto';
import { arm, type Case, nameOf } from './cases.ts';
import { type Asking, type Ground } from './ground.ts';
import { healed, knownOf, type Rescue, rescues } from './heal.ts';
import { runs, walk } from './sequences.ts';

export interface Outcome {
  readonly name: string;
  readonly by: Rescue;
  readonly hasStruck: boolean;
  readonly faults: readonly string[];
}

export const seed = Number(process.env['FIX_SANS_SEED'] ?? randomInt(1, 1_000_000));

/** Mulberry32: the same numbers for the same seed. */
export function chance(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function sample<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  return all
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .slice(0, count)
    .map(([, one]) => one);
}

export async function crash(ground: Ground, one: Case, by: Rescue, plant: Asking = {}): Promise<Outcome> {
  ground.reset();
  const known = knownOf(ground);
  let hasStruck: (() => boolean) | undefined;
  const { end, at } = await walk(ground, one.sequence, (step) => {
    if (step !== one.at) return { how: plant };
    const armed = arm(ground, one);
    ({ hasStruck } = armed);
    return { how: { ...plant, ...armed.how }, ...(armed.after && { after: armed.after }) };
  });
  // Where a step says that it cannot go on, the controller takes the run back at once; or it is gone by then.
  const isTakenBack = end === 'fault' && by === 'switch' && one.sequence.name === 'apply' && at >= 2;
  if (isTakenBack)
    await ground.ask(runs.first, 'undo', { of: runs.first, isBack: '', wait: '0' }).catch(() => undefined);
  const { decides } = one.sequence;
  const faults = await healed(ground, known, { by, decides }).catch((error: unknown) => [String(error)]);
  return { name: nameOf(one), by, hasStruck: hasStruck?.() === true, faults };
}

/** Each node takes the next one as soon as it has come to an end of the last. */
export async function sweep(
  grounds: readonly Ground[],
  cases: readonly Case[],
  plant: Asking = {},
): Promise<readonly Outcome[]> {
  const waiting = cases.map((one, index) => [one, rescues[index % rescues.length] ?? 'next run'] as const);
  const outcomes: Outcome[] = [];
  await Promise.all(
    grounds.map(async (ground) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const once = await crash(ground, ...next, plant);
        // A busy machine may end a run before it comes there; twice is no chance.
        outcomes.push(once.hasStruck || once.faults.length > 0 ? once : await crash(ground, ...next, plant));
      }
    }),
  );
  return outcomes;
}
