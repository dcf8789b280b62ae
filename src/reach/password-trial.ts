/** One password for the sudo of many nodes: asked for once, tried on one node first, and never sent again once it was wrong. */
import { ReachError } from './transport.ts';

export interface PasswordTrial {
  /** Waits while another node is the first to try it. Rejects where it was refused there. */
  give(): Promise<string>;
  /** After each give(): whether sudo took it, undefined where that was not learnt. */
  settle(worked: boolean | undefined): void;
}

const trials = new WeakMap<() => Promise<string>, PasswordTrial>();

/** All connections of a run have the same function in their options. */
export function trialOf(ask: () => Promise<string>): PasswordTrial {
  const trial = trials.get(ask) ?? startTrial(ask);
  trials.set(ask, trial);
  return trial;
}

function startTrial(ask: () => Promise<string>): PasswordTrial {
  let state: 'untried' | 'good' | 'refused' = 'untried';
  let password: Promise<string> | undefined;
  /** Who came while another was trying; whoever settles lets the next one in. */
  let isTrying = false;
  const waiting: (() => void)[] = [];
  const free = (): void => {
    // With an answer all may go on; without one, the next in line tries.
    const next = waiting.splice(0, state === 'untried' ? 1 : Infinity);
    isTrying = next.length > 0;
    for (const wake of next) wake();
  };
  return {
    async give() {
      if (state === 'untried' && isTrying) await new Promise<void>((resolve) => void waiting.push(resolve));
      if (state === 'refused') throw new ReachError(refusedBefore);
      if (state === 'untried') isTrying = true;
      try {
        password ??= ask();
        const given = await password;
        // More lines would be more attempts, or commands.
        if (/[\r\n\0]/.test(given)) throw new ReachError(noPassword);
        return given;
      } catch (error) {
        // Nobody to ask, or Ctrl-C: the next node would hear the same.
        state = 'refused';
        free();
        throw error;
      }
    },
    settle(worked) {
      // Where it once worked, a refusal is that node's own.
      if (state === 'untried' && worked !== undefined) state = worked ? 'good' : 'refused';
      free();
    },
  };
}

const refusedBefore = {
  code: 'sudo-password',
  message: 'the password was refused on another node, so it was not tried here',
  hint: 'start again with the right one; a few more failures might have locked the account',
  retryable: false,
} as const;

const noPassword = {
  code: 'sudo-password',
  message: 'a password for sudo is one line',
  hint: 'type it again',
  retryable: false,
} as const;
