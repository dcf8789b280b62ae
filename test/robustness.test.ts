/** docs/robustness.md holds what it promises: each fault of the matrix has a row with tests that name it, or says why it is not tried. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultsIn } from './support/fault-rows.ts';

const root = path.resolve(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs/robustness.md'), 'utf8');

interface Row {
  readonly number: number;
  readonly fault: string;
  readonly happens: string;
  readonly tests: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, number, fault = '', happens = '', tests = '']) => ({ number: Number(number), fault, happens, tests }),
);

/** `ssh/reach-faults` is test/ssh/reach-faults.test.ts or .slow.test.ts, or both, or what others are made of. */
function filesOf(name: string): readonly string[] {
  return ['.test.ts', '.slow.test.ts', '.ts']
    .map((end) => path.join(root, 'test', `${name}${end}`))
    .filter((file) => existsSync(file));
}

function textsOf(names: readonly string[]): readonly string[] {
  return names.flatMap(filesOf).map((file) => readFileSync(file, 'utf8'));
}

function named(text: string): readonly string[] {
  return [...text.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name);
}

test('there is a row for each of the 64, in their order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
});

describe.each(rows.map((row) => [row.number, row] as const))('row %i', (number, { tests }) => {
  test('names tests that are there, of which one at least names the row; or it says why none is', () => {
    const names = named(tests);
    expect(names.filter((name) => filesOf(name).length === 0)).toEqual([]);
    const isTried = textsOf(names).some((text) => faultsIn(text).has(number));
    expect(isTried || /not tried here: .{20}/.test(tests)).toBe(true);
  });
});

test('no test names a fault that the matrix does not have', () => {
  const numbers = textsOf(rows.flatMap(({ tests }) => named(tests))).flatMap((text) => [...faultsIn(text)]);
  expect(numbers.filter((number) => number < 1 || number > 64)).toEqual([]);
});

test('each bug on the page names a test that is there', () => {
  const [, record = ''] = /## Bugs found this way\n(.*?)\n## /s.exec(page) ?? [];
  const bugs = record.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:bug|---)/.test(line));
  expect(bugs.length).toBeGreaterThan(20);
  for (const bug of bugs) {
    const names = named(bug.split(' | ').at(-1) ?? '');
    expect(names.length, bug).toBeGreaterThan(0);
    expect(names.filter((name) => filesOf(name).length === 0)).toEqual([]);
  }
});
