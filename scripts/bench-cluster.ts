/** Rotations on the real cluster `ha`, under handshakes all the time: what failed, how soon it is served, what a node is asked for; and the usual recipe beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { usualRecipe } from '../test/cluster/recipes.ts';
import type { LabCluster } from '../test/lab/handle.ts';
import { handshake, type Tally, watchHandshakes } from '../test/lab/handshakes.ts';
import { firstNode } from '../test/lab/state.ts';
import { type Run, runOn, type Sent } from './bench-cluster-run.ts';
import { machine, row } from './bench-output.ts';
import { onCluster } from './on-cluster.ts';

const port = 6443;
const perSecond = 25;
const leastSwaps = 20;
const leastHandshakes = 5000;
const logins = 9;

export async function benchCluster(): Promise<void> {
  await onCluster(async (cluster) => {
    const login = await loginMs(cluster);
    const rotated = await rotate(cluster);
    const loginAfter = await loginMs(cluster);
    console.log(`\n${machine()}\n`);
    tellRotations(rotated);
    tellNodes(rotated.applies, median([...login, ...loginAfter]));
    await cluster.restore();
    await tellUsualRecipe(cluster);
  });
}

/** Of a file that was renamed into its place, by the clock of the day, which a container has from its host. */
interface Swapped {
  readonly alias: string;
  readonly at: number;
  readonly serial: string;
}

interface Rotated {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly swaps: readonly Swapped[];
  readonly applies: readonly Run[];
  readonly rollbacks: readonly Run[];
}

/** There and back until there was enough of both; handshakes go on in between. */
async function rotate(cluster: LabCluster): Promise<Rotated> {
  const address = firstNode(cluster).address.replace(/\d+$/, '250');
  const watches = cluster.controlPlanes.map(
    (node) => [node.alias, watchHandshakes(node.address, port, perSecond)] as const,
  );
  const [applies, rollbacks, swaps]: [Run[], Run[], Swapped[]] = [[], [], []];
  const began = performance.now();
  const handshakes = (): number => ((performance.now() - began) / 1000) * perSecond * watches.length;
  let tallies: ReadonlyMap<string, Tally> = new Map();
  try {
    while (swaps.length < leastSwaps || handshakes() < leastHandshakes) {
      const applied = await runOn(cluster, 'apply', [`--san=${address}`]);
      applies.push(applied);
      swaps.push(...(await swapsOn(cluster)));
      rollbacks.push(await runOn(cluster, 'rollback', [applied.rollout.run]));
      swaps.push(...(await swapsOn(cluster)));
    }
  } finally {
    tallies = new Map(
      await Promise.all(watches.map(async ([alias, stop]) => [alias, await stop()] as const)),
    );
  }
  return { tallies, swaps, applies, rollbacks };
}

/** A rename changes the inode's ctime, and nothing does after it. */
async function swapsOn(cluster: LabCluster): Promise<readonly Swapped[]> {
  return Promise.all(
    cluster.controlPlanes.map(async (node) => {
      const text = await cluster.inNode(
        node,
        'cd /etc/kubernetes/pki; stat -c %.6Z apiserver.crt; openssl x509 -noout -serial -in apiserver.crt',
      );
      const [seconds = '', serial = ''] = text.split('\n');
      return { alias: node.alias, at: Number(seconds) * 1000, serial: serial.replace(/^serial=/, '') };
    }),
  );
}

/** From the rename until the end of the first handshake that showed it. */
function servedMs({ swaps, tallies }: Rotated): readonly number[] {
  return swaps.map(({ alias, at, serial }) => {
    const first = tallies.get(alias)?.good.find((one) => one.at >= at && one.serial === serial);
    return first === undefined ? Number.POSITIVE_INFINITY : first.at - at;
  });
}

/** As the node itself says it, which looks only after everything is on its disk. */
function toldMs(runs: readonly Run[]): readonly number[] {
  return runs.flatMap(({ rollout }) => rollout.nodes.flatMap(({ servedAfterMs }) => servedAfterMs ?? []));
}

function longestGap({ good }: Tally): number {
  return good.reduce((longest, { at }, index) => Math.max(longest, at - (good[index - 1]?.at ?? at)), 0);
}

