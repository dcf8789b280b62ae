/**
 * Every parser, and whatever may stand in a file, an answer or a reply: a value or a refusal of ours, soon, in little memory.
 * FIX_SANS_SEED begins elsewhere, FIX_SANS_THOROUGH=1 tries ten times as many.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { runs } from '../support/runs.ts';
import { seed } from '../support/seed.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { blownUp, changed, changedJson } from './change.ts';
import { faultOf, smallest, told } from './hold.ts';
import type { Parser } from './parser.ts';
import { parsers } from './parsers.ts';
import { regressions } from './regressions.ts';
import { startWatch } from './watch.ts';

const watch = startWatch(parsers.map(({ name }) => name));
let inputs = 0;

afterAll(async () => {
  await watch.stop();
  process.stderr.write(`figures: ${inputs} fuzz inputs, ${parsers.length} parsers, seed ${seed}\n`);
});

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function* made({ name, seeds, pieces, inputs: most = 2000, largest = 20_000 }: Parser): Generator<Buffer> {
  const all = seeds.map((given) => Buffer.from(given as string));
  yield* all;
  yield Buffer.alloc(0);
  yield* blownUp(pieces, { seeds: all, size: largest, chance: chanceFrom(seed, name) });
  for (let index = 0; index < runs(most); index += 1)
    yield byChance(chanceFrom(seed, name, index), all, pieces);
}

function byChance(chance: Chance, seeds: readonly Buffer[], pieces: readonly string[]): Buffer {
  if (seeds.length === 0 || (pieces.length > 0 && chance.below(3) === 0)) {
    const parts = Array.from({ length: chance.below(40) }, () => chance.of(pieces));
    return Buffer.from(parts.join(chance.of(['', '', ' ', '\n'])));
  }
  const input = chance.of(seeds);
  const text = input.toString('utf8');
  if (chance.below(2) === 0 && isJson(text)) return Buffer.from(changedJson(text, chance));
  return changed(input, chance, seeds);
}

/** The first thing that does not hold, with an input for it that is as small as it could be made. */
async function faultAmong(parser: Parser, all: Iterable<Buffer>): Promise<string | undefined> {
  let number = 0;
  for (const input of all) {
    watch.begin(parsers.indexOf(parser), number);
    const fault = await faultOf(parser, input);
    watch.end();
    inputs += 1;
    if (fault !== undefined) {
      const small = await smallest(parser, input, fault);
      return `${fault}\n${told(small)}\nFIX_SANS_SEED=${seed}, input ${number}`;
    }
    number += 1;
  }
  return undefined;
}

test('each parser has a name of its own, and something to begin with', () => {
  expect(new Set(parsers.map(({ name }) => name)).size).toBe(parsers.length);
  expect(parsers.filter(({ seeds, pieces }) => seeds.length + pieces.length === 0)).toEqual([]);
});

describe('what once went wrong stays mended', () => {
  test.each(regressions.map((one) => [`${one.parser}: ${one.what}`, one] as const))('%s', async (_, one) => {
    const parser = parsers.find(({ name }) => name === one.parser);
    if (parser === undefined) throw new Error(`no parser is called ${one.parser}`);
    expect(await faultAmong(parser, [one.input()])).toBeUndefined();
  });
});

test.each(parsers.map((parser) => [parser.name, parser] as const))('%s', async (_, parser) => {
  expect(await faultAmong(parser, made(parser))).toBeUndefined();
});
