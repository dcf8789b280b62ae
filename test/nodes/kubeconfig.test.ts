import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Kubeconfig } from '../../src/model/kubeconfig.ts';
import { withoutSecrets } from '../../src/model/kubeconfig.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type KubeconfigOptions, readKubeconfig } from '../../src/nodes/kubeconfig.ts';
import { keyPair, mint } from '../support/mint.ts';

const { pem } = mint({ subject: 'kubernetes', isCa: true });
const caData = Buffer.from(pem).toString('base64');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-kubeconfig-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** One cluster, one user, one context `x`; what is given replaces the body of cluster and user. */
function config(cluster: string, user = '{}'): string {
  return `apiVersion: v1
kind: Config
current-context: x
clusters:
- name: c
  cluster: ${cluster}
users:
- name: u
  user: ${user}
contexts:
- name: x
  context: {cluster: c, user: u}
`;
}

const usual = `{server: 'https://10.0.0.1:6443', certificate-authority-data: ${caData}}`;

function read(file: string, more: Partial<KubeconfigOptions> = {}): Promise<Kubeconfig> {
  return readKubeconfig({ file, allowExecPlugin: false, env: {}, ...more });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (!(error instanceof UserError)) throw new Error(`no refusal: ${String(error)}`);
  return `${error.message} | ${error.hint}`;
}

async function credentials(user: string, more?: Partial<KubeconfigOptions>): Promise<unknown> {
  return (await read(write('config', config(usual, user)), more)).credentials();
}

