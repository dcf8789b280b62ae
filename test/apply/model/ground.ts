/** What the model is held to: simulated nodes that can be put back to their beginning, and the command line in this process. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Io } from '../../../src/cli/io.ts';
import { loginFlags, targetsOf } from '../../pipelines/simulated-program.ts';
import type { ApiObject } from '../../simulator/object-store.ts';
import { simulate, type SimulatedNode, type Simulation } from '../../simulator/simulate.ts';
import { type CliResult, runCli } from '../../support/run-cli.ts';
import { openSimulatedChanger, openSimulatedNode } from '../../support/simulated-cli.ts';

export interface Ground extends AsyncDisposable {
  readonly simulation: Simulation;
  readonly nodes: readonly SimulatedNode[];
  readonly run: (args: readonly string[], openChanger?: Io['openChanger']) => Promise<CliResult>;
  readonly config: () => string;
  readonly setConfig: (text: string) => void;
  readonly reset: () => Promise<void>;
}

/** What ends as soon as all is well may be long: only an API server that looks at its files no more is waited for to the end. */
const waits = ['--settle=60s', '--reload-wait=5s', '--dead-man=200s', '--probe-interval=1s'];

export async function openGround(count: number): Promise<Ground> {
  const simulation = await simulate({ nodes: count, keys: 'ec', certSans: ['api.example.com'] });
  const home = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-model-'));
  const config = (): string => mapOf(simulation).data.ClusterConfiguration;
  const first = config();
  for (const node of simulation.nodes) prepare(node, path.join(home, node.name));
  return {
    simulation,
    nodes: simulation.nodes,
    run: ([command = '', ...args], openChanger = openSimulatedChanger) => {
      const targets = targetsOf(simulation).map((target) => `--node=${target}`);
      const own = command === 'apply' || command === 'rollback' ? ['--yes', ...waits] : [];
      // A machine that is busy with other tests takes its time.
      const login = [...loginFlags(simulation), '--connect-timeout=30s'];
      const usual = [...targets, ...login, '--format=json', ...own];
      return runCli([command, ...usual, ...args], {
        openNode: openSimulatedNode,
        openChanger,
        env: { XDG_STATE_HOME: home, PATH: process.env['PATH'] },
      });
    },
    config,
    setConfig: (text) => setConfig(simulation, text),
    reset: async () => {
      for (const node of simulation.nodes) await resetNode(node, path.join(home, node.name));
      setConfig(simulation, first);
    },
    [Symbol.asyncDispose]: async () => {
      for (const node of simulation.nodes) endSwitches(node);
      await simulation.stop();
      rmSync(home, { recursive: true });
    },
  };
}

type ConfigMap = ApiObject & { readonly data: { readonly ClusterConfiguration: string } };

function mapOf(simulation: Simulation): ConfigMap {
  return simulation.objects.get('/api/v1/namespaces/kube-system/configmaps/kubeadm-config') as ConfigMap;
}

function setConfig(simulation: Simulation, text: string): void {
  const map = mapOf(simulation);
  simulation.objects.set({ ...map, data: { ...map.data, ClusterConfiguration: text } });
}

export function certSansIn(config: string): readonly string[] {
  const { apiServer } = parse(config) as { readonly apiServer?: { readonly certSANs?: readonly string[] } };
  return [...(apiServer?.certSANs ?? [])].toSorted();
}

/** A clock that can be set, and waits that are short. */
const programs = {
  sleep: 'exec /bin/sleep 0.1',
  date: `read -r off <"$FIX_SANS_ROOT/tmp/clock" && [ "$off" != 0 ] || exec /bin/date "$@"
exec /bin/date -d "$off seconds" "$@"`,
};

function prepare(node: SimulatedNode, kept: string): void {
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(node.root, 'usr/bin', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  setClock(node, 0);
  cpSync(path.join(node.root, 'etc/kubernetes'), kept, { recursive: true });
}

export function setClock({ root }: SimulatedNode, seconds: number): void {
  writeFileSync(path.join(root, 'tmp/clock'), `${seconds}\n`);
}

async function resetNode(node: SimulatedNode, kept: string): Promise<void> {
  endSwitches(node);
  unplant(node);
  setClock(node, 0);
  rmSync(stateFolder(node), { recursive: true, force: true });
  const pki = path.join(node.root, 'etc/kubernetes/pki');
  for (const file of readdirSync(pki).filter((name) => name.startsWith('.')))
    rmSync(path.join(pki, file), { recursive: true });
  for (const kind of ['key', 'crt']) {
    cpSync(path.join(kept, `pki/apiserver.${kind}`), path.join(node.root, `tmp/again.${kind}`));
    renameSync(path.join(node.root, `tmp/again.${kind}`), path.join(pki, `apiserver.${kind}`));
  }
  node.api.setFrozen(false);
  await node.api.restart();
}

export function stateFolder({ root }: SimulatedNode): string {
  return path.join(root, 'var/lib/fix-sans');
}

/** By what stands in their command lines: the folder is this test's alone. */
export function switchesOf(node: SimulatedNode): readonly { readonly pid: number; readonly run: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        const at = words.findIndex((word) => word.startsWith(stateFolder(node)) && word.endsWith('undo.sh'));
        return at === -1 ? [] : [{ pid: Number(name), run: words[at + 2] ?? '' }];
      } catch {
        return [];
      }
    });
}

export function endSwitches(node: SimulatedNode): void {
  for (const { pid } of switchesOf(node)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

const counted = ['cp', 'ln', 'mkdir', 'mv', 'rm', 'sync', 'touch', 'kubeadm'] as const;

/** From now on the script that calls one of these for the `at`th time is killed, before or after. */
export function plant({ root }: SimulatedNode, at: number, when: 'before' | 'after'): void {
  for (const name of counted) {
    const program = path.join(root, 'usr/bin', name);
    const real = existsSync(program) ? `${program}.real` : `/bin/${name}`;
    if (real.startsWith(root)) renameSync(program, real);
    writeFileSync(
      program,
      `#!/bin/sh
count=$(($(cat "$FIX_SANS_ROOT/tmp/count" 2>/dev/null || echo 0) + 1))
echo "$count" >"$FIX_SANS_ROOT/tmp/count"
[ "$count" = ${at} ] || exec ${real} "$@"
${when === 'after' ? `${real} "$@"` : ''}
echo '${name}' >"$FIX_SANS_ROOT/tmp/killed"
kill -KILL 0
`,
    );
    chmodSync(program, 0o755);
  }
}

/** Whether anything was killed. */
export function unplant({ root }: SimulatedNode): boolean {
  for (const name of counted) {
    const program = path.join(root, 'usr/bin', name);
    if (existsSync(`${program}.real`)) renameSync(`${program}.real`, program);
    else if (name !== 'kubeadm') rmSync(program, { force: true });
  }
  const wasKilled = existsSync(path.join(root, 'tmp/killed'));
  for (const file of ['count', 'killed']) rmSync(path.join(root, 'tmp', file), { force: true });
  return wasKilled;
}

export async function until(isTrue: () => boolean, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!isTrue()) {
    if (Date.now() > end) return false;
    await sleep(50);
  }
  return true;
}
