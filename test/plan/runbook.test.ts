/** The runbook as a shell runs it: names in it are never commands, and it touches no other certificate than the one that was planned from. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/model/certificate.ts';
import { configForm, flagsForm } from '../../src/plan/kubeadm-forms.ts';
import { runbook, stagingFolder } from '../../src/plan/runbook.ts';
import type { Signing } from '../../src/plan/signing.ts';
import { leaf } from '../support/facts.ts';
import { pemOf } from '../support/mint.ts';
import { named } from '../support/plans.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-runbook-'));
  mkdirSync(path.join(folder, 'bin'));
  mkdirSync(path.join(folder, 'pki'));
  // Says that it was called, and signs nothing: the proof that comes next ends the script.
  writeFileSync(path.join(folder, 'bin', 'kubeadm'), `#!/bin/sh\nprintf '%s\\n' "$@" >'${folder}/called'\n`);
  chmodSync(path.join(folder, 'bin', 'kubeadm'), 0o755);
  return () => rmSync(folder, { recursive: true });
});

function signing(change: Partial<Signing> = {}): Signing {
  const pki = path.join(folder, 'pki');
  return {
    node: 'cp1',
    kubernetesVersion: 'v1.34.1',
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    nodeName: 'cp1',
    hostname: 'cp1',
    advertiseAddress: '10.0.0.11',
    bindPort: 6443,
    serviceSubnet: '10.96.0.0/12',
    dnsDomain: 'cluster.local',
    certSans: [named('api.example')],
    planned: [named('kubernetes'), named('api.example')],
    algorithm: 'RSA-2048',
    certificatePath: path.join(pki, 'apiserver.crt'),
    keyPath: path.join(pki, 'apiserver.key'),
    caCertificatePath: path.join(pki, 'ca.crt'),
    caKeyPath: path.join(pki, 'ca.key'),
    ...change,
  };
}

function onDisk(certificate: Certificate): void {
  writeFileSync(path.join(folder, 'pki', 'apiserver.crt'), pemOf(Buffer.from(certificate.der, 'base64')));
}

function program(name: string, script: string): void {
  const file = path.join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function run(how: Signing, form: 'flags' | 'config') {
  const staging = stagingFolder(how);
  const script = runbook(how, form === 'flags' ? flagsForm(how, staging) : configForm(how, staging), staging);
  if (script === undefined) throw new Error('withheld');
  const before = readdirSync(path.join(folder, 'pki'));
  const { status, stderr } = spawnSync('sh', ['-s'], {
    // Nobody serves here, and the state of this machine is left alone.
    input: script.replaceAll('/var/lib/fix-sans', `${folder}/state`).replace('seq 75', 'seq 1'),
    cwd: folder,
    env: { PATH: `${folder}/bin:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  const called = path.join(folder, 'called');
  return {
    status,
    stderr,
    called: existsSync(called) ? readFileSync(called, 'utf8') : undefined,
    isUntouched: readdirSync(path.join(folder, 'pki')).join() === before.join(),
  };
}

describe('the certificate that is there', () => {
  const planned = leaf(['kubernetes', 'cp1']);
  test('is the one that was planned from: kubeadm is called', () => {
    onDisk(planned);
    const { called } = run(signing({ today: planned.fingerprint }), 'flags');
    expect(called).toContain('--apiserver-cert-extra-sans=kubernetes,api.example');
  });

  test.each([
    ['another control plane’s', leaf(['kubernetes', 'cp2'])],
    [
      'a newer one, which may hold names that this plan would drop',
      leaf(['kubernetes', 'cp1', 'new.example']),
    ],
  ])('is %s: nothing is done', (_, other) => {
    onDisk(other);
    const { status, stderr, called, isUntouched } = run(signing({ today: planned.fingerprint }), 'config');
    expect(stderr).toContain('is not the certificate that this was planned from');
    expect({ status, called, isUntouched }).toEqual({ status: 1, called: undefined, isUntouched: true });
  });

  test('is none: nothing is done', () => {
    expect(run(signing({ today: planned.fingerprint }), 'config')).toMatchObject({
      called: undefined,
      status: 1,
    });
  });

  test('was none and is there by now: nothing is done', () => {
    onDisk(planned);
    expect(run(signing(), 'config')).toMatchObject({ called: undefined, status: 1 });
  });
});

describe('names that would be commands', () => {
  const planned = leaf(['kubernetes', 'cp1']);
  test.each([
    '$(touch pwned)',
    '`touch pwned`',
    "';touch pwned;'",
    '";touch pwned;"',
    'x\ntouch pwned\n',
    'x\nEND\ntouch pwned\n',
    '&touch pwned&',
    '-x $(touch pwned)',
    '\\";touch pwned;#',
    '>pwned',
  ])('%j', (text) => {
    onDisk(planned);
    const san = { type: 'dns', value: text } as const;
    const hostile = signing({
      today: planned.fingerprint,
      node: text,
      nodeName: text,
      hostname: text,
      dnsDomain: text,
      criSocket: text,
      kubernetesVersion: text,
      serviceSubnet: text,
      controlPlaneEndpoint: text,
      advertiseAddress: text,
      certSans: [san],
      planned: [san],
    });
    for (const form of ['flags', 'config'] as const) {
      run(hostile, form);
      expect(existsSync(path.join(folder, 'pwned'))).toBe(false);
      expect(existsSync(path.join(folder, 'pki', 'pwned'))).toBe(false);
    }
  });
});

function pkiFile(name: string): string {
  return readFileSync(path.join(folder, 'pki', name), 'utf8');
}

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { cwd: path.join(folder, 'pki'), encoding: 'utf8', stdio: 'pipe' });
}

describe('a signal', () => {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  let how: Signing;
  beforeEach(() => {
    openssl('req', '-x509', ...newKey, '-subj', '/CN=kubernetes', '-keyout', 'ca.key', '-out', 'ca.crt');
    for (const name of ['apiserver', 'next']) {
      const signed = [
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-addext',
        'subjectAltName=DNS:kubernetes,DNS:api.example',
      ];
      openssl(
        'req',
        '-x509',
        ...newKey,
        ...signed,
        '-subj',
        '/CN=x',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
      );
    }
    const today = openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', 'apiserver.crt');
    how = signing({ today: today.replace(/^.*=/, '').trim().replaceAll(':', '').toLowerCase() });
    const pki = path.join(folder, 'pki');
    program(
      'kubeadm',
      `cp '${pki}/next.crt' '${pki}/.fix-sans-stage/apiserver.crt'; cp '${pki}/next.key' '${pki}/.fix-sans-stage/apiserver.key'`,
    );
  });

  test('none: both files are the new ones', () => {
    expect(run(how, 'flags').stderr).toContain('the old certificate is still served');
    expect([pkiFile('apiserver.crt'), pkiFile('apiserver.key')]).toEqual([
      pkiFile('next.crt'),
      pkiFile('next.key'),
    ]);
  });

  test('while kubeadm signs leaves no key behind', () => {
    const kubeadm = readFileSync(path.join(folder, 'bin', 'kubeadm'), 'utf8').split('\n')[1] ?? '';
    program('kubeadm', `${kubeadm}; kill -TERM "$PPID"`);
    const before = pkiFile('apiserver.crt');
    const { status, isUntouched } = run(how, 'flags');
    expect({ status, isUntouched, after: pkiFile('apiserver.crt') }).toEqual({
      status: 1,
      isUntouched: true,
      after: before,
    });
  });

  test('between the two renames does not part the pair', () => {
    program(
      'mv',
      '/bin/mv "$@"; status=$?; kill -HUP "$PPID"; kill -INT "$PPID"; kill -TERM "$PPID"; exit "$status"',
    );
    run(how, 'flags');
    expect([pkiFile('apiserver.crt'), pkiFile('apiserver.key')]).toEqual([
      pkiFile('next.crt'),
      pkiFile('next.key'),
    ]);
  });

  test('a second rename that fails takes the first one back', () => {
    program('mv', 'case $* in *apiserver.crt) exit 1 ;; esac; exec /bin/mv "$@"');
    const before = [pkiFile('apiserver.crt'), pkiFile('apiserver.key')];
    expect(run(how, 'flags').status).toBe(1);
    expect([pkiFile('apiserver.crt'), pkiFile('apiserver.key')]).toEqual(before);
  });
});
