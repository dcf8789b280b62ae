/** Many probes at a time, against real endpoints and black holes. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { PlannedProbe } from '../../../src/inspect/probe/plan-probes.ts';
import { startProbes } from '../../../src/inspect/probe/run-probes.ts';
import { startApiEndpoint } from '../../support/api-endpoint.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { mintKubeadm } from '../../support/mint.ts';

const { apiserver } = mintKubeadm('ec');
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function endpoint() {
  const server = await startApiEndpoint({ chain: [apiserver] });
  undo.push(() => server.close());
  return server;
}

async function blackHole() {
  const proxy = await startFaultProxy(await endpoint(), { cut: { how: 'silence', after: 0 } });
  undo.push(() => proxy.close());
  return proxy;
}

function direct(port: number, more: Partial<PlannedProbe> = {}): PlannedProbe {
  return { way: 'direct', from: 'here', host: '127.0.0.1', port, ground: 'named', ...more };
}

test('results come in the order of the plan, whoever answers first, and nothing is dialled twice', async () => {
  const [fast, slow] = [await endpoint(), await startFaultProxy(await endpoint(), { delayMs: 30 })];
  undo.push(() => slow.close());
  const run = startProbes();
  run.add([direct(slow.port), direct(fast.port), direct(fast.port)]);
  run.add([direct(fast.port), direct(fast.port, { serverName: 'api.example' })]);
  const probes = await run.finish();
  expect(probes.map(({ port }) => port)).toEqual([slow.port, fast.port, fast.port]);
  expect(probes.every(({ result }) => result.state === 'served')).toBe(true);
  expect(fast.requests).toHaveLength(2);
  expect(() => run.add([])).toThrow('finished');
});

test('a node dials for itself, and without its connection it is not looked at under its name', async () => {
  const server = await endpoint();
  const run = startProbes();
  const fromItself = direct(6443, { way: 'ssh', from: 'cp1', ground: 'told' });
  run.add([fromItself]);
  run.add([fromItself, direct(server.port, { from: 'here' })], {
    dialers: new Map([
      [
        'cp1',
        async () => {
          const socket = connect(server.port, '127.0.0.1');
          await once(socket, 'connect');
          return socket;
        },
      ],
    ]),
  });
  const probes = await run.finish();
  expect(probes.map(({ from, way, result }) => `${from} ${way} ${result.state}`)).toEqual([
    'cp1 ssh served',
    'here direct served',
  ]);
});

test('only so many run at a time', async () => {
  const server = await endpoint();
  let now = 0;
  let most = 0;
  const dial = async () => {
    now += 1;
    most = Math.max(most, now);
    const socket = connect(server.port, '127.0.0.1');
    socket.once('close', () => {
      now -= 1;
    });
    await once(socket, 'connect');
    return socket;
  };
  const run = startProbes({ atOnce: 3 });
  const names = Array.from({ length: 12 }, (_, index) => `cp${index}`);
  run.add(
    names.map((from) => direct(6443, { way: 'ssh', from })),
    { dialers: new Map(names.map((name) => [name, dial])) },
  );
  expect(await run.finish()).toHaveLength(12);
  expect(most).toBeGreaterThan(1);
  // A socket is closed a moment after its probe is done.
  expect(most).toBeLessThanOrEqual(6);
});

test('one deadline holds for all; what had no turn is said not to have been made', async () => {
  const hole = await blackHole();
  const began = performance.now();
  const run = startProbes({ atOnce: 2, timeoutMs: 5000, deadlineMs: 300 });
  run.add(['a.example', 'b.example', 'c.example'].map((serverName) => direct(hole.port, { serverName })));
  const probes = await run.finish();
  expect(performance.now() - began).toBeLessThan(1500);
  expect(probes.map(({ result }) => (result.state === 'failed' ? result.trouble : ''))).toEqual(
    Array.from({ length: 3 }, () => 'timeout'),
  );
  expect(probes[2]).toMatchObject({
    milliseconds: 0,
    result: { detail: expect.stringContaining('not made') },
  });
});

test('a stop ends all of them', async () => {
  const hole = await blackHole();
  const stop = new AbortController();
  const run = startProbes({ atOnce: 1, signal: stop.signal });
  run.add([direct(hole.port), direct(hole.port, { serverName: 'a.example' })]);
  setTimeout(() => stop.abort(), 50);
  const began = performance.now();
  expect(await run.finish()).toHaveLength(2);
  expect(performance.now() - began).toBeLessThan(1000);
});
