/** Probes through proxies that pass, intercept, refuse or are not there; and what becomes of the proxy's password. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ProbeRequest, probe } from '../../../src/inspect/probe/handshake.ts';
import { readProxy } from '../../../src/inspect/probe/proxy-address.ts';
import { readCertificates } from '../../../src/model/certificate.ts';
import type { Probe } from '../../../src/model/probe.ts';
import { startApiEndpoint } from '../../support/api-endpoint.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { type InterceptingProxyOptions, startInterceptingProxy } from '../../support/intercepting-proxy.ts';
import { dns, ip, keyPair, mint, mintKubeadm, pemOf } from '../../support/mint.ts';

const { ca, apiserver } = mintKubeadm('ec');
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function endpoint() {
  const server = await startApiEndpoint({ chain: [apiserver] });
  undo.push(() => server.close());
  return server;
}

async function proxying(options: InterceptingProxyOptions = {}) {
  const proxy = await startInterceptingProxy(options);
  undo.push(() => proxy.close());
  return proxy;
}

function proxyAt(url: string) {
  const reading = readProxy(url);
  if (!reading.ok) throw new Error(reading.fault);
  return reading.proxy;
}

function clusterCa() {
  const reading = readCertificates(ca.der);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates;
}

function through(
  url: string,
  where: { host: string; port: number },
  more: Partial<ProbeRequest> = {},
): Promise<Probe> {
  return probe({
    host: where.host,
    port: where.port,
    proxy: proxyAt(url),
    ca: clusterCa(),
    timeoutMs: 3000,
    from: 'here',
    now: () => new Date(),
    ...more,
  });
}

test("a proxy that only passes bytes shows the cluster's own certificate", async () => {
  const server = await endpoint();
  const proxy = await proxying({ mode: 'pass-through' });
  const seen = await through(`http://127.0.0.1:${proxy.port}`, server, { serverName: 'kubernetes' });
  expect(seen).toMatchObject({
    way: 'proxy',
    proxy: `127.0.0.1:${proxy.port}`,
    result: { isTrusted: true, answer: { gitVersion: 'v1.34.4' } },
  });
  expect(proxy.connects).toEqual([
    `CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUser-Agent: fix-sans\r\n\r\n`,
  ]);
  expect(server.serverNames).toEqual(['kubernetes']);
});

test('an intercepting proxy is seen by its certificate, although the API server answers behind it', async () => {
  const proxy = await proxying();
  const { result } = await through(`http://127.0.0.1:${proxy.port}`, await endpoint());
  expect(result).toMatchObject({ state: 'served', isTrusted: false, answer: { gitVersion: 'v1.34.4' } });
  if (result.state !== 'served') return;
  expect(result.chain).toHaveLength(1);
  expect(result.chain[0]).toMatchObject({ subject: 'CN=egress-proxy', issuer: 'CN=egress-proxy', names: [] });
});

test('a transparent one looks like a direct connection', async () => {
  const proxy = await proxying({ front: 'transparent', upstream: await endpoint() });
  const seen = await probe({
    host: proxy.host,
    port: proxy.port,
    ca: clusterCa(),
    timeoutMs: 3000,
    from: 'here',
    now: () => new Date(),
  });
  expect(seen).toMatchObject({
    way: 'direct',
    result: { isTrusted: false, chain: [{ subject: 'CN=egress-proxy' }], answer: { status: 200 } },
  });
});

test('a proxy whose upstream refuses is told by what it answers inside TLS', async () => {
  const proxy = await proxying({ mode: 'upstream-refuses' });
  const { result } = await through(`http://127.0.0.1:${proxy.port}`, { host: '192.0.2.1', port: 6443 });
  expect(result).toMatchObject({
    state: 'served',
    isTrusted: false,
    answer: { status: 503, server: 'egress-proxy', firstLine: '503 upstream refused' },
  });
});

test('one that breaks the connection instead of answering keeps its certificate on record', async () => {
  const proxy = await proxying({ mode: 'upstream-refuses', refusal: '' });
  const { result } = await through(`http://127.0.0.1:${proxy.port}`, { host: '192.0.2.1', port: 6443 });
  expect(result).toMatchObject({ state: 'served', noAnswer: { trouble: 'closed' } });
});

test.each<[string, string, object]>([
  [
    'a refusal by policy',
    'HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\nContent-Length: 41\r\n\r\n<html><title>ERR_ACCESS_DENIED</title>...',
    {
      trouble: 'proxy-refused',
      answer: { status: 403, server: 'squid/5.7', firstLine: 'ERR_ACCESS_DENIED' },
    },
  ],
  [
    'a gateway error',
    'HTTP/1.1 502 Bad Gateway\r\n\r\n',
    { trouble: 'proxy-refused', answer: { status: 502, firstLine: 'Bad Gateway' } },
  ],
  ['something else than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', { trouble: 'proxy-refused' }],
  ['no answer at all', '', { trouble: 'proxy-refused' }],
])('CONNECT answered with %s', async (_, connectAnswer, wanted) => {
  const proxy = await proxying({ connectAnswer });
  const { result } = await through(`http://127.0.0.1:${proxy.port}`, { host: '192.0.2.1', port: 6443 });
  expect(result).toMatchObject({ state: 'failed', ...wanted });
});

test('a proxy that is not there, does not resolve or falls silent', async () => {
  const proxy = await proxying();
  await proxy.close();
  const target = { host: '192.0.2.1', port: 6443 };
  expect((await through(`http://127.0.0.1:${proxy.port}`, target)).result).toMatchObject({
    trouble: 'proxy-unreachable',
    detail: expect.stringContaining(`proxy 127.0.0.1:${proxy.port}: the connection was refused`),
  });
  expect((await through('http://no-such-proxy.invalid:3128', target)).result).toMatchObject({
    trouble: 'proxy-unreachable',
    detail: expect.stringContaining('the resolver does not know'),
  });
  const silent = await startFaultProxy(await proxying(), { cut: { how: 'silence', after: 0 } });
  undo.push(() => silent.close());
  expect((await through(`http://127.0.0.1:${silent.port}`, target, { timeoutMs: 200 })).result).toMatchObject(
    {
      trouble: 'timeout',
      detail: expect.stringContaining('did not answer CONNECT'),
    },
  );
});

test('the password goes to the proxy and nowhere else', async () => {
  const server = await endpoint();
  const proxy = await proxying({ login: 'me@corp:s3cr:t', mode: 'intercept' });
  const url = `http://me%40corp:s3cr%3At@127.0.0.1:${proxy.port}`;
  const seen = await through(url, server);
  expect(seen.result.state).toBe('served');
  const token = Buffer.from('me@corp:s3cr:t').toString('base64');
  expect(proxy.connects.join('')).toContain(`Proxy-Authorization: Basic ${token}\r\n`);
  for (const text of [
    ...server.requests,
    ...proxy.inside,
    JSON.stringify(seen),
    JSON.stringify(proxyAt(url)),
  ]) {
    expect(text).not.toMatch(/s3cr|me@corp|me%40|Authorization/);
    expect(text).not.toContain(token);
  }
});

test('a refused login is shown without what was sent, even when the proxy repeats it', async () => {
  const proxy = await proxying({ login: 'other:one' });
  const refused = await through(`http://me:s3cret@127.0.0.1:${proxy.port}`, {
    host: '192.0.2.1',
    port: 6443,
  });
  expect(refused.result).toMatchObject({
    trouble: 'proxy-refused',
    answer: { status: 407, firstLine: 'log in first' },
  });
  const token = Buffer.from('me:s3cret').toString('base64');
  const parrot = await proxying({
    connectAnswer: `HTTP/1.1 500 Oops\r\nServer: ${token}\r\n\r\nyou sent Basic ${token}, s3cret`,
  });
  const echoed = await through(`http://me:s3cret@127.0.0.1:${parrot.port}`, {
    host: '192.0.2.1',
    port: 6443,
  });
  expect(JSON.stringify(echoed)).not.toMatch(new RegExp(`${token}|s3cret`));
  expect(echoed.result).toMatchObject({ answer: { firstLine: 'you sent Basic ***, ***', server: '***' } });
});

test('an https:// proxy gets a password only after its own certificate was verified', async () => {
  const server = await endpoint();
  const corporate = mint({ subject: 'Corporate CA', key: keyPair('ec', 21), isCa: true });
  const frontCertificate = mint({
    subject: 'proxy',
    key: keyPair('ec', 22),
    issuer: corporate,
    names: [ip('127.0.0.1'), dns('localhost')],
  });
  const proxy = await proxying({ frontCertificate, mode: 'pass-through', login: 'me:s3cret' });
  const url = `https://me:s3cret@127.0.0.1:${proxy.port}`;
  const stranger = await through(url, server);
  expect(stranger.result).toMatchObject({
    trouble: 'proxy-unreachable',
    detail: expect.stringContaining('not to be trusted'),
  });
  expect(proxy.connects).toEqual([]);
  const proxyRoots = [pemOf(corporate.der)];
  const seen = await through(url, server, { proxyRoots });
  expect(seen.result).toMatchObject({ state: 'served', isTrusted: true, answer: { status: 200 } });
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    expect((await through(url, server)).result).toMatchObject({ trouble: 'proxy-unreachable' });
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
  const elsewhere = mint({
    subject: 'p',
    key: keyPair('ec', 22),
    issuer: corporate,
    names: [dns('other.example')],
  });
  const wrongName = await proxying({ frontCertificate: elsewhere });
  expect((await through(`https://127.0.0.1:${wrongName.port}`, server, { proxyRoots })).result).toMatchObject(
    { trouble: 'proxy-unreachable' },
  );
});

/** Talks SOCKS5 as far as the test says, byte by byte. */
async function socksServer(steps: readonly { says: number[] }[], upstream?: { port: number }) {
  const sockets = new Set<Socket>();
  const heard: number[][] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const left = [...steps];
    const onData = (bytes: Buffer): void => {
      heard.push([...bytes]);
      const step = left.shift();
      if (step && left.length === 0 && upstream) {
        socket.off('data', onData);
        void import('node:net').then(({ connect }) => {
          const other = connect(upstream.port, '127.0.0.1');
          sockets.add(other);
          other.on('error', () => undefined);
          socket.pipe(other).pipe(socket);
          return undefined;
        });
      }
      if (step) socket.write(Buffer.from(step.says));
    };
    socket.on('data', onData);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard };
}

