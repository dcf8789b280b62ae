/** `plan` on three control planes by real SSH: what its kubeadms sign is what was planned, story S1, and a cluster that is not well. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { handshake } from '../lab/handshakes.ts';
import { planBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { expectPlanHolds } from './plan-forms.ts';
import { namesIn, usualRecipe } from './recipes.ts';

const get = onCluster('ha');

test('both forms sign what was planned, and the usual recipe loses what was said', async () => {
  const cluster = get();
  // Of the nodes' own network, where nobody has it.
  const { nodes } = await expectPlanHolds(cluster, cluster.node('cp1').address.replace(/\d+$/, '250'));
  expect(nodes).toHaveLength(cluster.controlPlanes.length);
  expect(await cluster.inNode(cluster.node('cp1'), 'ls -a /etc/kubernetes/pki')).not.toContain('fix-sans');
});

test('S1: with no name given, the damaged node alone gets back what it lost', async () => {
  const cluster = get();
  const damaged = cluster.node('cp2');
  const clusterIp = await cluster.clusterIp();
  const before = await namesOnDisk();
  await cluster.inNode(damaged, usualRecipe('203.0.113.10'));
  const after = await namesOnDisk();
  const lost = before.filter((name) => !after.includes(name));
  expect(lost).toContain(clusterIp);
  await until(async () => (await handshake(damaged.address, 6443)).names?.includes(clusterIp) === false);

  const { plan, code } = await planBySsh(cluster);
  expect({ code, refusals: plan.refusals }).toEqual({ code: 2, refusals: [] });
  expect(plan.nodes.filter(({ action }) => action !== 'nothing').map(({ node }) => node)).toEqual([
    damaged.name,
  ]);
  const names = plan.nodes.find(({ node }) => node === damaged.name)?.names ?? [];
  const added = names.filter(({ fate }) => fate === 'added').map(({ san }) => san.value);
  expect(added.toSorted()).toEqual(lost.toSorted());
  // What the recipe added stays too.
  expect(names.map(({ san }) => san.value)).toEqual(expect.arrayContaining(['203.0.113.10', ...before]));

  await cluster.restore();
  const mended = await planBySsh(cluster);
  expect({ code: mended.code, actions: mended.plan.nodes.map(({ action }) => action) }).toEqual({
    code: 0,
    actions: ['nothing', 'nothing', 'nothing'],
  });
});

test('while the etcd of one control plane is down nothing is planned for the others (fault 49)', async () => {
  const cluster = get();
  const ill = cluster.node('cp2');
  await cluster.inNode(ill, 'mv /etc/kubernetes/manifests/etcd.yaml /root/etcd.yaml');
  try {
    let seen = await planned();
    // Kubelet takes a while to stop it.
    for (let left = 20; left > 0 && seen.plan.refusals.length === 0; left -= 1) {
      await sleep(3000);
      seen = await planned();
    }
    expect(seen.code).toBe(7);
    expect(seen.plan.refusals.map(({ code, node }) => [code, node])).toEqual([
      ['apiserver-unhealthy', ill.name],
    ]);
    // Its API server says so itself; kubelet stops it for that only a minute later.
    expect(seen.plan.refusals[0]?.detail).toContain('/readyz says that it is not ready: etcd');
  } finally {
    await cluster.inNode(ill, 'mv /root/etcd.yaml /etc/kubernetes/manifests/etcd.yaml');
  }
  await until(async () => (await planned()).code === 2);

  function planned() {
    return planBySsh(cluster, { options: [`--san=${ill.address.replace(/\d+$/, '250')}`] });
  }
});

async function namesOnDisk(): Promise<readonly string[]> {
  const cluster = get();
  const text = await cluster.inNode(cluster.node('cp2'), namesIn('/etc/kubernetes/pki/apiserver.crt'));
  return text
    .trim()
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  // Kubelet waits longer each time before it starts etcd and the API server again.
  const deadline = Date.now() + 300_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('not within 300 s');
    await sleep(2000);
  }
}
