import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sanitizer } from '../../../src/inspect/node/sanitizer.ts';
import { parseTexts, type SanitizedFile } from '../../../src/inspect/node/texts.ts';
import { keyPair, mint } from '../../support/mint.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-sanitizer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One awk for all of them: starting it is what costs. */
function sanitize(
  kind: string,
  texts: readonly string[],
): { readonly files: readonly SanitizedFile[]; readonly raw: string } {
  const paths = texts.map((text, index) => {
    const file = path.join(folder, `${kind}-${index}`);
    writeFileSync(file, text);
    return file;
  });
  const { stdout, status } = spawnSync('awk', [sanitizer, `kind=${kind}`, ...paths], {
    encoding: 'latin1',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(status).toBe(0);
  return { files: parseTexts(stdout, ''), raw: stdout };
}

const secret = fc.stringMatching(/^[A-Za-z0-9+/]{24,60}$/).map((text) => `S3${text}`);

describe('kubeconfigs', () => {
  const credentials = fc.record({
    token: secret,
    password: secret,
    username: secret,
    key: secret,
    exec: secret,
    flow: fc.boolean(),
    json: fc.boolean(),
    quote: fc.constantFrom('QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const, 'PLAIN' as const),
    width: fc.constantFrom(0, 30, 80),
  });

  test('give their servers and none of their secrets, however they are written', () => {
    const made = fc.sample(credentials, 150).map((one) => {
      const object = {
        apiVersion: 'v1',
        clusters: [
          { name: 'c', cluster: { server: 'https://10.0.0.1:6443', 'tls-server-name': 'kubernetes' } },
        ],
        users: [
          {
            name: 'u',
            user: {
              token: one.token,
              password: one.password,
              username: one.username,
              'client-key-data': one.key,
              exec: { command: 'aws', env: [{ name: 'AWS', value: one.exec }] },
              'auth-provider': { config: { 'id-token': one.token, 'client-secret': one.password } },
            },
          },
        ],
      };
      const text = one.json
        ? JSON.stringify(object, undefined, one.flow ? 2 : undefined)
        : stringify(object, {
            collectionStyle: one.flow ? 'flow' : 'block',
            defaultStringType: one.quote,
            lineWidth: one.width,
          });
      return {
        text,
        isFolded: one.width === 30,
        secrets: [one.token, one.password, one.username, one.key, one.exec],
      };
    });
    const { files, raw } = sanitize(
      'kubeconfig',
      made.map(({ text }) => text),
    );
    expect(files).toHaveLength(made.length);
    for (const [index, { secrets, isFolded }] of made.entries()) {
      const { lines = [] } = files[index] ?? {};
      // Nobody folds an address; then it is said that none was found.
      expect(isFolded || lines.includes('server\thttps://10.0.0.1:6443')).toBe(true);
      expect(isFolded || lines.includes('tls-server-name\tkubernetes')).toBe(true);
      // Folded lines would show a part of it.
      for (const one of secrets) expect(raw).not.toContain(one.slice(2, 10));
    }
  });

  test('certificates in them pass, keys in their place do not', () => {
    const certificate = mint().pem;
    const key = keyPair('rsa').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // At each of the three places where the words can start in a group of base64.
    const bundles = ['', ' ', '  '].map((shift) => Buffer.from(certificate + shift + key).toString('base64'));
    const { files } = sanitize('kubeconfig', [
      `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`,
      `certificate-authority-data: ${Buffer.from(key).toString('base64')}`,
      ...bundles.map((bundle) => `client-certificate-data: ${bundle}`),
    ]);
    expect(files[0]?.lines[0]).toContain('LS0t');
    expect(files.slice(1).map(({ lines }) => lines)).toEqual([
      ['certificate-authority-data\t?'],
      ['client-certificate-data\t?'],
      ['client-certificate-data\t?'],
      ['client-certificate-data\t?'],
    ]);
  });

  test('comments are no configuration, and user information is cut out of addresses', () => {
    const { files } = sanitize('kubeconfig', [
      '# server: https://old:6443\nclusters:\n- cluster: {server: "https://me:pass@10.0.0.1:6443"} # server: https://other\n  proxy-url: http://u:p@proxy:3128\n',
    ]);
    expect(files[0]?.lines).toEqual([
      'server\thttps://10.0.0.1:6443',
      'server\thttps://other',
      'proxy-url\thttp://proxy:3128',
    ]);
  });
});

describe('manifests', () => {
  test('values of variables stay, whatever their shape, except those that tell of a load balancer', () => {
    const made = fc.sample(
      fc.tuple(secret, fc.constantFrom('plain', 'block', 'folded', 'flow', 'json', 'quoted', 'first')),
      150,
    );
    const texts = made.map(([value, shape]) => {
      const head = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n';
      switch (shape) {
        case 'block':
          return `${head}    - name: BGP\n      value: |-\n        ${value}\n        ${value}\n    image: x\n`;
        case 'folded':
          return `${head}    - name: BGP\n      value: "${value}\n        ${value}"\n    image: x\n`;
        case 'flow':
          return `${head}    - {name: BGP, value: ${value}}\n    - {value: '${value}', name: X}\n    image: x\n`;
        case 'json':
          return JSON.stringify({
            apiVersion: 'v1',
            kind: 'Pod',
            env: [{ name: 'A', value: value }],
            image: 'x',
          });
        case 'quoted':
          return `${head}    - name: "BGP"\n      value: '${value}'\n    image: x\n`;
        case 'first':
          return `${head}    - value: ${value}\n      name: BGP\n    image: x\n`;
        default:
          return `${head}    - name: BGP\n      value: ${value}\n    - --password\n    - ${value}\n    - --my-token=${value}\n    image: x\n`;
      }
    });
    const { files, raw } = sanitize('manifest', texts);
    for (const [index, [value]] of made.entries()) {
      expect(raw).not.toContain(value);
      expect(files[index]?.lines.join('\n')).toMatch(/image"?: ?"?x/);
    }
  });

  test('what is no manifest shows nothing of itself', () => {
    const key = keyPair('rsa').privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const { files } = sanitize('manifest', [
      key,
      'root:$6$x:1::\n',
      '---\n# a comment\n',
      '\u0000\u0001junk\n',
    ]);
    expect(files.flatMap(({ lines }) => lines)).toEqual([]);
    expect(files.map(({ remarks }) => remarks)).toEqual([['other-text'], ['other-text'], [], ['other-text']]);
  });
});

describe('certificates', () => {
  test('any bytes at all give no line but those of certificates', () => {
    const pem = mint().pem;
    const made = fc.sample(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), 200);
    const { files } = sanitize(
      'certificate',
      made.map(
        ([before, after]) => `x${before.replaceAll('-----', '')}\n${pem}${after.replaceAll('-----', '')}`,
      ),
    );
    for (const file of files) expect(file.lines.map((line) => `${line}\n`).join('')).toBe(pem);
  });

  test('of a file that is too large, the rest stays', () => {
    const { files } = sanitize('certificate', [mint().pem + 'x'.repeat(300_000), 'y\n'.repeat(200_000)]);
    expect(files.map(({ remarks }) => remarks.includes('too-large'))).toEqual([true, true]);
  });
});

test('no text of a file passes for the head of another', () => {
  for (const kind of ['nginx', 'haproxy', 'keepalived', 'manifest', 'kubeconfig', 'certificate']) {
    const { files } = sanitize(kind, [
      'kind: Pod\n>certificate\t/etc/forged\nserver >certificate;\nbind >x\nvirtual_ipaddress {\n>certificate\t/x\n}\nserver: ">certificate"\n',
    ]);
    expect(files).toHaveLength(1);
  }
});
