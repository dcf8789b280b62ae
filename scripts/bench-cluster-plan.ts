/** The whole `plan` of a real cluster by SSH, beside one `ssh NODE true` with the same key and files: what of its time is more than a login. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { LabCluster } from '../test/lab/handle.ts';
import { firstNode } from '../test/lab/state.ts';
import { machine, row } from './bench-output.ts';
import { onCluster } from './on-cluster.ts';

const root = path.join(import.meta.dirname, '..');
const times = 9;

export async function benchClusterPlan(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { cwd: root });
  await onCluster(compare);
}

async function compare(cluster: LabCluster): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'bench-plan-'));
  try {
    const contenders = contendersOf(cluster, home);
    const seconds = contenders.map((): number[] => []);
    for (let round = 0; round < times; round += 1) {
      for (const [index, { run }] of contenders.entries()) seconds[index]?.push(await timed(run));
    }
    const [login = 0, ...others] = seconds.map(median);
    console.log(
      `\nthe median of ${times} runs, which took turns; ${cluster.controlPlanes.length} control planes`,
    );
    console.log(`${machine()}\n`);
    for (const [index, { name }] of contenders.entries()) {
      const one = index === 0 ? login : (others[index - 1] ?? 0);
      row(name, `${(one * 1000).toFixed(0)} ms = ${(one / login).toFixed(1)} x`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface Contender {
  readonly name: string;
  /** Rejects where it did not end as it should. */
  readonly run: () => Promise<void>;
}

/** All with one key, one known_hosts, no ssh_config, and a login of their own each time. */
function contendersOf(cluster: LabCluster, home: string): readonly Contender[] {
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const env = { HOME: home, PATH: process.env['PATH'] };
  const ssh = async (address: string): Promise<void> => {
    const alone = ['ControlMaster=no', 'ControlPath=none', 'IdentitiesOnly=yes', 'IdentityAgent=none'];
    const options = [...alone, `UserKnownHostsFile=${knownHostsFile}`].flatMap((one) => ['-o', one]);
    const argv = ['-F', 'none', '-i', privateKeyFile, ...options, `root@${address}`, 'true'];
    await execa('ssh', argv, { env, extendEnv: false });
  };
  const login = ['--user', 'root', '--identity', privateKeyFile, '--known-hosts', knownHostsFile];
  const nodes = cluster.controlPlanes.flatMap(({ address }) => ['--node', `ssh://root@${address}`]);
  const plan = async (asked: readonly string[], code: number): Promise<void> => {
    const argv = ['plan', ...nodes, ...login, '--ssh-config', 'none', '--format', 'json', ...asked];
    const ended = await execa(process.execPath, [path.join(root, 'dist', 'fix-sans.js'), ...argv], {
      env,
      extendEnv: false,
      reject: false,
    });
    if (ended.exitCode !== code) throw new Error(`plan ended with ${ended.exitCode}: ${ended.stderr}`);
  };
  const addresses = cluster.controlPlanes.map(({ address }) => address);
  return [
    { name: 'ssh NODE true', run: () => ssh(firstNode(cluster).address) },
    {
      name: `ssh NODE true, on ${addresses.length} nodes at once`,
      run: async () => void (await Promise.all(addresses.map(ssh))),
    },
    {
      name: 'fix-sans --version',
      run: async () =>
        void (await execa(process.execPath, [path.join(root, 'dist', 'fix-sans.js'), '--version'])),
    },
    { name: 'fix-sans plan, nothing to do', run: () => plan([], 0) },
    { name: 'fix-sans plan, a name for every node', run: () => plan(['--san', 'new.example.com'], 2) },
  ];
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
