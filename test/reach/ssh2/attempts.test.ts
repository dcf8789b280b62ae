/** How often a node is dialled that cannot be logged in to, counted at the sockets, through the pool as inspect has it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterNode, Target } from '../../../src/model/node.ts';
import type { ReachTrouble } from '../../../src/model/trouble.ts';
import { openNode } from '../../../src/reach/open.ts';
import type { ReachOptions } from '../../../src/reach/options.ts';
import { readAll } from '../../../src/reach/pool.ts';
import { usualLimits } from '../../../src/reach/transport.ts';
import {
  type FakeSshd,
  type FakeSshdOptions,
  type Home,
  makeHome,
  makeKey,
  startFakeSshd,
} from '../../support/fake-sshd.ts';

let home: Home;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  home = makeHome();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  home[Symbol.dispose]();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

async function start(options: Partial<FakeSshdOptions> = {}): Promise<FakeSshd> {
  const sshd = await startFakeSshd({ userKey: home.userKey.public, ...options });
  closing.push(() => sshd[Symbol.asyncDispose]());
  home.write('known_hosts', `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  return sshd;
}

interface Told {
  readonly code: ReachTrouble['code'] | 'read';
  readonly dialled: number;
  readonly seconds: number;
}

async function reach(port: number, changes: Partial<ReachOptions> = {}): Promise<Told> {
  const target: Target = { via: 'ssh', host: '127.0.0.1', port };
  const node: ClusterNode = { name: 'cp1', role: 'control-plane', target, source: 'flag' };
  let dialled = 0;
  // Of all sockets in this process those alone which this file dials.
  const count = (message: unknown): void => {
    const { socket } = message as { readonly socket: NodeJS.EventEmitter };
    socket.once('connectionAttempt', (_address, to) => (dialled += to === port ? 1 : 0));
  };
  subscribe('net.client.socket', count);
  const started = performance.now();
  try {
    const options = home.options({ become: 'none', ...changes });
    const [one] = await readAll([node], {
      open: (each) => openNode(each, options),
      work: () => Promise.resolve('in'),
    });
    const code = one?.result.state === 'unread' ? one.result.trouble.code : 'read';
    return { code, dialled, seconds: (performance.now() - started) / 1000 };
  } finally {
    unsubscribe('net.client.socket', count);
  }
}

test('a closed port is dialled three times in all, and told within three seconds', async () => {
  await start();
  const told = await reach(await closedPort());
  expect(told).toMatchObject({ code: 'refused', dialled: 3 });
  expect(told.seconds).toBeLessThan(3);
});

test('a host that says nothing is dialled once', async () => {
  await start();
  const port = await listen(createServer((socket) => closing.push(() => socket.destroy())));
  const limits = { ...usualLimits, connectTimeoutMs: 300 };
  expect(await reach(port, { limits })).toMatchObject({ code: 'timeout', dialled: 1 });
});

test('a login that is refused is never tried again', async () => {
  const sshd = await start({ userKey: makeKey().public });
  expect(await reach(sshd.port)).toMatchObject({ code: 'authentication', dialled: 1 });
  expect(sshd.seen.filter((what) => what === 'connect')).toHaveLength(1);
});

test('a port that opens meanwhile is reached', async () => {
  const sshd = await start();
  const port = await closedPort();
  home.write('known_hosts', `[127.0.0.1]:${port} ${sshd.hostKey}\n`);
  const relay = createServer((socket) => {
    const on = connect({ host: '127.0.0.1', port: sshd.port });
    for (const one of [socket, on]) one.on('error', () => undefined);
    socket.pipe(on).pipe(socket);
  });
  closing.push(() => relay.close());
  setTimeout(() => relay.listen(port, '127.0.0.1'), 100);
  const told = await reach(port);
  expect(told.code).toBe('read');
  expect(told.dialled).toBeGreaterThan(1);
  expect(told.dialled).toBeLessThan(4);
});