test('a SOCKS5 proxy is spoken to as kubectl would, with and without a login', async () => {
  const server = await endpoint();
  const accepted = { says: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0] };
  const open = await socksServer([{ says: [5, 0] }, accepted], server);
  const seen = await through(`socks5://127.0.0.1:${open.port}`, server);
  expect(seen.result).toMatchObject({ isTrusted: true, answer: { status: 200 } });
  expect(open.heard[0]).toEqual([5, 1, 0]);
  expect(open.heard[1]).toEqual([5, 1, 0, 1, 127, 0, 0, 1, server.port >> 8, server.port & 0xff]);
  const guarded = await socksServer([{ says: [5, 2] }, { says: [1, 0] }, accepted], server);
  await through(`socks5h://me:pw@127.0.0.1:${guarded.port}`, { host: 'api.example', port: 6443 });
  expect(guarded.heard[0]).toEqual([5, 2, 0, 2]);
  expect(guarded.heard[1]).toEqual([1, 2, ...Buffer.from('me'), 2, ...Buffer.from('pw')]);
  expect(guarded.heard[2]).toEqual([5, 1, 0, 3, 11, ...Buffer.from('api.example'), 0x19, 0x2b]);
  const refusing = await socksServer([{ says: [5, 0] }, { says: [5, 5, 0, 1, 0, 0, 0, 0, 0, 0] }]);
  expect((await through(`socks5://127.0.0.1:${refusing.port}`, server)).result).toMatchObject({
    trouble: 'proxy-refused',
    detail: expect.stringContaining('connection refused'),
  });
});

