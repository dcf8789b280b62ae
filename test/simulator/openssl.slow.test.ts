/** The stand-in for openssl beside the real one: the same input, and what the scripts on a node take of the answer. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCommand } from '../lab/install.ts';
import { keyPair } from '../support/mint.ts';
import { bundleStandIns } from './bundle.ts';
import { keyText, mintCa, mintLeaf, writePair } from './certificates.ts';
import { elementsIn } from './openssl/der.ts';

const real = findCommand('openssl') ?? 'openssl';
let simulated = '';
const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-openssl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => path.join(folder, name);

const kinds = ['rsa', 'ec'] as const;
for (const kind of kinds) {
  const ca = mintCa('kubernetes', keyPair(kind, 0));
  const leaf = { commonName: 'kube-apiserver', uses: ['server' as const], key: keyPair(kind, 1) };
  const names = { dnsNames: ['cp1', 'kubernetes'], addresses: ['10.96.0.1', 'fd00::a:0:1', '::1'] };
  writePair(file(`${kind}-ca`), ca);
  writePair(file(kind), mintLeaf(ca, { ...leaf, ...names }));
  writePair(
    file(`${kind}-client`),
    mintLeaf(ca, { ...leaf, uses: ['client', 'server'], organization: 'a b' }),
  );
  writePair(file(`${kind}-expired`), mintLeaf(ca, { ...leaf, ...names, validity: -1000 }));
  const key = keyPair(kind, 1).privateKey;
  writeFileSync(
    file(`${kind}-locked.key`),
    key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a' }),
  );
  writeFileSync(file(`${kind}-plain.key`), key.export({ type: 'pkcs8', format: 'pem' }));
}
writeFileSync(file('nonsense'), 'no certificate\n');
writeFileSync(
  file('chain.crt'),
  `text before\n${readFileSync(file('rsa.crt'), 'utf8')}${readFileSync(file('rsa-ca.crt'), 'utf8')}`,
);

beforeAll(async () => {
  ({ openssl: simulated } = await bundleStandIns(folder, 'openssl'));
});

interface Answer {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(program: string, args: readonly string[], input: string | Buffer = ''): Promise<Answer> {
  const { exitCode, stdout, stderr } = await execa(program, args, {
    input,
    reject: false,
    stripFinalNewline: false,
    encoding: 'latin1',
    // What this machine trusts is none of it.
    extendEnv: false,
    env: { PATH: process.env['PATH'], SSL_CERT_FILE: file('none'), SSL_CERT_DIR: file('none') },
  });
  return { code: exitCode, stdout, stderr };
}

/** Since 3.2 there are no spaces around it. */
function plain(text: string): string {
  return text.replaceAll(/(\b[A-Z]+) = /g, '$1=');
}

async function expectSame(args: readonly string[], input?: string | Buffer): Promise<Answer> {
  const [wanted, got] = await Promise.all([ask(real, args, input), ask(simulated, args, input)]);
  expect({ code: got.code, stdout: plain(got.stdout) }).toEqual({
    code: wanted.code,
    stdout: plain(wanted.stdout),
  });
  return got;
}

describe.each(kinds)('%s', (kind) => {
  test.each(['', '-client', '-expired', '-ca'])('a certificate%s', async (which) => {
    const certificate = file(`${kind}${which}.crt`);
    const { stdout } = await expectSame(['x509', '-in', certificate, '-noout', '-text']);
    expect(stdout).toContain(
      which === '-client' ? 'Subject: O = a b, CN = kube-apiserver' : 'DNS:kubernetes',
    );
    await expectSame(['x509', '-noout', '-text'], readFileSync(certificate));
    await expectSame(['x509', '-in', certificate, '-outform', 'DER']);
    await expectSame(['x509', '-outform', 'DER'], readFileSync(certificate));
    await expectSame(['x509'], readFileSync(certificate));
    await expectSame(['x509', '-in', certificate, '-noout', '-pubkey']);
    const { code } = await expectSame(['x509', '-in', certificate, '-noout', '-checkend', '0']);
    expect(code).toBe(which === '-expired' ? 1 : 0);
  });

  test.each(['', '-plain', '-locked'])('a private key%s', async (which) => {
    const key = file(`${kind}${which}.key`);
    const { code } = await expectSame(['pkey', '-in', key, '-passin', 'pass:', '-pubout', '-outform', 'DER']);
    expect(code).toBe(which === '-locked' ? 1 : 0);
    await expectSame(['pkey', '-in', file(`${kind}.key`), '-pubout']);
    await expectSame(['pkey', '-in', file(`${kind}.key`), '-pubout', '-outform', 'DER']);
  });

  test('a request, of the same bytes but for the signature', async () => {
    const words = ['keyUsage=critical,digitalSignature,keyEncipherment', 'extendedKeyUsage=serverAuth'];
    for (const names of [
      'DNS:a.example,IP:1.2.3.4,IP:fd00::1,IP:::1',
      Array.from({ length: 40 }, (_, n) => `DNS:n${n}.example`).join(),
    ]) {
      const args = ['req', '-new', '-sha256', '-subj', '/CN=kube-apiserver', '-key', file(`${kind}.key`)];
      const more = [`subjectAltName=${names}`, ...words].flatMap((one) => ['-addext', one]);
      const [wanted, got] = await Promise.all(
        [real, simulated].map(async (program) => ask(program, [...args, ...more])),
      );
      // An EC signature is another one each time.
      expect(bodyOf(got)).toEqual(bodyOf(wanted));
      for (const program of [real, simulated])
        expect(await ask(program, ['req', '-noout', '-verify'], got?.stdout ?? '')).toMatchObject({
          code: 0,
          stdout: '',
        });
    }
  });

  test('what a server shows', async () => {
    const server = tls.createServer(
      {
        key: keyText(keyPair(kind, 1)),
        cert: readFileSync(file(`${kind}.crt`)),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket) => {
        socket.on('error', () => {});
        socket.once('data', (asked) =>
          socket.end(
            `HTTP/1.0 200 OK\r\n\r\nfor ${String(asked).split(' ')[1]}, ${String(socket.servername)}`,
          ),
        );
      },
    );
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const at = ['s_client', '-connect', `127.0.0.1:${(server.address() as AddressInfo).port}`];
      const seen = async (args: readonly string[]): Promise<unknown> => {
        const [wanted, got] = await Promise.all([
          ask(real, [...at, ...args]),
          ask(simulated, [...at, ...args]),
        ]);
        expect(partsOf(got)).toEqual(partsOf(wanted));
        const [shown] = partsOf(got).blocks;
        expect(new X509Certificate(shown ?? '').raw).toEqual(
          new X509Certificate(readFileSync(file(`${kind}.crt`))).raw,
        );
        return got.code;
      };
      for (const args of [
        [],
        ['-showcerts'],
        ['-servername', 'kubernetes'],
        ['-showcerts', '-servername', 'kubernetes'],
      ])
        expect(await seen(args)).toBe(0);
      const asked = 'GET /healthz HTTP/1.0\r\n\r\n';
      await expectSame([...at.slice(0, 1), '-quiet', ...at.slice(1)], asked);
      const { stdout } = await expectSame([...at, '-quiet', '-servername', 'kubernetes'], asked);
      expect(stdout).toBe('HTTP/1.0 200 OK\r\n\r\nfor /healthz, kubernetes');
    } finally {
      server.close();
    }
  });
});

