/** Questions to whoever sits at the terminal: one at a time, and each only once. */
import type { ReachOptions } from '../options.ts';

export interface Asking {
  readonly isPossible: boolean;
  /** Runs alone: `question` may look again whether it still has to be asked, since another node may just have settled it. */
  alone<T>(question: (ask: ReachOptions['ask']) => Promise<T>): Promise<T>;
}

export function startAsking({ isInteractive, ask }: Pick<ReachOptions, 'isInteractive' | 'ask'>): Asking {
  let last: Promise<unknown> = Promise.resolve();
  return {
    isPossible: isInteractive,
    alone(question) {
      const mine = last.then(
        () => question(ask),
        () => question(ask),
      );
      last = mine;
      return mine;
    },
  };
}
