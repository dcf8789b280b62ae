/** What takes its time: tries again, timeouts, keepalive, slow lines and round trips, of the in-process SSH transport. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { usualLimits } from '../../src/reach/transport.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { run, troubleOf, ssh2Ground } from '../support/ssh2-ground.ts';

const { start, know, open, listen } = ssh2Ground();

test('a login and a command take at most nine round trips', async () => {
  const sshd = await start();
  /** The best of some, for this machine does other things too. */
  const fastest = async (delayMs: number): Promise<number> => {
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: sshd.port }, { delayMs });
    know(proxy.port, sshd);
    let best = Infinity;
    for (let left = 4; left > 0; left -= 1) {
      const started = performance.now();
      const transport = await open(proxy.port);
      await run(transport, 'exit 0');
      best = Math.min(best, performance.now() - started);
    }
    return best;
  };
  // What a longer way costs more: what the machine computes is in both.
  const roundTrips = ((await fastest(110)) - (await fastest(10))) / 200;
  expect(roundTrips).toBeGreaterThan(4);
  expect(roundTrips).toBeLessThan(9);
});

test('refused is tried again, and then told', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const started = performance.now();
  expect(await troubleOf(open(port))).toMatchObject({ code: 'refused', retryable: true });
  expect(performance.now() - started).toBeGreaterThan(700);
});

test('a sshd that drops some is tried again until it takes us', async () => {
  const sshd = await start({ drops: 2 });
  await open(sshd.port);
  expect(sshd.seen.slice(0, 3)).toEqual(['drop', 'drop', 'connect']);
});

test('a sshd that drops all gives up after three more tries', async () => {
  const sshd = await start({ drops: 100 });
  expect(await troubleOf(open(sshd.port))).toMatchObject({ code: 'reset', retryable: true });
  expect(sshd.seen).toEqual(['drop', 'drop', 'drop', 'drop']);
}, 20_000);

test('a host that says nothing ends within the time and one second', async () => {
  const sshd = await start();
  await using proxy = await startFaultProxy(
    { host: '127.0.0.1', port: sshd.port },
    { cut: { how: 'silence', after: 0 } },
  );
  const started = performance.now();
  const limits = { ...usualLimits, connectTimeoutMs: 1000 };
  expect((await troubleOf(open(proxy.port, { limits }))).code).toBe('timeout');
  expect(performance.now() - started).toBeLessThan(2000);
});

test.each([30, 600, 1500])('silence after %i bytes is a timeout', async (after) => {
  const sshd = await start();
  await using proxy = await startFaultProxy(
    { host: '127.0.0.1', port: sshd.port },
    { cut: { how: 'silence', after } },
  );
  know(proxy.port, sshd);
  const limits = { ...usualLimits, connectTimeoutMs: 700 };
  expect((await troubleOf(open(proxy.port, { limits }))).code).toBe('timeout');
});

test('MaxStartups in words is tried again', async () => {
  let tries = 0;
  const port = await listen((socket) => {
    tries += 1;
    socket.end('Exceeded MaxStartups\r\n');
  });
  expect((await troubleOf(open(port))).code).toBe('reset');
  expect(tries).toBe(4);
}, 20_000);

test('by silence: found by keepalive, long before the command would time out', async () => {
  const sshd = await start();
  await using proxy = await startFaultProxy({ host: '127.0.0.1', port: sshd.port });
  know(proxy.port, sshd);
  const transport = await open(proxy.port);
  proxy.set({ cut: { how: 'silence', after: 0 } });
  const started = performance.now();
  const trouble = await troubleOf(run(transport, 'sleep 60', { commandTimeoutMs: 60_000 }));
  expect(trouble.code).toBe('link-lost');
  expect(performance.now() - started).toBeLessThan(25_000);
}, 40_000);

test('a slow line with a long way is slow, and works', async () => {
  const sshd = await start();
  await using proxy = await startFaultProxy(
    { host: '127.0.0.1', port: sshd.port },
    { delayMs: 30, bytesPerSecond: 8000 },
  );
  know(proxy.port, sshd);
  const transport = await open(proxy.port, { limits: { ...usualLimits, connectTimeoutMs: 10_000 } });
  expect((await run(transport, 'head -c 8000 /dev/zero')).stdout).toHaveLength(8000);
});
