/** Probes against real TLS servers on loopback: what is seen of a good one, and how each failure is told apart. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type ProbeRequest, probe } from '../../../src/inspect/probe/handshake.ts';
import { readCertificates } from '../../../src/model/certificate.ts';
import type { Probe } from '../../../src/model/probe.ts';
import { ReachError } from '../../../src/reach/transport.ts';
import { httpAnswer, startApiEndpoint, versionAnswer } from '../../support/api-endpoint.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { dns, keyPair, mint, mintKubeadm, type Minted, sanExtension } from '../../support/mint.ts';

const { ca, apiserver } = mintKubeadm('ec');
const stranger = mint({ subject: 'corporate', isCa: true, key: keyPair('ec', 8) });
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function certificates(...minted: readonly Minted[]) {
  return minted.map(({ der }) => {
    const reading = readCertificates(der);
    if (!reading.ok) throw new Error(reading.refusal.code);
    return reading.certificates[0];
  });
}

const now = (): Date => new Date('2026-11-21T06:00:00.123Z');

function at(where: { host: string; port: number }, more: Partial<ProbeRequest> = {}): Promise<Probe> {
  return probe({ host: where.host, port: where.port, timeoutMs: 5000, from: 'here', now, ...more });
}

async function endpoint(given: Partial<Parameters<typeof startApiEndpoint>[0]> = {}) {
  const started = await startApiEndpoint({ chain: [apiserver], ...given });
  undo.push(() => started.close());
  return started;
}

/** A server that is not TLS, on a port of its own. */
async function plainServer(onConnect: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnect(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function faulty(...faults: Parameters<typeof startFaultProxy>[1][]) {
  const proxy = await startFaultProxy(await endpoint(), ...faults);
  undo.push(() => proxy.close());
  return proxy;
}

function served(seen: Probe) {
  if (seen.result.state !== 'served') throw new Error(`${seen.result.trouble}: ${seen.result.detail}`);
  return seen.result;
}

function failed(seen: Probe) {
  if (seen.result.state !== 'failed') throw new Error('it was served');
  return seen.result;
}

test('a healthy API server shows its certificate and its version, to somebody without credentials', async () => {
  const server = await endpoint();
  const seen = await at(server, { ca: certificates(ca), serverName: 'kubernetes' });
  expect(seen).toMatchObject({
    from: 'here',
    way: 'direct',
    host: '127.0.0.1',
    port: server.port,
    serverName: 'kubernetes',
    at: '2026-11-21T06:00:00Z',
    result: { isTrusted: true, protocol: 'TLSv1.3' },
  });
  expect(seen.milliseconds).toBeGreaterThanOrEqual(0);
  const { chain, answer } = served(seen);
  expect(chain).toEqual(certificates(apiserver));
  expect(answer).toMatchObject({ status: 200, gitVersion: 'v1.34.4', isKubernetes: true });
  expect(server.serverNames).toEqual(['kubernetes']);
  expect(server.requests).toEqual([
    `GET /version HTTP/1.1\r\nHost: kubernetes:${server.port}\r\nUser-Agent: fix-sans\r\nAccept: application/json, */*\r\nConnection: close\r\n\r\n`,
  ]);
});

test('an address is never sent as a server name', async () => {
  const server = await endpoint();
  const seen = await at(server, { serverName: '10.96.0.1' });
  await at(server, { serverName: 'fd00::1' });
  await at(server, { serverName: 'a\r\nX: y' });
  expect(server.serverNames).toEqual([false, false, false]);
  expect(seen).not.toHaveProperty('serverName');
});

test('the whole chain is seen in the order in which it was served, with what does not belong to it', async () => {
  const root = mint({ subject: 'root', key: keyPair('ec', 5), isCa: true });
  const middle = mint({ subject: 'middle', key: keyPair('ec', 6), isCa: true, issuer: root });
  const leaf = mint({ subject: 'leaf', key: keyPair('ec', 7), issuer: middle, names: [dns('a.example')] });
  const server = await endpoint({ chain: [leaf, ca, middle] });
  const result = served(await at(server, { ca: certificates(root) }));
  expect(result.chain.map(({ subject }) => subject)).toEqual(['CN=leaf', 'CN=kubernetes', 'CN=middle']);
  expect(result.isTrusted).toBe(true);
});

test.each<[string, readonly Minted[], boolean]>([
  ['its CA itself', [ca], true],
  ['the leaf itself', [apiserver], true],
  [
    'a CA of the same name with another key',
    [mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 9) })],
    false,
  ],
  ['the old and the new CA', [mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 9) }), ca], true],
])('trust is by signature: %s', async (_, given, isTrusted) => {
  const server = await endpoint();
  expect(served(await at(server, { ca: certificates(...given) })).isTrusted).toBe(isTrusted);
});

