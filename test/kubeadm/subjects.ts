/** The programs that the contract is held against: real kubeadms and the stand-in, each run on files of its own. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { mintCa, writePair } from '../simulator/certificates.ts';
import { bundleStandIns } from '../simulator/bundle.ts';
import { keyPair, type Minted } from '../support/mint.ts';
import { cacheFolder } from '../lab/places.ts';
import { kubeadmBinary } from './build.ts';

export interface Subject {
  readonly name: string;
  readonly version: string;
  readonly minor: number;
  readonly isSimulated: boolean;
  /** Builds it when it is not there yet. */
  readonly command: () => Promise<string>;
}

/** The oldest that is looked at, those where something changed, and the newest. */
const versions = ['1.28.15', '1.31.4', '1.34.4', '1.36.3'];

export const subjects: readonly Subject[] = [
  ...versions.map((version) => ({
    name: `kubeadm ${version}`,
    version: `v${version}`,
    minor: Number(version.split('.')[1]),
    isSimulated: false,
    // eslint-disable-next-line no-console -- a build takes a minute, and silence would look like a hang
    command: () => kubeadmBinary(version, (line) => console.log(line)),
  })),
  {
    name: 'the stand-in for kubeadm (simulated)',
    version: 'v1.34.4',
    minor: 34,
    isSimulated: true,
    command: async () => {
      const folder = path.join(cacheFolder, 'stand-in');
      mkdirSync(folder, { recursive: true });
      return (await bundleStandIns(folder, 'kubeadm')).kubeadm;
    },
  },
];

export interface Outcome {
  readonly code: number | undefined;
  /** What it printed on stdout. */
  readonly lines: readonly string[];
  /** The texts of klog's lines, without time and place. */
  readonly warnings: readonly string[];
  /** The one message after `error: `. */
  readonly error: string;
}

export interface Bench {
  readonly folder: string;
  readonly pki: string;
  readonly ca: Minted;
  /** `kubeadm init phase certs apiserver` with these flags. */
  run(...flags: readonly string[]): Promise<Outcome>;
  /** The same with flags that say all there is to say; later ones win. */
  runWithFlags(...flags: readonly string[]): Promise<Outcome>;
  /** The same with a configuration file; the text goes to the end of its ClusterConfiguration. */
  runWithConfig(cluster?: string, apiVersion?: string): Promise<Outcome>;
  /** The same with a configuration file of this text. */
  readonly runWithText: (text: string) => Promise<Outcome>;
  /** The certificate that lies in the folder now. */
  certificate(): X509Certificate;
  names(): readonly string[];
  files(): readonly string[];
}

/** A folder with a CA and nothing else. */
export function benchFor(subject: Subject, inNode: readonly string[] = []): Bench {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-kubeadm-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pki = path.join(folder, 'pki');
  mkdirSync(pki);
  const ca = mintCa('kubernetes', keyPair('rsa', 0));
  writePair(path.join(pki, 'ca'), ca);
  const run = async (...flags: readonly string[]): Promise<Outcome> => {
    const argv = [...inNode, await subject.command(), 'init', 'phase', 'certs', 'apiserver', ...flags];
    return start(argv, folder);
  };
  const certificate = () => new X509Certificate(readFileSync(path.join(pki, 'apiserver.crt')));
  return {
    folder,
    pki,
    ca,
    run,
    runWithFlags: (...flags) =>
      run(
        `--cert-dir=${pki}`,
        `--kubernetes-version=${subject.version}`,
        '--apiserver-advertise-address=10.0.0.11',
        ...flags,
      ),
    runWithText: (text) => {
      const file = path.join(folder, 'config.yaml');
      writeFileSync(file, text);
      return run('--config', file);
    },
    runWithConfig: (cluster = '', apiVersion = newestApi(subject)) => {
      const file = path.join(folder, 'config.yaml');
      writeFileSync(file, `${initYaml(apiVersion)}---\n${clusterYaml(subject, pki, apiVersion)}${cluster}`);
      return run('--config', file);
    },
    certificate,
    names: () =>
      (certificate().subjectAltName ?? '')
        .split(', ')
        .map((name) => name.replace('IP Address:', '').replace('DNS:', '')),
    files: () => readdirSync(pki).toSorted(),
  };
}

export function newestApi({ minor }: Subject): string {
  return minor >= 31 ? 'v1beta4' : 'v1beta3';
}

export function initYaml(apiVersion: string): string {
  return `apiVersion: kubeadm.k8s.io/${apiVersion}
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: 10.0.0.11, bindPort: 6443 }
nodeRegistration: { name: CP1, criSocket: "unix:///run/containerd/containerd.sock" }
`;
}

export function clusterYaml({ version }: Subject, certificatesDir: string, apiVersion: string): string {
  return `apiVersion: kubeadm.k8s.io/${apiVersion}
kind: ClusterConfiguration
kubernetesVersion: ${version}
certificatesDir: ${certificatesDir}
`;
}

async function start([command = '', ...args]: readonly string[], folder: string): Promise<Outcome> {
  const result = await execa(command, args, {
    cwd: folder,
    reject: false,
    extendEnv: false,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      // Nothing is ever looked up in the internet: nobody listens there.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      // Otherwise a dry run makes a folder below /etc/kubernetes.
      KUBEADM_INIT_DRYRUN_DIR: path.join(folder, 'dry-run'),
    },
  });
  const said = result.stderr
    .split('\n')
    .filter((line) => !/^\[simulated\]|^To see the stack trace/.test(line));
  const klog = /^[IWE]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] /;
  return {
    code: result.exitCode,
    lines: result.stdout === '' ? [] : result.stdout.split('\n'),
    warnings: said.filter((line) => klog.test(line)).map((line) => line.replace(klog, '')),
    error: said
      .filter((line) => !klog.test(line))
      .join('\n')
      .replace(/^error: /, ''),
  };
}

export const basicNames: readonly string[] = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];
