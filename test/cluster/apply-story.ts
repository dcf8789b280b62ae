/** The whole story on a cluster: missing, planned, applied without one failed handshake, lasting, applied again, taken back byte for byte. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LabCluster, SshTarget } from '../lab/handle.ts';
import { type Tally, watchHandshakes } from '../lab/handshakes.ts';
import { firstNode } from '../lab/state.ts';
import { sampleCluster } from './sampled.ts';
import { applyBySsh, inspectBySsh, planBySsh, rollbackBySsh } from './inspected.ts';

const port = 6443;
const perSecond = 50;

export interface Story {
  readonly handshakes: number;
  /** Of each node, by its own clock. */
  readonly servedAfterMs: readonly (number | undefined)[];
}

export async function expectWholeStory(cluster: LabCluster, user: SshTarget['user']): Promise<Story> {
  const first = firstNode(cluster);
  // Of the nodes' own network, where nobody has it.
  const address = first.address.replace(/\d+$/, '250');
  const given = { user, options: [`--san=${address}`] };
  const before = await stateOf(cluster);
  expect((await inspectBySsh(cluster, given)).code).toBe(2);
  expect((await planBySsh(cluster, given)).code).toBe(2);
  expect(await stateOf(cluster)).toEqual(before);

  const endSampling = await sampleCluster(cluster);
  const watches = cluster.controlPlanes.map((node) => watchHandshakes(node.address, port, perSecond));
  await sleep(500);
  const applied = await applyBySsh(cluster, { user, options: [...given.options, '--yes'] });
  expect(
    { code: applied.code, nodes: applied.rollout.nodes.map(({ state }) => state) },
    applied.stderr,
  ).toEqual({
    code: 0,
    nodes: cluster.controlPlanes.map(() => 'done'),
  });
  const seen = await Promise.all(watches.map(async (stop) => stop()));
  for (const tally of seen) expectUnbroken(tally);
  for (const { handshakes, endpoint, from, failed, firstFailure } of applied.rollout.probe.endpoints)
    expect({ endpoint, from, some: handshakes > 0, failed, firstFailure }).toEqual({
      endpoint,
      from,
      some: true,
      failed: 0,
      firstFailure: undefined,
    });

  // As somebody far away does it, by that address and with the certificate checked for it.
  await cluster.inNode(first, `ip address add ${address}/32 dev eth0`);
  try {
    expect(
      await cluster.kubectl(['--server', `https://${address}:${port}`, 'get', 'nodes', '--output', 'name']),
    ).toContain(`node/${first.name}`);
  } finally {
    await cluster.inNode(first, `ip address del ${address}/32 dev eth0`);
  }
  expect(await kubeadmConfig(cluster)).toContain(address);

  const after = await stateOf(cluster);
  const again = await applyBySsh(cluster, { user, options: [...given.options, '--yes'] });
  expect({ code: again.code, nodes: again.rollout.nodes.map(({ state }) => state) }, again.stderr).toEqual({
    code: 0,
    nodes: cluster.controlPlanes.map(() => 'nothing'),
  });
  expect(await stateOf(cluster)).toEqual(after);

  const back = await rollbackBySsh(cluster, { user, options: ['--yes'] });
  expect(back.code, back.stderr).toBe(0);
  const { samples, changes, faults } = await endSampling();
  expect(faults).toEqual([]);
  expect(samples).toBeGreaterThan(100);
  // There and back, two files each.
  expect(changes).toBeGreaterThanOrEqual(2 * cluster.controlPlanes.length);
  expect(await stateOf(cluster)).toEqual(before);
  return {
    handshakes: seen.reduce((sum, { total }) => sum + total, 0),
    servedAfterMs: applied.rollout.nodes.map(({ servedAfterMs }) => servedAfterMs),
  };
}

function expectUnbroken({ failures, serials, total }: Tally): void {
  expect(failures).toEqual([]);
  expect(total).toBeGreaterThan(100);
  expect(serials).toHaveLength(2);
}

/** What may not change but by apply: the pair with mode and owner, all that is in its folder, what lasts, and what is left of a run. */
async function stateOf(cluster: LabCluster): Promise<readonly string[]> {
  const nodes = await Promise.all(
    cluster.controlPlanes.map(async (node) =>
      cluster.inNode(
        node,
        `cd "$(dirname "$(readlink -f /etc/kubernetes/pki/apiserver.crt)")"
find . -type f -exec sha256sum {} + | sort
stat -c '%n %a %u %g' apiserver.crt apiserver.key
find /etc/systemd/system /run -maxdepth 2 -name '*fix-sans*'
`,
      ),
    ),
  );
  return [...nodes, await kubeadmConfig(cluster)];
}

async function kubeadmConfig(cluster: LabCluster): Promise<string> {
  return cluster.kubectl([
    '--namespace',
    'kube-system',
    'get',
    'configmap',
    'kubeadm-config',
    '--output',
    'jsonpath={.data.ClusterConfiguration}',
  ]);
}
