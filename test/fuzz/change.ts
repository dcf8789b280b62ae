/** Changes real inputs as accidents and attackers do: bits, bytes, lines, splices, repetition, nesting, numbers, words of JavaScript. */
import type { Chance } from './chance.ts';

/** What has broken parsers before, of this program or of others. */
const nasty: readonly Buffer[] = [
  '\0',
  '\x1B[2J',
  '‮',
  '﻿',
  '\u2028',
  '',
  '\r',
  '\r\n',
  '	',
  '\n---\n',
  '\n\n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  'length',
  'null',
  'undefined',
  '-1',
  '0',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e999',
  '0x7fffffff',
  'NaN',
  '$(id)',
  '`id`',
  "';id;'",
  '"',
  "'",
  '\\',
  '%s%n',
  '../../etc/shadow',
  '*',
  '**',
  '𝒳',
  'ß',
  'İ',
  '[',
  '{',
  '(',
  ']',
  '}',
  '&a ',
  '*a',
  '<<: ',
  '!!binary ',
  '!vault ',
  '- ',
  '? ',
  ': ',
  '# ',
].map((text) => Buffer.from(text));
const invalid = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xfe]];
const broken: readonly Buffer[] = invalid.map((bytes) => Buffer.from(bytes));

type Change = (input: Buffer, chance: Chance, others: readonly Buffer[]) => Buffer;

function splice(input: Buffer, at: number, drop: number, insert: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, at), insert, input.subarray(at + drop)]);
}

function someSpan(input: Buffer, chance: Chance, longest = 200): Buffer {
  const from = chance.below(input.length + 1);
  return input.subarray(from, from + 1 + chance.below(longest));
}

function linesOf(input: Buffer): string[] {
  return input.toString('latin1').split('\n');
}

const changes: readonly Change[] = [
  // one bit
  (input, chance) => {
    const copy = Buffer.from(input);
    const at = chance.below(Math.max(1, copy.length));
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    return copy;
  },
  // one byte, of any value
  (input, chance) =>
    splice(input, chance.below(input.length + 1), chance.below(2), Buffer.from([chance.below(256)])),
  (input, chance) => splice(input, chance.below(input.length + 1), chance.below(3), chance.of(nasty)),
  (input, chance) => splice(input, chance.below(input.length + 1), 0, chance.of(broken)),
  // cut off, in front or behind
  (input, chance) => input.subarray(0, chance.below(input.length + 1)),
  (input, chance) => input.subarray(chance.below(input.length + 1)),
  // a part taken out, said twice, or put elsewhere
  (input, chance) => splice(input, chance.below(input.length + 1), 1 + chance.below(64), Buffer.alloc(0)),
  (input, chance) => splice(input, chance.below(input.length + 1), 0, someSpan(input, chance)),
  (input, chance, others) =>
    splice(input, chance.below(input.length + 1), chance.below(40), someSpan(chance.of(others), chance)),
  // the head of this one and the tail of another
  (input, chance, others) => {
    const other = chance.of(others);
    return Buffer.concat([
      input.subarray(0, chance.below(input.length + 1)),
      other.subarray(chance.below(other.length + 1)),
    ]);
  },
  // a line out, twice, in another place, or indented otherwise
  (input, chance) => {
    const lines = linesOf(input);
    const [line = ''] = lines.splice(chance.below(lines.length), 1);
    const again = chance.of([[], [line, line], [` ${line}`], [line.trimStart()], [`${line}\r`]]);
    lines.splice(chance.below(lines.length + 1), 0, ...again);
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  // a number for a number
  (input, chance) => {
    const text = input.toString('latin1');
    const found = [...text.matchAll(/\d+/g)];
    if (found.length === 0) return input;
    const { index, 0: digits } = chance.of(found);
    const other = chance.of(['-1', '0', '65536', '4294967296', '9'.repeat(30), '1e999', '0.5', '']);
    return splice(input, index, digits.length, Buffer.from(other));
  },
];

/** One to four changes, one after the other. */
export function changed(input: Buffer, chance: Chance, others: readonly Buffer[]): Buffer {
  let now = input;
  for (let left = 1 + chance.below(4); left > 0; left -= 1) now = chance.of(changes)(now, chance, others);
  return now;
}

const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  2 ** 53,
  0.5,
  '',
  'x',
  '\0\x1B[2J',
  '$(id)',
  [],
  {},
  [null],
  [[]],
  {
    __proto__: null,
    constructor: 1,
  },
  'a'.repeat(1e3),
  '2026-13-45T99:00:00Z',
  [{}],
  ['x', 'x'],
];

/** JSON stays JSON: one value in it becomes another, goes, or is a key of the prototype's. */
export function changedJson(text: string, chance: Chance): string {
  const root: unknown = JSON.parse(text);
  const places: [Record<string, unknown>, string][] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  if (places.length === 0) return JSON.stringify(chance.of(values));
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const [parent, key] = chance.of(places);
    const way = chance.below(5);
    if (way === 0) delete parent[key];
    else if (way === 1) parent[key] = chance.of(places)[0];
    else if (way === 2)
      Object.defineProperty(parent, chance.of(['__proto__', 'toString', 'x']), {
        value: chance.of(values),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else parent[key] = chance.of(values);
  }
  try {
    return JSON.stringify(root);
  } catch {
    // It came to hold itself.
    return text;
  }
}

const repeatable = [
  ...'[ { ( ] } " \' \\ | > - ? : , . / * & ! # @ % = < _ ~ ` $ ; + ^ 0 9 a f A'.split(' '),
  ' ',
  '\t',
  '\n',
  '\r',
  '\0',
  '\r\n',
  ' \n',
  '\n-',
  '- ',
  '? ',
  'a:\n',
  '[a,',
  '{a: ',
  'a.',
  'a,',
  '::',
  'é',
  '𝒳',
  '\u202e',
  '\u001b[',
  '-----',
  '10.0.0.1,',
  '1 ',
  '\\"',
  '$(',
  '${',
  '{{',
  '*a',
  '%25',
  '[1:2]',
];

/** A piece of the format, or of any format, said until the text has this size; alone, or in the middle of a real one. */
export function blownUp(
  pieces: readonly string[],
  {
    seeds,
    size,
    chance,
  }: { readonly seeds: readonly Buffer[]; readonly size: number; readonly chance: Chance },
): readonly Buffer[] {
  return [...new Set([...pieces, ...repeatable])].flatMap((piece) => {
    const many = Buffer.from(piece.repeat(Math.ceil(size / Buffer.byteLength(piece))));
    if (seeds.length === 0 || chance.below(2) === 0) return [many];
    const seed = chance.of(seeds);
    const at = chance.below(seed.length + 1);
    return [splice(seed, at, 0, many)];
  });
}
