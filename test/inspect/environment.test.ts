/** Where we stand, read from a made-up machine: variables, trust stores in good and bad state, kubectl. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from '../../src/inspect/environment.ts';
import { readTrust } from '../../src/inspect/environment-trust.ts';
import { readCertificates } from '../../src/model/certificate.ts';
import { keyPair, mint, type Minted, pemOf } from '../support/mint.ts';
import { processorTime } from '../support/patience.ts';

const one = mint({ subject: 'Public Root', key: keyPair('ec', 31), isCa: true });
const corporate = mint({ subject: 'Corporate CA', key: keyPair('ec', 32), isCa: true });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-environment-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function fingerprint({ der }: Minted): string {
  const reading = readCertificates(der);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0].fingerprint;
}

const nowhere = { files: [] as string[], folders: [] as string[] };

test('a bundle tells which CAs it holds, so that an intercepting one can be found in it', async () => {
  const file = put('ca.pem', `# Public Root\n${one.pem}\n# ours\n${corporate.pem}${one.pem}junk`);
  const { bundles, roots } = await readTrust({ SSL_CERT_FILE: file }, nowhere);
  expect(bundles[0]).toEqual({
    source: 'SSL_CERT_FILE',
    path: file,
    count: 2,
    fingerprints: [fingerprint(one), fingerprint(corporate)],
  });
  expect(roots).toHaveLength(2);
  expect(readCertificates(Buffer.from(roots[1] ?? '')).ok).toBe(true);
});

test("OpenSSL's trusted certificates count by the certificate alone", async () => {
  const trusted = pemOf(Buffer.concat([corporate.der, Buffer.from([0x30, 0x00])]), 'TRUSTED CERTIFICATE');
  const file = put('t.pem', trusted);
  const { bundles } = await readTrust({ CURL_CA_BUNDLE: file }, nowhere);
  expect(bundles[0]?.fingerprints).toEqual([fingerprint(corporate)]);
});

test.each<[string, () => string, RegExp]>([
  ['a missing file', () => path.join(folder, 'none.pem'), /^it is not there$/],
  ['an empty file', () => put('empty', ''), /^no certificate is in it$/],
  ['something else', () => put('x', 'hello'), /^no certificate/],
  [
    'broken certificates',
    () => put('x', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    /^1 of its certificates are broken$/,
  ],
  ['a file of five megabytes', () => put('x', Buffer.alloc(5_000_000)), /larger than 4 MiB/],
  ['a device', () => '/dev/zero', /no regular file/],
  [
    'a pipe that nobody writes to',
    () => {
      const pipe = path.join(folder, 'pipe');
      execaSync('sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
      return pipe;
    },
    /no regular file/,
  ],
])('%s is a fault and no crash', async (_, make, fault) => {
  const { bundles } = await readTrust({ NODE_EXTRA_CA_CERTS: make() }, nowhere);
  expect(bundles[0]).toMatchObject({
    source: 'NODE_EXTRA_CA_CERTS',
    count: 0,
    fault: expect.stringMatching(fault),
  });
});

test('a private key in a bundle is neither shown nor kept', async () => {
  const key = corporate.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const file = put('both.pem', `${key}${corporate.pem}`);
  const reading = await readTrust({ SSL_CERT_FILE: file }, nowhere);
  expect(reading.bundles[0]?.count).toBe(1);
  expect(JSON.stringify(reading)).not.toContain(key.split('\n')[1]);
});

test('folders are read as lists, each file once, and a folder may stand where a file is expected', async () => {
  put('a/one.pem', one.pem);
  symlinkSync('one.pem', path.join(folder, 'a/1234.0'));
  mkdirSync(path.join(folder, 'a/sub'));
  put('b/corporate.crt', corporate.pem);
  const list = `${folder}/a:${folder}/b:${folder}/none`;
  const { bundles } = await readTrust({ SSL_CERT_DIR: list, REQUESTS_CA_BUNDLE: `${folder}/b` }, nowhere);
  expect(bundles.map(({ source, count, fault }) => ({ source, count, fault }))).toEqual([
    { source: 'REQUESTS_CA_BUNDLE', count: 1, fault: undefined },
    { source: 'SSL_CERT_DIR', count: 1, fault: undefined },
    { source: 'SSL_CERT_DIR', count: 1, fault: undefined },
    { source: 'SSL_CERT_DIR', count: 0, fault: 'it is not there' },
    { source: 'system', count: 0, fault: 'none of the usual places holds one' },
  ]);
});

test('the system store is told once, by whichever paths it has, and its folder where that holds more', async () => {
  const bundle = put('etc/ssl/bundle.crt', one.pem);
  symlinkSync(bundle, path.join(folder, 'etc/other.pem'));
  const system = {
    files: [path.join(folder, 'none'), bundle, path.join(folder, 'etc/other.pem')],
    folders: [`${folder}/etc/ssl`],
  };
  expect((await readTrust({}, system)).bundles).toEqual([
    { source: 'system', path: bundle, count: 1, fingerprints: [fingerprint(one)] },
  ]);
  put('etc/ssl/corporate.pem', corporate.pem);
  const { bundles, roots } = await readTrust({}, system);
  expect(bundles.map(({ path: where, count }) => [where, count])).toEqual([
    [bundle, 1],
    [`${folder}/etc/ssl`, 2],
  ]);
  expect(roots).toHaveLength(2);
  expect((await readTrust({}, { files: ['/none'], folders: [] })).bundles).toEqual([
    {
      source: 'system',
      path: '/none',
      count: 0,
      fault: 'none of the usual places holds one',
      fingerprints: [],
    },
  ]);
});

function program(name: string, script: string): string {
  const file = put(name, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('the environment is told with its secrets gone, and only the variables that matter', async () => {
  const kubectl = program('kubectl', 'echo \'{"clientVersion":{"gitVersion":"v1.34.4"}}\'');
  const { environment, proxies } = await readEnvironment({
    env: {
      HTTPS_PROXY: 'http://me:hunter2@proxy.example:3128',
      no_proxy: '10.*',
      AWS_SECRET_ACCESS_KEY: 'hunter3',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      KUBECONFIG: '/root/.kube/config',
    },
    kubectl,
    system: nowhere,
  });
  expect(environment.variables).toEqual([
    { name: 'HTTPS_PROXY', value: 'http://***@proxy.example:3128' },
    { name: 'no_proxy', value: '10.*' },
    { name: 'NODE_TLS_REJECT_UNAUTHORIZED', value: '0' },
    { name: 'KUBECONFIG', value: '/root/.kube/config' },
  ]);
  expect(environment.faults).toEqual([{ name: 'no_proxy', fault: expect.stringContaining('10.*') }]);
  expect(environment.kubectlVersion).toBe('v1.34.4');
  expect(environment.hostname).not.toBe('');
  expect(JSON.stringify({ environment, proxies })).not.toContain('hunter');
  expect(proxies.proxy?.authorization?.()).toContain('Basic ');
});

test.each([
  ['is not there', undefined],
  ['says something else', 'echo hello'],
  ['fails', 'echo \'{"clientVersion":{"gitVersion":"v1"}}\'; exit 1'],
  ['lies', 'echo \'{"clientVersion":{"gitVersion":"v1\\u001b[31m"}}\''],
  ['talks without end', 'yes'],
])('a kubectl that %s is none', async (_, script) => {
  const kubectl = script === undefined ? path.join(folder, 'none') : program('kubectl', script);
  const { environment } = await readEnvironment({
    env: { PATH: process.env['PATH'] },
    kubectl,
    system: nowhere,
  });
  expect(environment).not.toHaveProperty('kubectlVersion');
});

test('the real machine is read without a fault in a tenth of a second or so', async () => {
  const took = await processorTime(async () => {
    const { bundles } = await readTrust({});
    expect(bundles.length).toBeGreaterThan(0);
  });
  expect(took).toBeLessThan(3000);
});
