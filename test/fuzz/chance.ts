/** Chance that begins with a seed, a parser and the number of an input: each input can be made again by itself. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** A whole number below `limit`. */
  below(limit: number): number;
  /** One of them; there has to be one. */
  of<T>(choices: readonly T[]): T;
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function chanceFrom(...parts: readonly (string | number)[]): Chance {
  let state = createHash('sha256').update(parts.join('\0')).digest().readUInt32LE(0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    of: (choices) => {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new Error('nothing to choose from');
      return choice;
    },
  };
}
