/** Both forms of a plan's kubeadm command, and its runbook, run by real kubeadms: the names are exactly those planned. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { San } from '../../src/model/san.ts';
import { configForm, flagsForm } from '../../src/plan/kubeadm-forms.ts';
import { runbook, stagingFolder } from '../../src/plan/runbook.ts';
import type { Signing } from '../../src/plan/signing.ts';
import { type Bench, benchFor, newestApi, subjects, type Subject } from './subjects.ts';

const names = (text: string): readonly San[] =>
  text.split(' ').map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value }));

const planned = names(
  'cp1 kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.corp.example lb.example.com api.example.com *.k8s.example.com localhost 10.240.0.65 10.0.0.11 127.0.0.1 203.0.113.10 2001:db8::1',
);

function signingOf(subject: Subject, { pki }: Bench, change: Partial<Signing> = {}): Signing {
  const apiVersion = `kubeadm.k8s.io/${newestApi(subject)}`;
  return {
    node: 'cp1',
    kubernetesVersion: subject.version,
    apiVersion,
    nodeName: 'cp1',
    hostname: 'cp1',
    advertiseAddress: '10.0.0.11',
    bindPort: 6443,
    criSocket: 'unix:///run/containerd/containerd.sock',
    serviceSubnet: '10.240.0.64/26',
    dnsDomain: 'corp.example',
    controlPlaneEndpoint: 'lb.example.com:6443',
    certSans: names('localhost 127.0.0.1 api.example.com *.k8s.example.com 203.0.113.10 2001:db8::1'),
    planned,
    configuration: `# by hand\napiVersion: ${apiVersion}\nkind: ClusterConfiguration\ncertificatesDir: /etc/kubernetes/pki\napiServer:\n  certSANs: [localhost, 127.0.0.1] # long ago\ncontrolPlaneEndpoint: lb.example.com:6443\nkubernetesVersion: ${subject.version}\nnetworking: {dnsDomain: corp.example, serviceSubnet: 10.240.0.64/26}\n`,
    algorithm: 'RSA-2048',
    certificatePath: path.join(pki, 'apiserver.crt'),
    keyPath: path.join(pki, 'apiserver.key'),
    caCertificatePath: path.join(pki, 'ca.crt'),
    caKeyPath: path.join(pki, 'ca.key'),
    ...change,
  };
}

/** The host name is the test's, and nobody else's: in a UTS namespace of its own. */
const machine = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--uts',
  'sh',
  '-c',
  'hostname cp1 && exec "$@"',
  'sh',
];

function stage(bench: Bench): string {
  const staging = path.join(bench.folder, 'stage');
  mkdirSync(staging, { mode: 0o700 });
  for (const file of ['ca.crt', 'ca.key'])
    writeFileSync(path.join(staging, file), readFileSync(path.join(bench.pki, file)));
  return staging;
}

async function signed(subject: Subject, staging: string, argv: readonly string[]): Promise<X509Certificate> {
  const [, ...rest] = argv;
  await execa(machine[0] ?? '', [...machine.slice(1), await subject.command(), ...rest], {
    cwd: staging,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', HOME: os.tmpdir(), HTTPS_PROXY: 'http://127.0.0.1:9' },
  });
  return new X509Certificate(readFileSync(path.join(staging, 'apiserver.crt')));
}

function namesIn(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .map((name) => name.replace(/^(?:IP Address|DNS):/, ''))
    .map((name) => (name === '2001:DB8:0:0:0:0:0:1' ? '2001:db8::1' : name))
    .toSorted();
}

const expected = planned.map(({ value }) => value).toSorted();

