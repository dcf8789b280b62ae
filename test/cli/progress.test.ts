import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { type Progress, progressLine } from '../../src/cli/progress.ts';

function ioWith(stderr: { readonly isTTY?: boolean; readonly columns?: number }, env: Io['env'] = {}) {
  const written: string[] = [];
  const io: Io = {
    stdin: Readable.from([]),
    stdout: { write: () => true },
    stderr: { ...stderr, write: (text) => written.push(text) },
    env,
  };
  return { io, written };
}

const some: Progress = { done: 12, running: 4, failed: 1, total: 200, slowest: 'cp7' };

test('on a terminal it is one line, written over again', () => {
  const { io, written } = ioWith({ isTTY: true, columns: 100 });
  const line = progressLine(io, false);
  line.show(some);
  line.show({ done: 200, running: 0, failed: 1, total: 200 });
  line.clear();
  expect(written).toEqual([
    '\r\u001b[Kreading nodes: 12 of 200 done, 4 running, 1 failed, waiting for cp7',
    '\r\u001b[Kreading nodes: 200 of 200 done, 0 running, 1 failed',
    '\r\u001b[K',
  ]);
});

test('while somebody else has the terminal it is away, and comes back as it is by then', () => {
  const { io, written } = ioWith({ isTTY: true, columns: 100 });
  const line = progressLine(io, false);
  line.show(some);
  const [one, other] = [line.hold(), line.hold()];
  expect(written.at(-1)).toBe('\r\u001b[K');
  const before = written.length;
  line.show({ done: 13, running: 3, failed: 1, total: 200 });
  one();
  one();
  expect(written).toHaveLength(before);
  other();
  expect(written.slice(before)).toEqual(['\r\u001b[Kreading nodes: 13 of 200 done, 3 running, 1 failed']);
});

test('after the end nothing comes back', () => {
  const { io, written } = ioWith({ isTTY: true, columns: 100 });
  const line = progressLine(io, false);
  line.show(some);
  const release = line.hold();
  line.clear();
  const before = written.length;
  release();
  expect(written).toHaveLength(before);
});

test('nothing was shown, so nothing is taken away', () => {
  const { io, written } = ioWith({ isTTY: true });
  progressLine(io, false).clear();
  expect(written).toEqual([]);
});

describe('there is none', () => {
  test.each([
    ['where stderr is no terminal', {}, {}, false],
    ['for a terminal that knows no movement', { isTTY: true }, { TERM: 'dumb' }, false],
    ['where quiet was asked for', { isTTY: true }, {}, true],
  ] as const)('%s', (_, stderr, env, isQuiet) => {
    const { io, written } = ioWith(stderr, env);
    const line = progressLine(io, isQuiet);
    line.show(some);
    line.clear();
    expect(written).toEqual([]);
  });
});

test.each([0, 1, 40, 80])('at %i columns it never breaks into a second line', (columns) => {
  const { io, written } = ioWith({ isTTY: true, columns });
  progressLine(io, false).show({ ...some, slowest: 'a-node-with-a-very-long-name.of.a.cluster.example' });
  const [shown = ''] = written;
  expect(shown.slice('\r\u001b[K'.length).length).toBeLessThan(Math.max(20, columns || 80));
  expect(shown).not.toContain('\n');
});

test('the name of a node cannot move the cursor', () => {
  const { io, written } = ioWith({ isTTY: true, columns: 200 });
  progressLine(io, false).show({ ...some, slowest: '\u001b[2Jcp\r\n1' });
  expect(written.join('').replace('\r\u001b[K', '')).not.toMatch(/[\u0000-\u001f]/);
});
