/** Around a run: the handshakes beside it, made by a node where nothing here reaches an endpoint. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ClusterReading } from '../../src/cli/facts.ts';
import { openSession, type Session } from '../../src/cli/run-session.ts';
import { ReachError } from '../../src/reach/transport.ts';
import { keyText } from '../simulator/certificates.ts';
import { addressOf, buildFacts, failed } from '../support/facts.ts';
import { dns, keyPair, mint } from '../support/mint.ts';

async function tlsServer(): Promise<{ readonly port: number; close(): void }> {
  const key = keyPair('ec', 21);
  const { der } = mint({ key, names: [dns('localhost')] });
  const cert = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const server = createServer({ cert, key: keyText(key) }, (_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A cluster of which nothing is reached from here. */
function unreached(): ReturnType<typeof buildFacts> {
  const facts = buildFacts();
  return { ...facts, probes: facts.probes.map(({ host, port }) => failed('timeout', { host, port })) };
}

async function sessionOn(open: ClusterReading['means']['open']): Promise<Session> {
  const cluster = { facts: unreached(), means: { open }, reach: {} } as unknown as ClusterReading;
  const io = {
    stdin: Object.assign(Readable.from([]), {}),
    stdout: { write: () => true },
    stderr: { write: () => true },
    env: {},
  };
  return openSession('apply', {
    options: {},
    io,
    cluster,
    settings: {
      timing: { reloadSeconds: 1, settleSeconds: 1, deadManSeconds: 100 },
      probeIntervalMs: 20,
      hooks: {},
    },
  });
}

test('an endpoint that is not reached from here is dialled by a node, and the line is closed at the end', async () => {
  const server = await tlsServer();
  const dialled = new Map<string, number>();
  let closed = 0;
  const session = await sessionOn((node) =>
    // The first does not answer: the next one is taken.
    node.name === 'cp1'
      ? Promise.reject(new ReachError({ code: 'link-lost', message: 'gone', hint: '', retryable: true }))
      : Promise.resolve({
          node,
          dial: async (host: string, port: number) => {
            const endpoint = `${host}:${port}`;
            dialled.set(endpoint, (dialled.get(endpoint) ?? 0) + 1);
            const socket = connect(server.port, '127.0.0.1');
            await once(socket, 'connect');
            return socket;
          },
          [Symbol.asyncDispose]: () => {
            closed += 1;
            return Promise.resolve();
          },
        } as never),
  );
  const stop = await session.probe(unreached());
  const until = Date.now() + 20_000;
  while ((dialled.size < 4 || [...dialled.values()].some((count) => count < 25)) && Date.now() < until)
    await sleep(20);
  const { endpoints } = await stop();
  server.close();
  expect([...dialled.keys()].toSorted()).toEqual([
    ...[1, 2, 3].map((one) => `${addressOf(one)}:6443`),
    'lb.example:6443',
  ]);
  expect(endpoints).toHaveLength(4);
  for (const { from, handshakes, failed: bad } of endpoints) {
    expect(from).toBe('a-node');
    expect(handshakes).toBeGreaterThan(0);
    expect(bad).toBe(0);
  }
  expect(closed).toBe(1);
});

test('where no node can dial either, nothing is counted as good', async () => {
  const session = await sessionOn((node) =>
    Promise.resolve({ node, [Symbol.asyncDispose]: () => Promise.resolve() } as never),
  );
  const stop = await session.probe(unreached());
  expect((await stop()).endpoints).toEqual([]);
});
