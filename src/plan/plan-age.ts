/** How old a plan may be: what it was bound to is compared as well, but what people know of it and agreed to is not. */
import type { Plan } from '../model/plan.ts';

/**
 * A day: the plan of a nightly job is good until the next one is made, and what was agreed to in the morning is no plan for the
 * weekend, when others have joined nodes or edited kubeadm-config.
 */
export const usualMostAgeMs = 24 * 3_600_000;

/** Clocks of two machines may differ by as much. */
const mostAheadMs = 5 * 60_000;

export interface Staleness {
  readonly detail: string;
  readonly remedy: string;
}

/** Undefined where it is young enough. To print such a plan is a warning's worth; who acts on it has to refuse. */
export function stalenessOf(
  { madeAt }: Pick<Plan, 'madeAt'>,
  now: Date,
  mostMs = usualMostAgeMs,
): Staleness | undefined {
  const ageMs = now.getTime() - Date.parse(madeAt);
  if (ageMs < -mostAheadMs)
    return {
      detail: `it was made ${roughly(-ageMs)} from now: the clock of this machine or of the other is wrong`,
      remedy: 'compare the clocks, then plan again',
    };
  // A time that nobody can read is no young one.
  if (ageMs <= mostMs) return undefined;
  const age = Number.isNaN(ageMs) ? 'of unknown age' : `${roughly(ageMs)} old`;
  return {
    detail: `it is ${age}, and a plan is good for ${roughly(mostMs)}`,
    remedy: 'plan again: nodes, names and kubeadm-config may have changed since',
  };
}

/** In the largest unit that is there at least twice: `90 minutes`, `26 hours`, `3 days`. */
function roughly(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} hours`;
  return `${Math.floor(minutes / (24 * 60))} days`;
}
