/** Questions to whoever sits at the terminal: one at a time, and each only once. */
import type { ReachOptions } from '../options.ts';

export interface Asking {
  readonly isPossible: boolean;
  /** Runs alone: `question` may look again whether it still has to be asked, since another node may just have settled it. */
  alone<T>(question: (ask: ReachOptions['ask']) => Promise<T>): Promise<T>;
}

export function startAsking({
  isInteractive,
  ask,
  holdTerminal,
}: Pick<ReachOptions, 'isInteractive' | 'ask' | 'holdTerminal'>): Asking {
  let last: Promise<unknown> = Promise.resolve();
  return {
    isPossible: isInteractive,
    alone(question) {
      // Also while an answer is tried, before the next question: a key takes a second to be decrypted.
      const held = async (): ReturnType<typeof question> => {
        const release = holdTerminal?.();
        try {
          return await question(ask);
        } finally {
          release?.();
        }
      };
      const mine = last.then(held, held);
      last = mine;
      return mine;
    },
  };
}
