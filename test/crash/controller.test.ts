/**
 * The real command, disturbed at each edge of the journal: it is killed, or the script on the node, or the line breaks, or the node starts anew. Typed
 * again, the wish is served everywhere and nothing is left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginFlags, simulatedProgram, targetsOf } from '../pipelines/simulated-program.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import {
  type Break,
  breakAt,
  breaks,
  type Edge,
  edges,
  killGroup,
  passTime,
  putGates,
  restart,
} from './edges.ts';
import { canariesOf, hasCanary, leaksBelow } from './secrets.ts';
import { isEvery } from '../support/runs.ts';
import { chance, sample, seed } from './sweep.ts';

const side = 3;
const sampled = 9;
let clusters: readonly Simulation[];
let home: string;
let program: string;
beforeAll(async () => {
  clusters = await Promise.all(
    Array.from({ length: side }, () => simulate({ nodes: 2, certSans: ['api.example.com'] })),
  );
  for (const { nodes } of clusters) for (const node of nodes) putGates(node);
  home = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-crash-'));
  program = await simulatedProgram(home, { isReal: true });
});
afterAll(async () => {
  await Promise.all(clusters.map((one) => one.stop()));
  rmSync(home, { recursive: true });
});

interface Case {
  readonly edge: Edge;
  readonly broken: Break;
  readonly number: number;
}

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

function begin(
  cluster: Simulation,
  name: string,
): { readonly kill: () => void; readonly ended: Promise<Ran> } {
  const nodes = targetsOf(cluster).map((target) => `--node=${target}`);
  // On a busy machine each look takes its time; on a quiet one none of this is waited for.
  const usual = ['--settle=40s', '--reload-wait=30s', '--yes', '--format=json'];
  const report = `--report=html=${path.join(home, `${name}.html`)}`;
  const child = spawn(
    program,
    ['apply', ...nodes, ...loginFlags(cluster), `--san=${name}`, ...usual, report],
    {
      env: { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: path.join(home, 'state'), TMPDIR: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('latin1').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { kill: () => child.kill('SIGKILL'), ended };
}

/** Somebody is heard of no more: the switch of each node that has one does its work. */
async function waitForSwitches({ nodes }: Simulation): Promise<void> {
  const open = (): boolean =>
    nodes.some((node) => openRuns(node).some((run) => existsSync(path.join(stateOf(node), run, 'watched'))));
  const until = Date.now() + 30_000;
  for (const node of nodes) passTime(node);
  while (open() && Date.now() < until) {
    await sleep(50);
    for (const node of nodes) passTime(node);
  }
}

const stateOf = ({ root }: SimulatedNode): string => path.join(root, 'var/lib/fix-sans');

function openRuns(node: SimulatedNode): readonly string[] {
  if (!existsSync(stateOf(node))) return [];
  return readdirSync(stateOf(node)).filter((run) => existsSync(path.join(stateOf(node), run, 'journal')));
}

function keysOf({ nodes }: Simulation): readonly string[] {
  return nodes.flatMap(({ root }) =>
    ['ca', 'apiserver'].map((name) =>
      readFileSync(path.join(root, `etc/kubernetes/pki/${name}.key`), 'utf8'),
    ),
  );
}

async function tried(cluster: Simulation, { edge, broken, number }: Case): Promise<readonly string[]> {
  const name = `c${number}.${edge}.example.com`;
  const before = keysOf(cluster);
  const first = begin(cluster, name);
  const over = new AbortController();
  void first.ended.then(() => over.abort());
  const isReached = await breakAt(cluster.nodes, edge, {
    over: over.signal,
    strike: async (node, group) => {
      if (broken === 'controller killed') first.kill();
      if (broken === 'shell killed') killGroup(group);
      if (broken === 'link dropped') node.ssh.drop();
      if (broken === 'node restarted') await restart(node, { hasUnit: number % 2 === 0 });
    },
  });
  const disturbed = await first.ended;
  const wasRestarted = broken === 'node restarted';
  // Right after a restart the switch is gone, and the next run or the unit heals.
  if (wasRestarted) for (const node of cluster.nodes) passTime(node, 'another-boot');
  else await waitForSwitches(cluster);
  const again = await begin(cluster, name).ended;
  const faults =
    again.code === 0 ? [] : [`typed again it ends with ${again.code}: ${again.said.slice(-1500)}`];
  if (!isReached) faults.push('it never came there');
  for (const node of cluster.nodes) faults.push(...(await faultsOf(node, name)));
  const canaries = canariesOf([...new Set([...before, ...keysOf(cluster)])]);
  if (hasCanary(disturbed.said + again.said, canaries)) faults.push('a private key was said');
  faults.push(...leaksBelow(home, canaries).map((file) => `a private key lies here in ${file}`));
  for (const { root } of cluster.nodes)
    faults.push(
      ...leaksBelow(
        root,
        canaries,
        (file) => ((lstatSync(path.join(root, file), { throwIfNoEntry: false })?.mode ?? 0) & 0o077) === 0,
      ).map((file) => `others may read ${file}`),
    );
  return faults;
}

async function faultsOf(node: SimulatedNode, name: string): Promise<readonly string[]> {
  const pki = path.join(node.root, 'etc/kubernetes/pki');
  const [crt, key] = ['crt', 'key'].map((kind) =>
    readFileSync(path.join(pki, `apiserver.${kind}`), 'utf8'),
  ) as [string, string];
  const certificate = new X509Certificate(crt);
  const faults: string[] = [];
  if (!certificate.checkPrivateKey(createPrivateKey(key)))
    faults.push('key and certificate do not belong together');
  if (!(certificate.subjectAltName ?? '').includes(`DNS:${name}`))
    faults.push('its certificate lacks the name');
  const until = Date.now() + 15_000;
  while (node.api.served().trim() !== crt.trim() && Date.now() < until) await sleep(20);
  if (node.api.served().trim() !== crt.trim()) faults.push('what lies on the disk is not served');
  if (existsSync(path.join(stateOf(node), 'lock'))) faults.push('the lock is still there');
  for (const run of openRuns(node)) faults.push(`not ended: ${run}`);
  for (const left of readdirSync(pki).filter((file) => file.startsWith('.'))) faults.push(`left: ${left}`);
  return faults.map((fault) => `${node.name}: ${fault}`);
}

test('whatever breaks at whichever edge, typed again it ends well (faults 32, 34, 35, 64)', async () => {
  const began = Date.now();
  const all: readonly Case[] = edges.flatMap((edge, at) =>
    breaks.map((broken, own) => ({ edge, broken, number: at * breaks.length + own })),
  );
  const chosen = isEvery ? all : sample(all, sampled, chance(seed));
  const waiting = [...chosen];
  const faults: string[] = [];
  await Promise.all(
    clusters.map(async (cluster) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { edge, broken } = next;
        for (const fault of await tried(cluster, next)) faults.push(`${edge}, ${broken}: ${fault}`);
      }
    }),
  );
  const counts = breaks
    .map((broken) => `${chosen.filter((one) => one.broken === broken).length} ${broken}`)
    .join(', ');
  process.stderr.write(
    `figures: ${chosen.length} of ${all.length} breaks of a whole run in ${((Date.now() - began) / 1000).toFixed(0)} s, seed ${seed}: ${counts}\n`,
  );
  expect(faults).toEqual([]);
}, 1_200_000);