function plugin(script: string): string {
  const file = write('bin/plugin', `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return `{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin, args: ['a b', '$(id)'], env: [{name: X, value: y}], interactiveMode: Never}}`;
}

describe('the server is normalised or refused', () => {
  test.each([
    ['https://10.0.0.1:6443', { host: '10.0.0.1', port: 6443, path: '' }],
    ['https://api.example.com', { host: 'api.example.com', port: 443, path: '' }],
    ['https://API.Example.com./', { host: 'api.example.com', port: 443, path: '' }],
    [
      'https://r.example.com/k8s/clusters/c-1/',
      { host: 'r.example.com', port: 443, path: '/k8s/clusters/c-1' },
    ],
    ['https://[2001:DB8::1]:6443', { host: '2001:db8::1', port: 6443, path: '' }],
    ['https://bücher.example:6443', { host: 'xn--bcher-kva.example', port: 6443, path: '' }],
    ['api.example.com:6443', { host: 'api.example.com', port: 6443, path: '' }],
  ])('%s', async (server, address) => {
    const kubeconfig = await read(
      write('config', config(`{server: '${server}', certificate-authority-data: ${caData}}`)),
    );
    expect(kubeconfig.server).toEqual(address);
  });

  test.each([
    ['http://10.0.0.1:8080', 'is http://'],
    ['https://admin:pw@10.0.0.1', 'user or password'],
    ['https://', 'has no host'],
    ['', 'has no host'],
    ['https://10.0.0.1:0', 'port'],
    ['https://10.0.0.1:99999', 'port'],
    ['https://2001:db8::1:6443', 'IPv6 address without brackets'],
    ['https://[fe80::1%25eth0]:6443', 'no IPv6 address'],
    ['https://a b', 'neither an address nor a DNS name'],
    ['https://10.0.0.300', 'neither an address nor a DNS name'],
    ['https://x/?q', 'query'],
    ['ftp://x', 'scheme'],
  ])('%s', async (server, fault) => {
    expect(await refusal(read(write('config', config(`{server: '${server}'}`))))).toMatch(
      new RegExp(`line 6, column \\d+: server .*${fault}`),
    );
  });
});

describe('several files are merged as client-go merges them', () => {
  test('the first file that has a name has it whole; what is missing in the list is left out with a note', async () => {
    const one = write(
      'a/config',
      config(`{server: 'https://one:1', certificate-authority: ca.crt}`).replace('current-context: x\n', ''),
    );
    const two = write(
      'b/config',
      config(
        `{server: 'https://two:2', tls-server-name: two, certificate-authority-data: ${caData}}`,
      ).replace('current-context: x', 'current-context: x'),
    );
    write('a/ca.crt', pem);
    const env = { KUBECONFIG: [one, '', path.join(folder, 'missing'), two, one].join(':') };
    const kubeconfig = await readKubeconfig({ allowExecPlugin: false, env });
    expect(kubeconfig).toMatchObject({ context: 'x', path: one, server: { host: 'one', port: 1 } });
    // Nothing of the second file's cluster, though the first one leaves the key out.
    expect(kubeconfig.tlsServerName).toBeUndefined();
    expect(kubeconfig.ca).toEqual([pem]);
    expect(kubeconfig.notes).toEqual([expect.stringContaining('missing, which does not exist')]);
  });

  test('a name twice in one file is refused', async () => {
    const twice = config(usual).replace('users:', `- name: c\n  cluster: {server: 'https://b:1'}\nusers:`);
    expect(await refusal(read(write('config', twice)))).toContain('c stands in clusters twice');
  });

  test('without flag and KUBECONFIG it is the one in the home folder; without a home that is said', async () => {
    write('.kube/config', config(usual));
    const options = { allowExecPlugin: false };
    expect((await readKubeconfig({ ...options, env: { HOME: folder } })).clusterName).toBe('c');
    expect(await refusal(readKubeconfig({ ...options, env: {} }))).toContain(
      'neither KUBECONFIG nor HOME is set',
    );
    expect(await refusal(readKubeconfig({ ...options, env: { HOME: 'relative' } }))).toContain(
      'neither KUBECONFIG nor HOME',
    );
    expect(await refusal(readKubeconfig({ ...options, env: { HOME: path.join(folder, 'x') } }))).toContain(
      'it does not exist',
    );
  });
});

describe('contexts', () => {
  test('one that is not there is refused, with the one that was meant', async () => {
    const file = write('config', config(usual).replaceAll('name: x', 'name: production'));
    expect(await refusal(read(file, { context: 'prodution' }))).toContain(
      'no context prodution; did you mean "production"? | choose one with --context: it has production',
    );
    expect(await refusal(read(file))).toContain('no context x');
  });

  test('none at all', async () => {
    const file = write('config', config(usual).replace('current-context: x', 'current-context: ""'));
    expect(await refusal(read(file))).toContain('has no current-context');
    expect((await read(file, { context: 'x' })).context).toBe('x');
  });

  test('a context whose cluster or user is not there', async () => {
    expect(
      await refusal(read(write('config', config(usual).replace('cluster: c,', 'cluster: d,')))),
    ).toContain('cluster d');
    expect(await refusal(read(write('config', config(usual).replace('user: u}', 'user: v}'))))).toContain(
      'user v',
    );
  });
});

describe('whom to trust', () => {
  test('a bundle gives each certificate, and what is broken in it is noted', async () => {
    const other = mint({ subject: 'other', isCa: true, key: keyPair('ec', 1) }).pem;
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    write('ca.crt', `# the old one\n${pem}${broken}${other}trailing words\n`);
    const kubeconfig = await read(
      write('config', config(`{server: 'https://a:1', certificate-authority: ca.crt}`)),
    );
    expect(kubeconfig.ca).toEqual([pem, other]);
    expect(kubeconfig.notes).toEqual(['certificate-authority: 1 of its certificates cannot be read']);
  });

  test.each([
    ['is not base64', `{server: 'https://a:1', certificate-authority-data: '!!!!'}`],
    ['is not base64', `{server: 'https://a:1', certificate-authority-data: 'AAA'}`],
    ['holds no certificate', `{server: 'https://a:1', certificate-authority-data: 'AAAA'}`],
    ['it does not exist', `{server: 'https://a:1', certificate-authority: ../nowhere.crt}`],
    ['is a folder', `{server: 'https://a:1', certificate-authority: .}`],
    ['is not a regular file', `{server: 'https://a:1', certificate-authority: /dev/zero}`],
  ])('%s', async (fault, cluster) => {
    expect(await refusal(read(write('config', config(cluster))))).toContain(fault);
  });

  test('insecure-skip-tls-verify is noted and changes nothing', async () => {
    const file = write('config', config(usual.replace('{', '{insecure-skip-tls-verify: true, ')));
    const kubeconfig = await read(file);
    expect(kubeconfig).toMatchObject({ skipsVerification: true, ca: [pem] });
    // A finding says it.
    expect(kubeconfig.notes).toEqual([]);
  });
});

describe('no secret is in the value', () => {
  test('neither in JSON nor in what may be shown', async () => {
    const cluster = usual.replace('{', `{proxy-url: 'http://me:canary-1@proxy:3128', `);
    const kubeconfig = await read(write('config', config(cluster, '{token: canary-2}')));
    expect(await kubeconfig.credentials()).toEqual({ token: 'canary-2', headers: [] });
    expect(kubeconfig.proxy()).toContain('canary-1');
    const shown = JSON.stringify([kubeconfig, withoutSecrets(kubeconfig)]);
    expect(shown).not.toContain('canary');
    expect(withoutSecrets(kubeconfig)).toMatchObject({
      server: 'https://10.0.0.1:6443',
      proxyUrl: 'http://***@proxy:3128/',
    });
  });

  test('nor in the complaint about a file that is broken there', async () => {
    const complaint = await refusal(read(write('config', config(usual, '{token: *canary }'))));
    expect(complaint).toContain('unresolved alias');
    expect(complaint).not.toContain('canary');
  });
});