test('without a CA nothing is said about trust', async () => {
  expect(served(await at(await endpoint()))).not.toHaveProperty('isTrusted');
});

describe('how well an API server of the cluster is', () => {
  const ill = httpAnswer(
    '500 Internal Server Error',
    '[+]ping ok\n[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\nreadyz check failed\n',
  );

  test('is asked on the same connection, etcd included', async () => {
    const server = await endpoint({ health: ill });
    const { answer, health } = served(await at(server, { ca: certificates(ca) }));
    expect(answer).toMatchObject({ gitVersion: 'v1.34.4' });
    expect(health).toEqual({ status: 500, failing: ['etcd', 'etcd-readiness'] });
    expect(server.serverNames).toHaveLength(1);
    expect(server.requests.map((request) => request.split(' HTTP')[0])).toEqual([
      'GET /version',
      'GET /readyz',
    ]);
    const well = await endpoint({ health: httpAnswer('200 OK', 'ok') });
    expect(served(await at(well, { ca: certificates(ca) })).health).toEqual({ status: 200, failing: [] });
  });

  test.each<[string, Partial<ProbeRequest>, string]>([
    ['where no CA is known', {}, versionAnswer],
    ["where the certificate is not of the cluster's CA", { ca: certificates(stranger) }, versionAnswer],
    ['by each of its names', { ca: certificates(ca), serverName: 'kubernetes' }, versionAnswer],
    ['where no API server answers', { ca: certificates(ca) }, httpAnswer('200 OK', 'hello')],
  ])('is not asked %s', async (_, more, answer) => {
    const server = await endpoint({ health: ill, answer });
    expect(served(await at(server, more))).not.toHaveProperty('health');
    expect(server.requests).toHaveLength(1);
  });

  test('that it does not say in time is no good sign', async () => {
    const server = await endpoint({ health: undefined });
    const { answer, health } = served(await at(server, { ca: certificates(ca), timeoutMs: 700 }));
    expect(answer).toMatchObject({ gitVersion: 'v1.34.4' });
    expect(health).toEqual({ failing: [] });
  });

  test('a connection that ends after one answer costs no time', async () => {
    const server = await endpoint();
    const began = performance.now();
    const { answer, health } = served(await at(server, { ca: certificates(ca) }));
    expect(performance.now() - began).toBeLessThan(3000);
    expect([answer?.gitVersion, health]).toEqual(['v1.34.4', undefined]);
  });
});

test('an expired certificate still leads to its CA, and a weak one is seen rather than refused', async () => {
  const weak = mint({
    subject: 'old',
    key: keyPair('rsa-1024', 1),
    issuer: ca,
    hash: 'sha1',
    notBefore: '20150101000000Z',
    notAfter: '20160101000000Z',
  });
  const server = await endpoint({ chain: [weak], minVersion: 'TLSv1', maxVersion: 'TLSv1' });
  const result = served(await at(server, { ca: certificates(ca) }));
  expect(result).toMatchObject({ protocol: 'TLSv1', isTrusted: true });
  expect(result.chain[0]?.key).toEqual({ type: 'rsa', bits: 1024 });
});

