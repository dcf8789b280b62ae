/** A run of another machine is taken in; a file that anybody may have written is checked to the last field. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probe } from '../../../src/inspect/probe/handshake.ts';
import { readVantage } from '../../../src/inspect/probe/merge-vantage.ts';
import { readCertificates } from '../../../src/model/certificate.ts';
import type { Environment, Probe } from '../../../src/model/probe.ts';
import { startApiEndpoint } from '../../support/api-endpoint.ts';
import { keyPair, mint, mintKubeadm } from '../../support/mint.ts';

const { ca, apiserver } = mintKubeadm('ec');
let seen: readonly Probe[];

const environment: Environment = {
  hostname: 'bastion',
  kubectlVersion: 'v1.34.4',
  variables: [{ name: 'HTTPS_PROXY', value: 'http://***@proxy.example' }],
  faults: [{ name: 'NO_PROXY', fault: '"10.*" matches nothing' }],
  trustBundles: [
    { source: 'system', path: '/etc/ssl', count: 1, fault: 'x', fingerprints: ['ab'.repeat(32)] },
  ],
};

function caOf(...minted: readonly { der: Buffer }[]) {
  return minted.flatMap(({ der }) => {
    const reading = readCertificates(der);
    return reading.ok ? reading.certificates : [];
  });
}

beforeAll(async () => {
  await using server = await startApiEndpoint({ chain: [apiserver, ca] });
  const common = { host: '127.0.0.1', port: server.port, timeoutMs: 3000, now: () => new Date() };
  const served = await probe({ ...common, from: 'here', ca: caOf(ca) });
  const refused = await probe({ ...common, port: 1, from: 'cp1' });
  seen = [served, refused];
});

afterAll(() => {
  seen = [];
});

type Json = { [key: string]: Json } & Json[] & (string | number | boolean | null);

function file(change: (content: Json) => void = () => undefined): Buffer {
  const facts = { readAt: '2026-11-21T06:00:00Z', probes: seen, environment, nodes: ['whatever'] };
  const content = JSON.parse(
    JSON.stringify({ formatVersion: '1.3', command: 'inspect', exitCode: 0, facts }),
  ) as Json;
  change(content);
  return Buffer.from(JSON.stringify(content));
}

test('its own probes are from its host, those of its nodes by it, and all else is as it was seen', () => {
  const reading = readVantage(file());
  if (!reading.ok) throw new Error(reading.fault);
  expect(reading.run).toEqual({
    name: 'bastion',
    readAt: '2026-11-21T06:00:00Z',
    probes: [
      { ...seen[0], from: 'bastion' },
      { ...seen[1], from: 'cp1 by bastion' },
    ],
    endpoints: [],
    environment,
  });
});

test('what it was asked about is taken along, its kubeconfig with the name that it compares', () => {
  const reading = readVantage(
    file((content) => {
      Object.assign(content['facts'] as object, {
        endpoints: [{ host: 'lb.example', port: 6443, more: 'x' }],
        kubeconfig: { server: 'https://[fd00::1]', tlsServerName: 'kubernetes', ca: [] },
      });
    }),
  );
  if (!reading.ok) throw new Error(reading.fault);
  expect(reading.run.endpoints).toEqual([
    { host: 'lb.example', port: 6443 },
    { host: 'fd00::1', port: 443, serverName: 'kubernetes' },
  ]);
});

test.each([
  [{ endpoints: 'lb.example' }, 'facts.endpoints is no list'],
  [{ endpoints: [{ host: 'a b', port: 1 }] }, 'facts.endpoints[0].host is no address and no name'],
  [{ endpoints: [{ host: 'a', port: 0 }] }, 'facts.endpoints[0].port is not between 1 and 65535'],
  [{ kubeconfig: { server: 1 } }, 'facts.kubeconfig.server is no text'],
])('%j in it is refused', (change, fault) => {
  expect(readVantage(file((content) => Object.assign(content['facts'] as object, change)))).toEqual({
    ok: false,
    fault,
  });
});

test('--vantage gives it another name, and no name makes its probes ours', () => {
  const named = readVantage(file(), { name: 'the data centre' });
  expect(named.ok && named.run.probes[0]?.from).toBe('the data centre');
  const disguised = readVantage(
    file((content) => {
      (content['facts'] as Json)['environment'] = { ...environment, hostname: 'here' } as unknown as Json;
    }),
  );
  expect(disguised.ok && disguised.run.probes[0]?.from).toBe('elsewhere');
});

test('what it says of a certificate is read from its bytes, and trust is found out anew', () => {
  const other = mint({ subject: 'kubernetes', key: keyPair('ec', 41), isCa: true });
  const forged = file((content) => {
    const certificate = content['facts']?.['probes']?.[0]?.['result']?.['chain']?.[0] as Json;
    Object.assign(certificate, { subject: 'CN=google', names: [], fingerprint: '00' });
  });
  const reading = readVantage(forged, { ca: caOf(other) });
  if (!reading.ok) throw new Error(reading.fault);
  const { result } = reading.run.probes[0] ?? {};
  if (result?.state !== 'served') throw new Error('it was served');
  expect(result.chain).toEqual(caOf(apiserver, ca));
  expect(result.isTrusted).toBe(false);
});

test('secrets in a file that was written by hand are not shown either', () => {
  const reading = readVantage(
    file((content) => {
      const variables = content['facts']?.['environment']?.['variables'] as Json;
      (variables[0] as Json)['value'] = 'http://me:hunter2@proxy' as unknown as Json;
    }),
  );
  expect(reading.ok).toBe(true);
  expect(JSON.stringify(reading)).not.toContain('hunter2');
});

const probe0 = (content: Json): Json => content['facts']?.['probes']?.[0] as Json;

test.each<[string, (content: Json) => unknown, string]>([
  ['another command', (content) => Object.assign(content, { command: 'explain' }), 'fix-sans inspect'],
  ['a newer format', (content) => Object.assign(content, { formatVersion: '2.0' }), '2.0 is not understood'],
  ['no facts', (content) => Object.assign(content, { facts: null }), 'facts is no object'],
  [
    'probes that are none',
    (content) => Object.assign(content['facts'] as Json, { probes: {} }),
    'facts.probes is no list',
  ],
  [
    'more probes than any run makes',
    (content) => Object.assign(content['facts'] as Json, { probes: Array.from({ length: 2001 }, () => 1) }),
    'more than 2000',
  ],
  ['a port out of range', (content) => Object.assign(probe0(content), { port: 0 }), 'probes[0].port'],
  [
    'a host with a command in it',
    (content) => Object.assign(probe0(content), { host: '$(reboot)' }),
    'probes[0].host',
  ],
  [
    'an unknown way',
    (content) => Object.assign(probe0(content), { way: 'carrier pigeon' }),
    'direct, proxy, ssh',
  ],
  ['a time that is none', (content) => Object.assign(probe0(content), { at: 'yesterday' }), 'no time in UTC'],
  ['a fraction', (content) => Object.assign(probe0(content), { milliseconds: 1.5 }), 'whole number'],
  [
    'an empty chain',
    (content) => Object.assign(probe0(content)['result'] as Json, { chain: [] }),
    'chain is empty',
  ],
  [
    'a certificate that is none',
    (content) => Object.assign(probe0(content)['result'] as Json, { chain: [{ der: 'AAAA' }] }),
    'chain[0] the certificate is refused',
  ],
  ['a long text', (content) => Object.assign(probe0(content), { from: 'x'.repeat(301) }), 'longer than 300'],
  [
    'no environment',
    (content) => Object.assign(content['facts'] as Json, { environment: undefined }),
    'facts.environment',
  ],
])('%s is refused, and the place is named', (_, change, fault) => {
  const reading = readVantage(file((content) => void change(content)));
  if (reading.ok) throw new Error('it was taken');
  expect(reading.fault).toContain(fault);
});

test('what is no JSON, or nothing, or too much, is refused', () => {
  expect(readVantage(Buffer.from('hello'))).toMatchObject({
    ok: false,
    fault: expect.stringContaining('no JSON'),
  });
  expect(readVantage(Buffer.alloc(0)).ok).toBe(false);
  expect(readVantage(Buffer.from('null')).ok).toBe(false);
  expect(readVantage(Buffer.from('{"__proto__":{"command":"inspect"}}')).ok).toBe(false);
  expect(readVantage(Buffer.alloc(33 * 1024 * 1024))).toMatchObject({
    fault: expect.stringContaining('32 MiB'),
  });
});