function bodyOf(answer: Answer | undefined): Buffer | undefined {
  const der = Buffer.from((answer?.stdout ?? '').replaceAll(/-----.*-----/g, ''), 'base64');
  return elementsIn(elementsIn(der)[0]?.content ?? Buffer.of())[0]?.whole;
}

/** What a script takes of it: the blocks, who they are of, and how it ended. */
function partsOf({ code, stdout }: Answer) {
  return {
    code,
    blocks: stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
    lines: plain(stdout)
      .split('\n')
      .filter((line) =>
        /^(?:CONNECTED| ?\d s:| {3}i:|subject=|issuer=|Certificate chain|Server certificate|no peer)/.test(
          line,
        ),
      ),
  };
}

test('nobody answers, or not by TLS', async () => {
  const server = tls.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (await import('node:net')).createServer((socket) => {
    socket.on('error', () => {});
    socket.end('no TLS here, but enough of it for a record\n');
  });
  await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
  try {
    // It has no certificate.
    for (const at of [port, (cut.address() as AddressInfo).port]) {
      const args = ['s_client', '-connect', `127.0.0.1:${at}`];
      const [wanted, got] = await Promise.all([ask(real, args), ask(simulated, args)]);
      expect(partsOf(got)).toEqual(partsOf(wanted));
      expect(got.code).toBe(1);
    }
  } finally {
    server.close();
    cut.close();
  }
  const [wanted, got] = await Promise.all(
    [real, simulated].map(async (program) =>
      ask(program, ['s_client', '-connect', '127.0.0.1:1', '-showcerts']),
    ),
  );
  for (const answer of [wanted, got]) expect(answer).toMatchObject({ code: 1, stdout: '' });
  for (const word of [/Connection refused/, /^connect:errno=111$/m]) {
    expect(wanted?.stderr).toMatch(word);
    expect(got?.stderr).toMatch(word);
  }
});

test('what is no certificate, key or request is refused as by the real one', async () => {
  await expectSame(['x509', '-in', file('chain.crt'), '-noout', '-text']);
  await expectSame(['dgst', '-sha256'], Buffer.from([0, 255, 10]));
  await expectSame(['dgst', '-sha256']);
  for (const args of [['x509'], ['x509', '-noout', '-text'], ['x509', '-outform', 'DER']]) {
    expect(await expectSame(args)).toMatchObject({ code: 1, stdout: '' });
    await expectSame(args, 'no certificate');
  }
  for (const args of [
    ['x509', '-in', file('nonsense'), '-outform', 'DER'],
    ['x509', '-in', file('absent'), '-outform', 'DER'],
    ['pkey', '-in', file('nonsense'), '-pubout'],
    ['pkey', '-in', file('rsa.crt'), '-passin', 'pass:', '-pubout', '-outform', 'DER'],
    ['pkey', '-in', file('absent'), '-pubout'],
    ['req', '-noout', '-verify'],
  ])
    expect(await expectSame(args)).toMatchObject({ code: 1, stdout: '' });
});

test.each([
  [['verify', 'x']],
  [[]],
  [['x509', '-in', file('rsa.crt'), '-noout', '-fingerprint']],
  [['x509', '-in', file('rsa.crt'), '-outform', 'TEXT']],
  [['s_client', '-connect', '127.0.0.1']],
  [['s_client', '-connect', '127.0.0.1:1', '-proxy', '127.0.0.1:2']],
  [['pkey', '-in', file('rsa.key')]],
  [['pkey', '-in', file('rsa.key'), '-passin', 'env:A', '-pubout']],
  [['dgst', '-sha1']],
  [['req', '-noout', '-text']],
  [['req', '-new', '-sha256', '-subj', '/O=a', '-key', file('rsa.key')]],
  [
    [
      'req',
      '-new',
      '-sha256',
      '-subj',
      '/CN=a',
      '-key',
      file('rsa.key'),
      '-addext',
      'basicConstraints=CA:TRUE',
    ],
  ],
])('what no script on a node asks is refused: %j', async (args) => {
  const { code, stdout, stderr } = await ask(simulated, args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/\S/);
});
