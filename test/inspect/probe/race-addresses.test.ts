/** One connection out of several addresses: the first that answers, and of the failures the most telling. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProbeError } from '../../../src/inspect/probe/probe-error.ts';
import { connectTcp, race } from '../../../src/inspect/probe/race-addresses.ts';

let server: Server;
let port: number;
const never = new AbortController().signal;

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  server.close();
});

async function fault(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ProbeError)) throw new Error('it did not fail as a probe does');
  return error.fault;
}

test('an address that refuses costs nothing but its turn', async () => {
  const began = performance.now();
  const socket = await race(['127.0.0.2', '127.0.0.3', '127.0.0.1'], port, never);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  // No head start is waited for after a refusal.
  expect(performance.now() - began).toBeLessThan(450);
  socket.destroy();
});

test('a name with an address of each family is reached by the one that listens', async () => {
  const socket = await connectTcp('localhost', port, 'named', never);
  expect(socket.remotePort).toBe(port);
  socket.destroy();
});

test('when all fail, the one that says most is told, and each with its address', async () => {
  // 255.255.255.255 is refused by the kernel itself.
  const { trouble, detail } = await fault(race(['255.255.255.255', '127.0.0.2'], port, never));
  expect(trouble).toBe('refused');
  expect(detail).toMatch(/255\.255\.255\.255 unreachable, 127\.0\.0\.2 refused/);
  expect((await fault(race(['127.0.0.2'], port, never))).detail).not.toContain('127.0.0.2');
});

test('an end from outside is a timeout, also before it began', async () => {
  expect((await fault(race(['127.0.0.1'], port, AbortSignal.abort()))).trouble).toBe('timeout');
  expect((await fault(connectTcp('some.invalid', port, 'named', AbortSignal.abort()))).trouble).toBe(
    'timeout',
  );
});

test('a name that leads to this machine is not dialled when the cluster told it', async () => {
  const { detail } = await fault(connectTcp('localhost', port, 'told', never));
  expect(detail).toContain('loopback');
});
