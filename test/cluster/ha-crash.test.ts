/**
 * The crash sweep on real control planes, by sample: the real command is broken at an edge of cp2's journal, and typed again it ends well. FIX_SANS_SEED
 * repeats a choice, FIX_SANS_THOROUGH=all takes every edge.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { type Break, breakAt, breaks, type Edge, edges, gate } from '../crash/edges.ts';
import { chance, sample, seed } from '../crash/sweep.ts';
import { handshake, watchHandshakes } from '../lab/handshakes.ts';
import { connectPods } from '../lab/pod-network.ts';
import { run } from '../lab/run.ts';
import { firstNode, type LabNode } from '../lab/state.ts';
import { inThatOrder, leftOn, pki, port, quick, withoutRuns } from './broken-node.ts';
import { onCluster } from './on-cluster.ts';
import { isEvery } from '../support/runs.ts';
import { namesIn } from './recipes.ts';
import { rootOf, sampleCluster } from './sampled.ts';

const program = path.join(import.meta.dirname, '../../dist/fix-sans.js');
const get = onCluster('ha');
beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build'], { cwd: path.join(import.meta.dirname, '../..') });
});
withoutRuns(get);

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

/** A program of its own, as somebody has it who may lose it. */
function begin(name: string): { readonly kill: () => void; readonly ended: Promise<Ran> } {
  const cluster = get();
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const login = ['--identity', privateKeyFile, '--known-hosts', knownHostsFile, '--ssh-config', 'none'];
  const asked = [`--san=${name}`, '--yes', ...quick.options];
  const child = spawn(process.execPath, [program, 'apply', ...inThatOrder(cluster), ...login, ...asked], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { HOME: cluster.folder, PATH: process.env['PATH'] },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { kill: () => child.kill('SIGKILL'), ended };
}

async function strike(broken: Break, { node, group, kill }: Struck): Promise<void> {
  const cluster = get();
  if (broken === 'controller killed') kill();
  if (broken === 'shell killed') await cluster.inNode(node, `kill -KILL -${group}`);
  // Whoever is logged in; the one that listens goes on.
  if (broken === 'link dropped') await cluster.inNode(node, "pkill -KILL -f '^sshd: root' || true");
  if (broken !== 'node restarted') return;
  await run`docker restart ${node.name}`;
  const network = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  expect((await run`docker inspect --format ${network} ${node.name}`).stdout.trim()).toBe(node.address);
  // Its ways to the pods of others went with it.
  await connectPods(cluster.nodes);
}

interface Struck {
  readonly node: LabNode;
  /** Of processes: the script of the step. */
  readonly group: number;
  readonly kill: () => void;
}

/** Somebody is heard of no more: the lock is nobody's, and the switch does its work. */
const timeGoesBy = `cd /var/lib/fix-sans 2>/dev/null || exit 0
[ ! -f lock ] || { sed '3s/.*/0/' lock >/run/lock.new && cat /run/lock.new >lock; }
for run in */; do [ ! -f "$run/journal" ] || [ ! -f "$run/deadline" ] || echo 0 >"$run/deadline"; done
`;

const isWatched =
  'ls /var/lib/fix-sans/*/journal 2>/dev/null | while read -r it; do ls "${it%journal}watched"; done';

async function waitForSwitches(): Promise<void> {
  const cluster = get();
  const until = Date.now() + 30_000;
  for (const node of cluster.controlPlanes) {
    do {
      await cluster.inNode(node, timeGoesBy);
      if ((await cluster.inNode(node, `${isWatched} 2>/dev/null || true`)) === '') break;
      await sleep(300);
    } while (Date.now() < until);
  }
}

async function faultsOf(node: LabNode, name: string): Promise<readonly string[]> {
  const cluster = get();
  const faults: string[] = [];
  const told = await cluster.inNode(
    node,
    `cd ${pki}
[ "$(openssl x509 -noout -pubkey -in apiserver.crt)" = "$(openssl pkey -pubout -in apiserver.key)" ] || echo 'key and certificate do not belong together'
openssl x509 -noout -serial -in apiserver.crt
`,
  );
  const [, halves = '', serial = ''] = /^([\s\S]*)serial=(\w+)\n$/.exec(told) ?? [];
  if (halves !== '') faults.push(halves.trim());
  if (!(await cluster.inNode(node, namesIn(`${pki}/apiserver.crt`))).includes(`DNS:${name}`))
    faults.push('its certificate lacks the name');
  const served = await handshake(node.address, port);
  if (served.serial !== serial)
    faults.push(`it serves ${served.serial ?? served.error}, on disk is ${serial}`);
  const left = await leftOn(cluster, node);
  if (left !== '') faults.push(`left: ${left}`);
  return faults.map((fault) => `${node.alias}: ${fault}`);
}

async function tried(edge: Edge, broken: Break, name: string): Promise<readonly string[]> {
  const cluster = get();
  const node = cluster.node('cp2');
  const others = cluster.controlPlanes.filter((one) => broken !== 'node restarted' || one !== node);
  const watches = others.map(({ alias, address }) => [alias, watchHandshakes(address, port, 20)] as const);
  const stopSampler = await sampleCluster(cluster, others);
  const first = begin(name);
  const over = new AbortController();
  void first.ended.then(() => over.abort());
  const rooted = { node, root: await rootOf(node) };
  const isReached = await breakAt([rooted], edge, {
    over: over.signal,
    strike: async (_, group) => strike(broken, { node, group, kill: first.kill }),
  });
  await first.ended;
  await waitForSwitches();
  const again = await begin(name).ended;
  const faults =
    again.code === 0 ? [] : [`typed again it ends with ${again.code}: ${again.said.slice(-1500)}`];
  if (!isReached) faults.push('it never came there');
  for (const one of cluster.controlPlanes) faults.push(...(await faultsOf(one, name)));
  for (const [alias, stop] of watches) {
    const { failures, total } = await stop();
    if (failures.length > 0 || total < 50)
      faults.push(`${alias}: ${failures.length} of ${total} handshakes failed`);
  }
  faults.push(...(await stopSampler()).faults);
  return faults;
}

test('whatever breaks at an edge on cp2, typed again it ends well, and no handshake failed (faults 32, 34, 35, 64)', async () => {
  const began = Date.now();
  const all = edges.flatMap((edge) => breaks.map((broken) => ({ edge, broken })));
  const chosen = isEvery ? all : sample(all, 3, chance(seed));
  const cluster = get();
  await cluster.inNode(
    cluster.node('cp2'),
    `cat >/usr/sbin/mv <<'END'\n${gate}END\nchmod 755 /usr/sbin/mv\n`,
  );
  const faults: string[] = [];
  try {
    for (const [at, { edge, broken }] of chosen.entries()) {
      const found = await tried(edge, broken, `crash${at}.example.com`);
      faults.push(...found.map((fault) => `${edge}, ${broken}: ${fault}`));
    }
  } finally {
    await cluster.inNode(cluster.node('cp2'), 'rm -rf /usr/sbin/mv /tmp/gate');
  }
  const cases = chosen.map(({ edge, broken }) => `${broken} at ${edge}`).join(', ');
  process.stderr.write(
    `figures: ${chosen.length} of ${all.length} breaks of a whole run on ha in ${((Date.now() - began) / 1000).toFixed(0)} s, seed ${seed}: ${cases}\n`,
  );
  expect(faults).toEqual([]);
}, 1_800_000);