describe.each(subjects)('$name', (subject) => {
  beforeAll(async () => {
    await subject.command();
  });

  test('the configuration form makes exactly the planned names', async () => {
    const bench = benchFor(subject);
    const staging = stage(bench);
    const form = configForm(signingOf(subject, bench), staging);
    if ('withheld' in form) throw new Error(form.withheld);
    writeFileSync(path.join(staging, 'kubeadm.yaml'), form.file);
    const certificate = await signed(subject, staging, form.argv);
    expect(namesIn(certificate)).toEqual(expected);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
  });

  test('so does the form with flags', async () => {
    const bench = benchFor(subject);
    const staging = stage(bench);
    const form = flagsForm(signingOf(subject, bench), staging);
    if ('withheld' in form) throw new Error(form.withheld);
    expect(form.alsoNames).toEqual([]);
    expect(namesIn(await signed(subject, staging, form.argv))).toEqual(expected);
  });

  test('the flags form says which name of the host it brings along', async () => {
    const bench = benchFor(subject);
    const staging = stage(bench);
    const other = signingOf(subject, bench, {
      nodeName: 'node-a',
      planned: planned.filter(({ value }) => value !== 'cp1').concat(names('node-a')),
    });
    const form = flagsForm({ ...other, hostname: 'CP1' }, staging);
    if ('withheld' in form) throw new Error(form.withheld);
    expect(form.alsoNames).toEqual(['cp1']);
    expect(namesIn(await signed(subject, staging, form.argv))).toEqual([...expected, 'node-a'].toSorted());
  });

  test('without kubeadm-config the configuration is written from what the node shows', async () => {
    const bench = benchFor(subject);
    const staging = stage(bench);
    const { configuration: _, ...bare } = signingOf(subject, bench);
    const form = configForm(bare, staging);
    if ('withheld' in form) throw new Error(form.withheld);
    writeFileSync(path.join(staging, 'kubeadm.yaml'), form.file);
    expect(namesIn(await signed(subject, staging, form.argv))).toEqual(expected);
  });

  test('an elliptic key stays one, and flags are withheld since they cannot say so', async () => {
    const bench = benchFor(subject);
    const staging = stage(bench);
    const signing = signingOf(subject, bench);
    const isNew = newestApi(subject) === 'v1beta4';
    const how = isNew ? 'encryptionAlgorithm: ECDSA-P256\n' : 'featureGates: {PublicKeysECDSA: true}\n';
    const elliptic = {
      ...signing,
      algorithm: 'ECDSA-P256',
      configuration: (signing.configuration ?? '') + how,
    };
    expect(flagsForm(elliptic, staging)).toMatchObject({
      withheld: expect.stringContaining('RSA-2048') as string,
    });
    const form = configForm(elliptic, staging);
    if ('withheld' in form) throw new Error(form.withheld);
    writeFileSync(path.join(staging, 'kubeadm.yaml'), form.file);
    const certificate = await signed(subject, staging, form.argv);
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(namesIn(certificate)).toEqual(expected);
  });

  test('a validity that was longer stays as long', async () => {
    if (newestApi(subject) !== 'v1beta4') return;
    const bench = benchFor(subject);
    const staging = stage(bench);
    const form = configForm(signingOf(subject, bench, { certificateValidityPeriod: '87600h0m0s' }), staging);
    if ('withheld' in form) throw new Error(form.withheld);
    writeFileSync(path.join(staging, 'kubeadm.yaml'), form.file);
    const certificate = await signed(subject, staging, form.argv);
    const hours = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3_600_000;
    expect(Math.round(hours)).toBe(87600);
  });

  test('the runbook puts the new pair in place, keeps a backup, and leaves nothing else', async () => {
    const bench = benchFor(subject);
    const state = path.join(bench.folder, 'state');
    const first = await bench.runWithFlags();
    expect(first.code).toBe(0);
    const today = new X509Certificate(readFileSync(path.join(bench.pki, 'apiserver.crt')));
    const signing = signingOf(subject, bench, {
      today: today.fingerprint256.replaceAll(':', '').toLowerCase(),
    });
    const before = statSync(signing.certificatePath).mode;
    const text = runbook(signing, configForm(signing, stagingFolder(signing)), stagingFolder(signing));
    // Nobody serves here, and the state of this machine is left alone.
    const script = (text ?? '')
      .replaceAll('/var/lib/fix-sans', state)
      .replaceAll('seq 75', 'seq 1')
      .replaceAll('sleep 1', ':');
    mkdirSync(path.join(bench.folder, 'bin'));
    const kubeadm = path.join(bench.folder, 'bin/kubeadm');
    writeFileSync(kubeadm, `#!/bin/sh\nexec ${await subject.command()} "$@"\n`, { mode: 0o755 });
    const ran = await execa('sh', ['-s'], {
      input: script,
      reject: false,
      env: { PATH: `${path.dirname(kubeadm)}:${process.env['PATH'] ?? ''}` },
    });
    expect(ran.stderr).toContain('the old certificate is still served; to go back:');
    expect(ran.exitCode).toBe(1);
    expect(namesIn(bench.certificate())).toEqual(expected);
    expect(statSync(signing.certificatePath).mode).toBe(before);
    expect(bench.files()).toEqual(['apiserver.crt', 'apiserver.key', 'ca.crt', 'ca.key']);
    rmSync(state, { recursive: true });
  });
});