function tellRotations(rotated: Rotated): void {
  const { applies, rollbacks } = rotated;
  const tallies = [...rotated.tallies.values()];
  const total = sum(tallies.map((one) => one.total));
  const failed = sum(tallies.map(({ failures }) => failures.length));
  const served = servedMs(rotated);
  const told = toldMs([...applies, ...rollbacks]);
  const changed = sum([...applies, ...rollbacks].map(({ rollout }) => doneIn(rollout)));
  bound(
    'swaps, of new pairs in and of old ones back',
    changed,
    '',
    `>= ${leastSwaps}`,
    changed >= leastSwaps,
  );
  bound('handshakes', total, '', `>= ${leastHandshakes}`, total >= leastHandshakes);
  bound('handshakes that failed', failed, '', '= 0', failed === 0);
  row(
    'longest time between two good ones of a node',
    `${Math.max(...tallies.map(longestGap)).toFixed(0)} ms`,
  );
  const [mid, worst] = [median(served), Math.max(...served)];
  bound('rename to served, median', mid, ' ms', '<= 100 ms', served.length >= leastSwaps && mid <= 100);
  bound('rename to served, worst', worst, ' ms', '<= 1000 ms', served.length >= leastSwaps && worst <= 1000);
  row('  as the nodes saw it: median, worst', `${median(told)} ms, ${Math.max(...told)} ms`);
}

function doneIn({ nodes }: Run['rollout']): number {
  return nodes.filter(({ state }) => state === 'done').length;
}

function tellNodes(applies: readonly Run[], login: number): void {
  const perNode = applies.flatMap(({ sent, rollout }) =>
    rollout.nodes.map(({ node }) => sent.filter((one) => one.node === node)),
  );
  const times = perNode.map((commands) => sum(commands.map(({ ms, settleMs }) => ms - settleMs)));
  const most = Math.max(...perNode.map(({ length }) => length));
  const mid = median(times);
  row('one ssh NODE true', `${login.toFixed(0)} ms`);
  row(
    'of a node, settling',
    `${median(perNode.map((one) => sum(one.map(({ settleMs }) => settleMs)))).toFixed(0)} ms`,
  );
  row('of a node, all else', `${mid.toFixed(0)} ms`);
  bound('all else, in ssh NODE true', mid / login, ' x', '<= 10 x', mid / login <= 10);
  bound('commands sent to a node, most', most, '', '<= 6', most <= 6);
  const steps = [...new Set(perNode.flat().map(({ step }) => step))];
  for (const step of steps) {
    const own = perNode.flat().filter((one: Sent) => one.step === step);
    row(`  ${step}`, `${median(own.map(({ ms, settleMs }) => ms - settleMs)).toFixed(0)} ms`);
  }
}

/** What is advised everywhere: the pair is removed and made anew without the cluster's configuration, and the manifest is moved away and back. */
async function tellUsualRecipe(cluster: LabCluster): Promise<void> {
  const node = cluster.node('cp2');
  const stop = watchHandshakes(node.address, port, perSecond);
  await sleep(1000);
  await cluster.inNode(
    node,
    `${usualRecipe('203.0.113.10')}mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/
sleep 20
mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/
`,
  );
  const end = Date.now() + 180_000;
  while ((await stopped(node.address)) && Date.now() < end) await sleep(250);
  await sleep(1000);
  const tally = await stop();
  const { total, failures } = tally;
  console.log(
    '\nthe usual recipe beside it, on one node of the same cluster: rm, kubeadm, restart by the manifest\n',
  );
  row('handshakes with that node', `${total}`);
  row('handshakes that failed', `${failures.length}`);
  row('that node was down for', `${(longestGap(tally) / 1000).toFixed(1)} s`);
}

async function stopped(address: string): Promise<boolean> {
  return (await handshake(address, port)).serial === undefined;
}

/** With the same key, and a login of its own each time. */
async function loginMs(cluster: LabCluster): Promise<readonly number[]> {
  const { address } = firstNode(cluster);
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const alone = ['ControlMaster=no', 'ControlPath=none', 'IdentitiesOnly=yes', 'IdentityAgent=none'];
  const options = [...alone, `UserKnownHostsFile=${knownHostsFile}`].flatMap((one) => ['-o', one]);
  const all: number[] = [];
  for (let left = logins; left > 0; left -= 1) {
    const start = performance.now();
    await execa('ssh', ['-F', 'none', '-i', privateKeyFile, ...options, `root@${address}`, 'true']);
    all.push(performance.now() - start);
  }
  return all;
}

function bound(what: string, figure: number, unit: string, wanted: string, isMet: boolean): void {
  row(what, `${Number.isInteger(figure) ? figure : figure.toFixed(1)}${unit}`, wanted, isMet);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
