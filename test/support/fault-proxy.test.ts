/** Each fault of the proxy is what it says it is, against a server that echoes in upper case. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FaultProxy, type Faults, startFaultProxy } from './fault-proxy.ts';

let server: Server;
let proxy: FaultProxy;
/** What happened to the server's side of each connection. */
let seen: string[];

beforeEach(async () => {
  seen = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    // What is left of a connection must not speak in the next test.
    const log = seen;
    socket.on('data', (bytes) => {
      log.push(bytes.toString());
      socket.write(bytes.toString().toUpperCase());
    });
    socket.on('end', () => {
      log.push('FIN');
      socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => log.push(error.code ?? 'error'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  await proxy.close();
  server.close();
});

interface Client {
  readonly socket: Socket;
  /** All that came so far, and how the connection ended. */
  readonly got: { text: string; end: string };
}

async function dial(faults?: Faults): Promise<Client> {
  proxy = await startFaultProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, faults);
  return dialAgain();
}

async function dialAgain(): Promise<Client> {
  const socket = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true });
  const got = { text: '', end: '' };
  socket.on('data', (bytes) => {
    got.text += bytes.toString();
  });
  socket.on('end', () => {
    got.end = 'FIN';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    got.end = error.code ?? 'error';
  });
  await once(socket, 'connect');
  return { socket, got };
}

async function until(isSo: () => boolean): Promise<void> {
  const began = performance.now();
  while (!isSo() && performance.now() - began < 1000) await sleep(2);
  expect(isSo()).toBe(true);
}

test('without faults it passes bytes and ends in both directions', async () => {
  const { socket, got } = await dial();
  socket.end('one');
  await until(() => got.end !== '');
  expect(got).toEqual({ text: 'ONE', end: 'FIN' });
  expect(seen).toEqual(['one', 'FIN']);
});

test('a large text passes whole', async () => {
  const { socket, got } = await dial();
  socket.end('x'.repeat(3_000_000));
  await until(() => got.end !== '');
  expect(got.text).toHaveLength(3_000_000);
});

test('a delay costs a round trip twice its time, and pieces travel at the same time', async () => {
  const { socket, got } = await dial({ delayMs: 40 });
  const began = performance.now();
  for (let piece = 0; piece < 5; piece += 1) {
    socket.write('a');
    await sleep(10);
  }
  await until(() => got.text === 'AAAAA');
  const took = performance.now() - began;
  // A timer may be a millisecond early.
  expect(took).toBeGreaterThanOrEqual(78);
  // One after the other would take 400 ms.
  expect(took).toBeLessThan(300);
});

test('a reset comes after exactly so many bytes, at both ends', async () => {
  const { socket, got } = await dial({ cut: { how: 'reset', after: 4 } });
  socket.write('abcdefgh');
  await until(() => got.end !== '' && seen.length > 1);
  expect(got).toEqual({ text: 'ABCD', end: 'ECONNRESET' });
  expect(seen).toEqual(['abcdefgh', 'ECONNRESET']);
});

test('requests can be counted instead of answers', async () => {
  const { socket, got } = await dial({ cut: { how: 'reset', after: 4, counting: 'requests' } });
  socket.write('abcdefgh');
  await until(() => got.end !== '' && seen.length > 1);
  expect(got.end).toBe('ECONNRESET');
  expect(seen).toEqual(['abcd', 'ECONNRESET']);
});

test('a half close ends the answers and lets requests go on', async () => {
  const { socket, got } = await dial({ cut: { how: 'half-close', after: 2 } });
  socket.write('abc');
  await until(() => got.end !== '');
  expect(got).toEqual({ text: 'AB', end: 'FIN' });
  socket.write('still heard');
  await until(() => seen.includes('still heard'));
  expect(got.text).toBe('AB');
});

test('silence lets nothing through, not even a close, and looks like a peer that thinks', async () => {
  const { socket, got } = await dial({ cut: { how: 'silence', after: 0 } });
  socket.end('anybody there?');
  await sleep(60);
  expect(got).toEqual({ text: '', end: '' });
  expect(seen).toEqual([]);
});

test('silence can fall on an open connection and lift again, and nothing is lost', async () => {
  const { socket, got } = await dial();
  socket.write('a');
  await until(() => got.text === 'A');
  proxy.set({ cut: { how: 'silence', after: 0 } });
  socket.write('b');
  await sleep(30);
  expect(got.text).toBe('A');
  proxy.set({});
  await until(() => got.text === 'AB');
});

test('a rate limit spreads bytes over time', async () => {
  const { socket, got } = await dial({ bytesPerSecond: 5000 });
  const began = performance.now();
  socket.write('x'.repeat(500));
  await until(() => got.text.length > 0);
  expect(got.text.length).toBeLessThan(500);
  await until(() => got.text.length === 500);
  // The last piece of a hundred bytes need not be waited for.
  expect(performance.now() - began).toBeGreaterThanOrEqual(75);
});

test('a server that cannot be reached shows as a reset', async () => {
  await dial();
  const { port } = server.address() as AddressInfo;
  await proxy.close();
  server.close();
  proxy = await startFaultProxy({ host: '127.0.0.1', port });
  const { got } = await dialAgain();
  await until(() => got.end !== '');
  expect(got.end).toBe('ECONNRESET');
});

test('closing it resets what is open and counts what was', async () => {
  const first = await dial();
  const second = await dialAgain();
  first.socket.write('a');
  await until(() => first.got.text === 'A');
  await proxy.close();
  await until(() => first.got.end !== '' && second.got.end !== '');
  expect(proxy.connections()).toBe(2);
});
