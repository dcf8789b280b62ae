/** How many may log in to one sshd at a time, and how long to wait before another try. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReachTroubleCode } from '../../model/trouble.ts';
import { ReachError } from '../transport.ts';

/** sshd drops at random from ten on that have not logged in yet: https://man.openbsd.org/sshd_config.5#MaxStartups */
export const mostLogins = 8;

export interface Gate {
  /** Waits for a place; the answer gives it back. */
  enter(sshd: string): Promise<() => void>;
}

export function startGate(most = mostLogins): Gate {
  const inside = new Map<string, { count: number; readonly waiting: (() => void)[] }>();
  return {
    async enter(sshd) {
      const place = inside.get(sshd) ?? { count: 0, waiting: [] };
      inside.set(sshd, place);
      // Whoever leaves hands the place over, so nobody overtakes.
      if (place.count >= most) await new Promise<void>((resolve) => void place.waiting.push(resolve));
      else place.count += 1;
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        const next = place.waiting.shift();
        if (next) next();
        else place.count -= 1;
        if (place.count === 0) inside.delete(sshd);
      };
    },
  };
}

/** As long as `isPassing` says so of what it failed with; `attempt` counts from 0. */
export async function tryAgain<T>(
  work: () => Promise<T>,
  isPassing: (error: unknown, attempt: number) => boolean,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error, attempt)) throw error;
    }
    await backOff(attempt);
  }
}

/** This trouble, and so many times. */
export function upTo(most: number, code: ReachTroubleCode): (error: unknown, attempt: number) => boolean {
  return (error, attempt) => error instanceof ReachError && error.trouble.code === code && attempt < most;
}

/** 0.25 s, 0.5 s, 1 s, each up to twice as long: those who were refused together do not come back together. */
async function backOff(attempt: number, chance = Math.random): Promise<void> {
  await sleep(250 * 2 ** attempt * (1 + chance()));
}