describe('credentials', () => {
  test('files are relative to the kubeconfig, and a token file wins over a token', async () => {
    write('certs/me.crt', 'CERT');
    write('certs/me.key', 'KEY');
    write('token', 'from-file\n');
    const user =
      '{client-certificate: certs/me.crt, client-key: certs/me.key, token: inline, tokenFile: token}';
    expect(await credentials(user)).toEqual({
      clientCertificate: 'CERT',
      clientKey: 'KEY',
      token: 'from-file',
      headers: [],
    });
  });

  test('impersonation is kept, since it means less rights', async () => {
    expect(await credentials('{token: t, as: dev, as-groups: [a, b]}')).toEqual({
      token: 't',
      headers: [
        ['Impersonate-User', 'dev'],
        ['Impersonate-Group', 'a'],
        ['Impersonate-Group', 'b'],
      ],
    });
  });

  test.each([
    ['a client certificate without its key', '{client-certificate-data: QUFB}'],
    ['auth-provider', '{auth-provider: {name: gcp}}'],
    ['user name and password', '{username: a, password: b}'],
    ['holds characters that no token has', '{token: "a\\r\\nX: y"}'],
    ['only printable ASCII', '{token: t, as: "a\\r\\nX: y"}'],
    ['is a number, not a text', '{token: 12345}'],
    ['it does not exist', '{tokenFile: nowhere}'],
  ])('refused: %s', async (fault, user) => {
    expect(await refusal(credentials(user))).toContain(fault);
  });

  describe('an exec plugin', () => {
    const env = { PATH: process.env['PATH'] };
    const answer = `printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}'`;

    test('is never run without consent', async () => {
      const user = plugin(`touch ${folder}/ran`);
      expect(await refusal(credentials(user))).toMatch(
        /wants to run a program .*\.\/bin\/plugin a b \$\(id\) \| allow it with --run-exec-plugin/,
      );
      expect(existsSync(`${folder}/ran`)).toBe(false);
    });

    test('is run once, without a shell, with its arguments and environment', async () => {
      const user = plugin(`echo run >> ${folder}/runs; ${answer} "$#:$2:$X"`);
      const kubeconfig = await read(write('config', config(usual, user)), { allowExecPlugin: true, env });
      const expected = { token: '2:$(id):y', headers: [] };
      expect(await kubeconfig.credentials()).toEqual(expected);
      expect(await kubeconfig.credentials()).toEqual(expected);
      expect(readFileSync(`${folder}/runs`, 'utf8')).toBe('run\n');
    });

    test.each([
      ['exit status 3', 'exit 3', ''],
      ['is no map', 'echo canary', ''],
      ['is no ExecCredential', "echo '{a: canary}'", ''],
      ['neither a token nor a certificate', `${answer} ""`, ''],
      ['is Always', 'exit 0', ', interactiveMode: Always'],
    ])('%s', async (fault, script, more) => {
      const user = plugin(script).replace(', interactiveMode: Never', more || ', interactiveMode: Never');
      const complaint = await refusal(credentials(user, { allowExecPlugin: true, env }));
      expect(complaint).toContain(fault);
      expect(complaint).not.toContain('canary');
    });

    test('that is not installed says so', async () => {
      const user =
        '{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: get it}}';
      expect(await refusal(credentials(user, { allowExecPlugin: true, env }))).toMatch(
        /it is not installed.*get it/,
      );
    });
  });
});

test('a symbolic link is fine, as ~/.kube/config often is one', async () => {
  const file = write('real', config(usual));
  symlinkSync(file, path.join(folder, 'link'));
  expect((await read(path.join(folder, 'link'))).context).toBe('x');
});

test.each([
  ['not a map', '- a\n', 'is no map'],
  ['not YAML', 'a: [', 'is not valid YAML: line'],
  ['binary', '\u0000\u0001', 'not a text file'],
  ['wrong types', 'clusters: {}\ncontexts: 7\n', 'clusters is no list'],
])('%s is refused', async (_, text, fault) => {
  expect(await refusal(read(write('config', text)))).toContain(fault);
});
