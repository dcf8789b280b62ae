/** Asks the person at the terminal, one question at a time; a secret is not shown while it is typed. */
import type { Io } from './io.ts';

export type Ask = (question: string, options?: { readonly isSecret?: boolean }) => Promise<string>;

export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** Questions of nodes that are reached at the same time wait for each other, and nothing else is written while one is open. */
export function asker(io: Io, hold: () => () => void = () => () => undefined): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, { isSecret = false } = {}) => {
    const answer = last.then(async () => {
      const release = hold();
      try {
        return await askOne(io, question, isSecret);
      } finally {
        release();
      }
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}

async function askOne(io: Io, question: string, isSecret: boolean): Promise<string> {
  const { stdin, stderr } = io;
  stderr.write(question);
  // Raw, because a terminal shows what it is sent otherwise.
  stdin.setRawMode?.(isSecret);
  const decoder = new TextDecoder();
  let typed: readonly string[] = [];
  let rest = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      const keys = Array.from(decoder.decode(chunk as Uint8Array, { stream: true }));
      for (const [at, key] of keys.entries()) {
        if (key === '\r' || key === '\n') {
          const isPair = key === '\r' && keys[at + 1] === '\n';
          rest = keys.slice(at + (isPair ? 2 : 1)).join('');
          return typed.join('');
        }
        // In raw mode the terminal makes no signal of it.
        if (key === '\u0003') io.interrupt?.();
        if (key === '\u0003' || key === '\u0004') throw new Error('nothing was answered');
        typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : [...typed, key];
      }
    }
    // The input ended in the middle of a line: nobody pressed Enter, so nobody meant it.
    throw new Error('nothing was answered');
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    // Typed ahead, or pasted: it is for the question that comes next.
    if (rest !== '') stdin.unshift(Buffer.from(rest));
    if (isSecret) stderr.write('\n');
  }
}