test('a server that asks for a client certificate, as API servers do, is content without one', async () => {
  const server = await endpoint({ requestCert: true, rejectUnauthorized: false, ca: [ca.pem] });
  expect(served(await at(server)).answer?.gitVersion).toBe('v1.34.4');
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'one that insists on a client certificate is told from a healthy one (%s)',
  async (version) => {
    const server = await endpoint({
      requestCert: true,
      rejectUnauthorized: true,
      ca: [ca.pem],
      minVersion: version,
      maxVersion: version,
    });
    const { result } = await at(server);
    expect(result).toMatchObject(
      version === 'TLSv1.3'
        ? { state: 'served', noAnswer: { trouble: 'alert' } }
        : { state: 'failed', trouble: 'alert' },
    );
  },
);

test('a certificate that nobody can read is said to be so', async () => {
  const twice = mint({ names: [dns('a')], moreExtensions: [sanExtension([dns('b')])] });
  const { trouble, detail } = failed(await at(await endpoint({ chain: [twice] })));
  expect(trouble).toBe('failed');
  expect(detail).toContain('certificate');
  const beside = served(await at(await endpoint({ chain: [apiserver, twice] })));
  expect(beside.chain).toHaveLength(1);
  expect(beside.chainFault).toMatch(/^certificate 2 is refused/);
});

test('a chain larger than TLS clients take is too large', async () => {
  const huge = mint({
    names: Array.from({ length: 6000 }, (_, index) => dns(`name-${index}.of-a-rather-long-domain.example`)),
  });
  expect(failed(await at(await endpoint({ chain: [huge] }))).trouble).toBe('too-large');
});

// Answers.

test.each<[string, string, object]>([
  [
    'anonymous requests are refused by the API server itself',
    httpAnswer(
      '401 Unauthorized',
      '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized"}',
    ),
    { status: 401, firstLine: 'Unauthorized', isKubernetes: true },
  ],
  [
    'a proxy that cannot reach its upstream',
    httpAnswer('502 Bad Gateway', '<html>\n<head><TITLE>\n 502 Bad Gateway</TITLE>', ['Server: nginx/1.22']),
    { status: 502, server: 'nginx/1.22', firstLine: '502 Bad Gateway' },
  ],
  [
    'an answer without a body',
    'HTTP/1.1 503 Service Unavailable\r\n\r\n',
    { status: 503, firstLine: 'Service Unavailable' },
  ],
  [
    'a redirect, which is not followed',
    httpAnswer('302 Found', '', ['Location: https://127.0.0.1:1/']),
    { status: 302, firstLine: 'Found' },
  ],
  [
    'chunks and an interim answer',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{"gitVersion":"v1.34.\r\n3;x=y\r\n4"}\r\n0\r\n\r\n',
    { status: 200, firstLine: '{"gitVersion":"v1.34.4"}', gitVersion: 'v1.34.4', isKubernetes: true },
  ],
  [
    'a body that was cut off',
    'HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 900\r\n\r\nupstream timed out',
    { status: 504, firstLine: 'upstream timed out' },
  ],
  [
    'a version that is none',
    httpAnswer('200 OK', '{"gitVersion":"<script>"}'),
    { status: 200, firstLine: '{"gitVersion":"<script>"}' },
  ],
])('%s', async (_, answer, wanted) => {
  const result = served(await at(await endpoint({ answer })));
  expect(result.answer).toEqual(wanted);
});

test('an answer of any length costs a bounded part of it', async () => {
  const body = 'x'.repeat(3_000_000);
  const result = served(await at(await endpoint({ answer: httpAnswer('500 Oops', body) })));
  expect(result.answer).toEqual({ status: 500, firstLine: 'x'.repeat(200) });
  const endless = served(
    await at(await endpoint({ answer: `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}` })),
  );
  expect(endless.noAnswer?.trouble).toBe('too-large');
});

test.each<[string, string | undefined, string]>([
  ['nothing', '', 'closed'],
  ['something else than HTTP', 'PRI * HTTP/2.0\r\n\r\n', 'failed'],
  ['silence', undefined, 'timeout'],
])('a certificate is kept when after it comes %s', async (_, answer, trouble) => {
  const result = served(await at(await endpoint({ answer }), { timeoutMs: 600 }));
  expect(result.chain).toHaveLength(1);
  expect(result.noAnswer?.trouble).toBe(trouble);
});

// Failures.

test('a port where nothing listens is refused', async () => {
  const server = await endpoint();
  await server.close();
  expect(failed(await at(server)).trouble).toBe('refused');
});

test('a name that does not exist is a matter of DNS', async () => {
  const { trouble, detail } = failed(await at({ host: 'no-such-host.invalid', port: 6443 }));
  expect(trouble).toBe('dns');
  expect(detail).toContain('no-such-host.invalid');
});

test('silence is a timeout, and says how far it came', async () => {
  const blackHole = await faulty({ cut: { how: 'silence', after: 0 } });
  const seen = await at(blackHole, { timeoutMs: 300 });
  expect(failed(seen)).toMatchObject({
    trouble: 'timeout',
    detail: expect.stringContaining('no answer to the TLS'),
  });
  expect(seen.milliseconds).toBeGreaterThanOrEqual(295);
  expect(seen.milliseconds).toBeLessThan(2000);
  const half = await faulty({ cut: { how: 'silence', after: 100 } });
  expect(failed(await at(half, { timeoutMs: 300 })).detail).toContain('did not end');
});

test('a reset in the middle of the handshake is a reset, and an end is an end', async () => {
  expect(failed(await at(await faulty({ cut: { how: 'reset', after: 100 } }))).trouble).toBe('reset');
  expect(
    failed(await at(await faulty({ cut: { how: 'reset', after: 0, counting: 'requests' } }))).trouble,
  ).toBe('reset');
  expect(failed(await at(await faulty({ cut: { how: 'half-close', after: 100 } }))).trouble).toBe('closed');
  expect(failed(await at(await plainServer((socket) => socket.end()))).trouble).toBe('closed');
});

test('a slow link changes nothing but the time', async () => {
  const seen = await at(await faulty({ delayMs: 60, bytesPerSecond: 20_000 }));
  expect(served(seen).answer?.status).toBe(200);
  expect(seen.milliseconds).toBeGreaterThan(230);
});

test.each<[string, string, string]>([
  ['an SSH server', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'SSH-2.0-OpenSSH_9.2p1 Debian-2'],
  ['a web server without TLS', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
  ['one that does not finish its line', '220 mail.example', '220 mail.example'],
  ['one that speaks in bytes', '\u0000\u0001\u0002\n', 'bytes 0001020a'],
])('%s is not TLS, and its first line is shown', async (_, says, line) => {
  const server = await plainServer((socket) => socket.write(Buffer.from(says, 'latin1')));
  const { trouble, detail } = failed(await at(server));
  expect(trouble).toBe('not-tls');
  expect(detail).toContain(line);
});

test('an alert is named', async () => {
  const strict = await endpoint({
    SNICallback: (name, done) => done(name === 'known.example' ? null : new Error('unknown')),
  });
  // OpenSSL's server says nothing when its callback fails; a version that is not spoken gives an alert.
  const old = await plainServer((socket) =>
    socket.once('data', () => socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 112]))),
  );
  expect(failed(await at(old))).toEqual({
    state: 'failed',
    trouble: 'alert',
    detail: 'tlsv1 unrecognized name (alert 112)',
  });
  expect(failed(await at(strict, { serverName: 'other.example' })).trouble).toBe('closed');
});

