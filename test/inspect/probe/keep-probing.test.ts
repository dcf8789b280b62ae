/** Handshakes over and over: what is counted, and the longest time without a good one. */
import { createServer } from 'node:https';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { counter, keepProbing, watchedIn } from '../../../src/inspect/probe/keep-probing.ts';
import { keyText } from '../../simulator/certificates.ts';
import { buildFacts, failed } from '../../support/facts.ts';
import { dns, keyPair, mint } from '../../support/mint.ts';

test('the gap is what lies between two good ones', () => {
  const count = counter();
  count.good(0);
  count.good(200);
  count.failed(400, 'refused');
  count.failed(600, 'closed');
  count.good(900);
  expect(count.result(1000)).toEqual({
    handshakes: 5,
    failed: 2,
    longestGapMs: 700,
    firstFailure: 'refused',
  });
});

test('a server that is still down at the end has its gap counted to the end', () => {
  const count = counter();
  count.good(100);
  count.failed(300, 'refused');
  expect(count.result(2100).longestGapMs).toBe(2000);
  const never = counter();
  never.failed(0, 'refused');
  expect(never.result(500)).toMatchObject({ handshakes: 1, failed: 1, longestGapMs: 500 });
});

test('every API server is watched, and what clients dial in front of them; from a node where nothing answered from here', () => {
  const facts = buildFacts();
  const probes = facts.probes.map((one) =>
    one.from === 'here' && one.host.endsWith('.32') ? failed('timeout', { host: one.host }) : one,
  );
  expect(watchedIn({ ...facts, probes }).map(({ host, port, from }) => `${host}:${port} ${from}`)).toEqual([
    '192.168.56.31:6443 here',
    '192.168.56.32:6443 a-node',
    '192.168.56.33:6443 here',
    'lb.example:6443 a-node',
  ]);
});

test('a server that goes away is seen to', async () => {
  const key = keyPair('ec', 20);
  const minted = mint({ key, names: [dns('localhost')] });
  const cert = `-----BEGIN CERTIFICATE-----\n${Buffer.from(minted.der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const server = createServer({ cert, key: keyText(key) }, (_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const running = keepProbing(
    [
      { host: '127.0.0.1', port, from: 'here' },
      { host: '127.0.0.1', port, from: 'a-node' },
    ],
    {
      intervalMs: 20,
    },
  );
  await sleep(300);
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await sleep(200);
  const { endpoints } = await running.stop();
  // Without a node that dials there is nothing to say of the second.
  expect(endpoints).toHaveLength(1);
  expect(endpoints[0]?.endpoint).toBe(`127.0.0.1:${port}`);
  expect(endpoints[0]?.handshakes).toBeGreaterThan(5);
  expect(endpoints[0]?.failed).toBeGreaterThan(0);
  expect(endpoints[0]?.firstFailure).toBeDefined();
});

test('many handshakes at once with a server that hangs make Node warn of nothing', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  let most = 0;
  let open = 0;
  const server = createTcpServer((socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.on('error', () => undefined).on('close', () => (open -= 1));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const running = keepProbing([{ host: '127.0.0.1', port, from: 'here' }], { intervalMs: 5 });
  await vi.waitFor(() => expect(most).toBeGreaterThan(15), 5000);
  await running.stop();
  server.close();
  await once(server, 'close');
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