const secretOf = (password: string) => Buffer.from(`u:${password}`).toString('base64');

test.each<[string, (login: string) => string]>([
  ['as something that is no HTTP', (login) => `${login}\r\n`],
  ['cut where we stop to read', (login) => `${'x'.repeat(180)} ${login}\r\n`],
  ['instead of TLS', (login) => `HTTP/1.1 200 OK\r\n\r\n${login}\r\n`],
  ['without what fills it up', (login) => `HTTP/1.1 407 No\r\n\r\n${login.replace(/=+$/, '')}`],
])('what a proxy repeats of our password stays hidden: %s', async (_, answer) => {
  const password = 'pa55word-hunter22';
  const port = await plainProxy(answer(`Basic ${secretOf(password)}`));
  const seen = await through(`http://u:${password}@127.0.0.1:${port}`, { host: '192.0.2.1', port: 6443 });
  const text = JSON.stringify(seen);
  expect(text).toContain('***');
  expect(text).not.toContain(secretOf(password).slice(0, 10));
});

test('what an intercepting proxy repeats of our password inside of TLS stays hidden too', async () => {
  const password = 'pa55word-hunter22';
  const body = `it came with Basic ${secretOf(password)}`;
  const proxy = await proxying({
    mode: 'upstream-refuses',
    refusal: `HTTP/1.1 503 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    login: `u:${password}`,
  });
  const seen = await through(`http://u:${password}@127.0.0.1:${proxy.port}`, await endpoint());
  expect(seen.result).toMatchObject({ answer: { status: 503, firstLine: 'it came with Basic ***' } });
});

async function plainProxy(answer: string): Promise<number> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