test('what can be no host or port is never dialled', async () => {
  for (const [host, port] of [
    ['10.0.0.1\r\nX: y', 6443],
    ['-oProxyCommand=x', 22],
    ['a b', 6443],
    ['', 6443],
    ['a.example', 0],
    ['a.example', 70_000],
    ['a.example', 1.5],
  ] as const) {
    expect(failed(await at({ host, port })).detail).toContain('not dialled');
  }
});

test('a link-local or metadata address is dialled only when the user names it, and what a cluster tells never leads back here', async () => {
  for (const [host, ground] of [
    ['169.254.169.254', 'given'],
    ['fe80::1%eth0', 'told'],
    ['metadata.google.internal', 'given'],
    ['::ffff:169.254.169.254', 'told'],
    ['127.0.0.1', 'told'],
    ['localhost', 'told'],
    ['224.0.0.1', 'named'],
  ] as const) {
    expect(failed(await at({ host, port: 6443 }, { ground })).detail).toContain('not dialled');
  }
  expect(served(await at(await endpoint(), { ground: 'given' })).chain).toHaveLength(1);
});

// Through a node.

test('through a node it is the node that dials, and what it says of failures is taken over', async () => {
  const server = await endpoint();
  const asked: unknown[] = [];
  const seen = await probe({
    host: '127.0.0.1',
    port: 6443,
    ground: 'told',
    from: 'cp1',
    timeoutMs: 2000,
    now,
    dial: async (...args) => {
      asked.push(args);
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  });
  expect(seen).toMatchObject({ from: 'cp1', way: 'ssh', host: '127.0.0.1', port: 6443 });
  expect(served(seen).answer?.gitVersion).toBe('v1.34.4');
  expect(asked).toEqual([['127.0.0.1', 6443, 2000]]);
  const trouble = {
    code: 'refused',
    message: 'sshd could not reach it',
    hint: '',
    retryable: false,
  } as const;
  const refused = await at(server, { dial: () => Promise.reject(new ReachError(trouble)) });
  expect(failed(refused)).toEqual({ state: 'failed', trouble: 'refused', detail: 'sshd could not reach it' });
  const never = await at(server, { timeoutMs: 100, dial: () => new Promise(() => undefined) });
  expect(failed(never).trouble).toBe('timeout');
});

test('a stop from outside ends a probe at once', async () => {
  const blackHole = await faulty({ cut: { how: 'silence', after: 0 } });
  const seen = await at(blackHole, { signal: AbortSignal.timeout(50) });
  expect(failed(seen).trouble).toBe('timeout');
  expect(seen.milliseconds).toBeLessThan(1000);
  expect(failed(await at(blackHole, { signal: AbortSignal.abort() })).trouble).toBe('timeout');
});

test('nothing of a probe stays open', async () => {
  const server = await endpoint({ answer: `${versionAnswer}${'x'.repeat(100_000)}` });
  for (let round = 0; round < 5; round += 1) served(await at(server));
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TLSSocketWrap');
  expect(sockets).toEqual([]);
});
