/** A simulated node to crash on: a kubeadm that has its pairs ready, something that starts services as systemd does, and a canary in each of its keys. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isIP } from 'node:net';
import type { Change } from '../../src/reach/changer.ts';
import { configurationPatch } from '../../src/plan/durable.ts';
import { mintLeaf, writePair } from '../simulator/certificates.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import { pool } from '../simulator/pki.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { keyPair } from '../support/mint.ts';
import { type Answers, configOf, stageData, stepsOn } from '../support/steps.ts';

export const wished = 'new.example.com';
const configPath = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';

export interface Asking {
  readonly shell?: readonly [string, ...string[]];
  readonly plant?: (change: Change) => Change;
}

export interface Ground {
  readonly node: SimulatedNode;
  readonly simulation: Simulation;
  readonly state: string;
  at(...names: readonly string[]): string;
  /** A step of this run with all that it is told; `sums` are what `stage` answered. */
  ask(run: string, step: string, data?: Readonly<Record<string, string>>, how?: Asking): Promise<Answers>;
  /** All that went over the channel. */
  readonly channel: Buffer[];
  clusterConfiguration(): string;
  /** Whether a dead-man switch waits. */
  hasService(): boolean;
  /** The dead-man switches that still wait are killed, as by a restart of the node. */
  killServices(): void;
  /** As it was in the beginning. */
  reset(): void;
  stop(): Promise<void>;
}

/** In place of the real stand-in, which starts a Node: whichever of two pairs is not in use. Key first, as kubeadm does. */
const kubeadm = `#!/bin/sh
[ "$1" != version ] || { echo v1.34.4+simulated; exit; }
to=\${6%/*} from=$FIX_SANS_ROOT/signed/b
! cmp -s "$to/../apiserver.crt" "$from/apiserver.crt" || from=$FIX_SANS_ROOT/signed/a
umask 077
/usr/bin/cat "$from/apiserver.key" >"$to/apiserver.key" && umask 022 && /usr/bin/cat "$from/apiserver.crt" >"$to/apiserver.crt"
`;

/** What is started by \`setsid\` is a child of the node's first process, and so nobody who traces the script waits for it. */
const setsid = `#!/bin/sh
printf '%s\\n' "$*" >"$FIX_SANS_ROOT/tmp/init"
`;
const init = `exec 3<>"$FIX_SANS_ROOT/tmp/init"
while read -r words <&3; do
  setsid $words </dev/null >/dev/null 2>&1 3<&- &
  echo $!
done
`;

export async function ground(): Promise<Ground> {
  const simulation = await simulate({ nodes: 1, certSans: ['api.example.com'] });
  const [node] = simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const at = (...names: readonly string[]): string => path.join(node.root, ...names);
  sign(simulation, node);
  const program = (name: string, script: string): void => {
    rmSync(at('usr/bin', name), { force: true });
    writeFileSync(at('usr/bin', name), script);
    chmodSync(at('usr/bin', name), 0o755);
  };
  program('kubeadm', kubeadm);
  program('setsid', setsid);
  // Between two looks of the proof nothing changes.
  program('sleep', '#!/bin/sh\nexec /usr/bin/sleep 0.02\n');
  execFileSync('mkfifo', [at('tmp/init')]);
  const first = spawn('/bin/sh', ['-c', init], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FIX_SANS_ROOT: node.root },
  });
  const services = servicesOf(first);
  const map = simulation.objects.get(configPath) as Parameters<Simulation['objects']['set']>[0];
  const channel: Buffer[] = [];
  const kept = at('kept');
  for (const piece of ['etc/kubernetes', 'root'])
    cpSync(at(piece), path.join(kept, piece), { recursive: true, preserveTimestamps: true });
  return {
    node,
    simulation,
    at,
    channel,
    state: at('var/lib/fix-sans'),
    ask: (run, step, data = {}, { shell, plant } = {}) => {
      const on = stepsOn(node, run, shell, { output: channel, ...(plant && { plant }) });
      return on.ask(step, { ...usual(node, run, step, simulation), ...data });
    },
    clusterConfiguration: () => configurationIn(simulation).text,
    hasService: () => services.some(isAlive),
    killServices: () => {
      for (const pid of services.splice(0)) kill(pid);
    },
    reset: () => {
      for (const pid of services.splice(0)) kill(pid);
      simulation.objects.set(map);
      rmSync(at('var/lib/fix-sans'), { recursive: true, force: true });
      restore(path.join(kept, 'etc/kubernetes'), at('etc/kubernetes'));
    },
    stop: async () => {
      first.kill('SIGKILL');
      for (const pid of services.splice(0)) kill(pid);
      await simulation.stop();
    },
  };
}

/** What was not changed is not touched, and what was is renamed over, as the API server wants to see it. */
function restore(from: string, to: string): void {
  for (const name of readdirSync(to, { recursive: true, encoding: 'utf8' }))
    if (!existsSync(path.join(from, name))) rmSync(path.join(to, name), { recursive: true, force: true });
  for (const kind of ['key', 'crt']) {
    const file = path.join(to, `pki/apiserver.${kind}`);
    if (existsSync(file) && readFileSync(file).equals(readFileSync(path.join(from, `pki/apiserver.${kind}`))))
      continue;
    cpSync(path.join(from, `pki/apiserver.${kind}`), `${file}.kept`, { preserveTimestamps: true });
    renameSync(`${file}.kept`, file);
  }
}

function servicesOf(first: ChildProcess): number[] {
  const services: number[] = [];
  let rest = '';
  first.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    services.push(...lines.map(Number));
  });
  return services;
}

/** One that has ended stays a zombie until its parent asks for it. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !readFileSync(stat, 'utf8').includes(') Z ');
}

/** A session of its own, with all that is in it. */
function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** The pair in use, and one with a name more by another key. */
function sign({ pki }: Simulation, node: SimulatedNode): void {
  for (const name of ['a', 'b'])
    mkdirSync(path.join(node.root, 'signed', name), { recursive: true, mode: 0o700 });
  for (const file of ['apiserver.crt', 'apiserver.key'])
    cpSync(path.join(node.root, 'etc/kubernetes/pki', file), path.join(node.root, 'signed/a', file));
  const names = [...namesOnDisk(node), wished];
  const leaf = mintLeaf(pki.ca, {
    commonName: 'kube-apiserver',
    uses: ['server'],
    key: keyPair(pki.kind, pool.reissued),
    dnsNames: names.filter((name) => isIP(name) === 0),
    addresses: names.filter((name) => isIP(name) !== 0),
  });
  writePair(path.join(node.root, 'signed/b/apiserver'), leaf);
}

function configurationIn({ objects }: Simulation): { readonly text: string; readonly version: string } {
  const map = objects.get(configPath) as {
    readonly data: { readonly ClusterConfiguration: string };
    readonly metadata: { readonly resourceVersion: string };
  };
  return { text: map.data.ClusterConfiguration, version: map.metadata.resourceVersion };
}

function usual(
  node: SimulatedNode,
  run: string,
  step: string,
  simulation: Simulation,
): Readonly<Record<string, string>> {
  const admin = '/etc/kubernetes/admin.conf';
  const wait = '3';
  if (step === 'stage') return { ...stageData(node, configOf(node, run)), wait };
  if (step === 'prove') return { names: wished, peers: '', admin, settle: '0', wait };
  if (step !== 'finish') return { wait };
  const { text, version } = configurationIn(simulation);
  const after = `${text}# ${wished}\n`;
  return {
    keep: '5',
    release: '1',
    summary: 'a test',
    admin,
    after,
    patch: configurationPatch(version, after),
  };
}
