/** Many nodes: bounded, in order, and one node's trouble is one row. */
import { expect, test } from 'vitest';
import type { ClusterNode } from '../../src/model/node.ts';
import type { ReachTroubleCode } from '../../src/model/trouble.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type Progress, readAll } from '../../src/reach/pool.ts';
import type { NodeReader } from '../../src/reach/reader.ts';
import { ReachError } from '../../src/reach/transport.ts';

function nodes(count: number): readonly ClusterNode[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `n${at}`,
    role: 'control-plane' as const,
    target: { via: 'local' as const },
    source: 'flag' as const,
  }));
}

function reader(node: ClusterNode, onEnd = (): void => undefined): NodeReader {
  return {
    node,
    connection: { transport: 'local', through: [] },
    query: () => Promise.resolve({ frames: [], talk: '' }),
    [Symbol.asyncDispose]: () => Promise.resolve(onEnd()),
  };
}

function fault(code: ReachTroubleCode, retryable = false): ReachError {
  return new ReachError({ code, message: code, hint: 'none', retryable });
}

test('1,000 nodes are read 32 at a time, each reader ends, and the results keep their order', async () => {
  let open = 0;
  let most = 0;
  const told: Progress[] = [];
  const results = await readAll(nodes(1000), {
    open: (node) => {
      open += 1;
      most = Math.max(most, open);
      return Promise.resolve(reader(node, () => (open -= 1)));
    },
    work: async ({ node }) => {
      await new Promise(setImmediate);
      return node.name;
    },
    onProgress: (progress) => void told.push(progress),
  });
  expect([open, most]).toEqual([0, 32]);
  expect(results.map(({ result }) => result.state === 'read' && result.value)).toEqual(
    Array.from({ length: 1000 }, (_, at) => `n${at}`),
  );
  expect(told.at(-1)).toEqual({ total: 1000, done: 1000, running: 0, failed: 0 });
  expect(told.every(({ running }) => running <= 32)).toBe(true);
  expect(told[40]?.slowest?.node).toMatch(/^n\d+$/);
});

test('trouble is a row: what may pass is tried again, what stood in the way of a login never', async () => {
  const tries = new Map<string, number>();
  const plan: Readonly<Record<string, () => never>> = {
    n1: () => {
      throw fault('refused', true);
    },
    n2: () => {
      throw fault('authentication');
    },
    n3: () => {
      throw fault('dns', true);
    },
    n4: () => {
      throw new UserError('not a host', 'give a name');
    },
  };
  const results = await readAll(nodes(6), {
    open: (node) => {
      const count = (tries.get(node.name) ?? 0) + 1;
      tries.set(node.name, count);
      plan[node.name]?.();
      if (node.name === 'n5' && count === 1) throw fault('dns', true);
      return Promise.resolve(reader(node));
    },
    work: () => Promise.resolve('facts'),
  });
  expect(results.map(({ result }) => (result.state === 'read' ? 'read' : result.trouble.code))).toEqual([
    'read',
    'refused',
    'authentication',
    'dns',
    'failed',
    'read',
  ]);
  expect(Object.fromEntries(tries)).toEqual({ n0: 1, n1: 1, n2: 1, n3: 2, n4: 1, n5: 2 });
});

test('a link that is lost in the middle is tried once more, and what was reached is told', async () => {
  let works = 0;
  let ended = 0;
  const [result] = await readAll(nodes(1), {
    open: (node) => Promise.resolve(reader(node, () => (ended += 1))),
    work: () => {
      works += 1;
      return Promise.reject(fault('link-lost', true));
    },
  });
  expect(result).toMatchObject({
    connection: { transport: 'local' },
    result: { state: 'unread', trouble: { code: 'link-lost' } },
  });
  expect([works, ended]).toEqual([2, 2]);
});

test('a fault of our own is no row', async () => {
  const broken = readAll(nodes(50), {
    open: (node) => Promise.resolve(reader(node)),
    work: () => Promise.reject(new TypeError('a bug')),
  });
  await expect(broken).rejects.toThrow('a bug');
});

test('a stop ends what is open and begins nothing more', async () => {
  const controller = new AbortController();
  let opened = 0;
  let ended = 0;
  const running = readAll(nodes(100), {
    most: 4,
    signal: controller.signal,
    open: (node) => {
      opened += 1;
      return Promise.resolve(reader(node, () => (ended += 1)));
    },
    // A node that never answers.
    work: () => new Promise(() => undefined),
  });
  await new Promise(setImmediate);
  controller.abort(new Error('Ctrl-C'));
  await expect(running).rejects.toThrow('Ctrl-C');
  expect([opened, ended]).toEqual([4, 4]);
});
