/** The runbook as a shell runs it: names in it are never commands, and it touches no other certificate than the one that was planned from. */
import { spawnSync } from 'node:child_process';
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

function run(how: Signing, form: 'flags' | 'config') {
  const staging = stagingFolder(how);
  const script = runbook(how, form === 'flags' ? flagsForm(how, staging) : configForm(how, staging), staging);
  if (script === undefined) throw new Error('withheld');
  const before = readdirSync(path.join(folder, 'pki'));
  const { status, stderr } = spawnSync('sh', ['-s'], {
    input: script,
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
