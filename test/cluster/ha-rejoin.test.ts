/** What `apply` writes into kubeadm-config outlives a control plane: one that is reset and joins again gets the name from there. */
import { expect, test } from 'vitest';
import { down } from '../lab/cluster.ts';
import type { LabCluster } from '../lab/handle.ts';
import { handshake } from '../lab/handshakes.ts';
import { connectPods } from '../lab/pod-network.ts';
import { firstNode, type LabNode } from '../lab/state.ts';
import { applyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn } from './recipes.ts';

const get = onCluster('ha');
const name = 'rejoined.example';
const asked = { options: [`--san=${name}`, '--yes'] };

test('a control plane that is reset and joins again has the name, and there is nothing to do', async () => {
  const cluster = get();
  const node = cluster.node('cp3');
  const applied = await applyBySsh(cluster, asked);
  expect(applied.code, applied.stderr).toBe(0);
  const before = await handshake(node.address, 6443);
  expect(before.names).toContain(name);
  try {
    await rejoin(cluster, node);
    expect(await cluster.inNode(node, namesIn('/etc/kubernetes/pki/apiserver.crt'))).toContain(`DNS:${name}`);
    const after = await handshake(node.address, 6443);
    expect(after.names).toContain(`DNS:${name}`);
    expect(after.serial).not.toBe(before.serial);
    const again = await applyBySsh(cluster, asked);
    expect({ code: again.code, states: again.rollout.nodes.map(({ state }) => state) }, again.stderr).toEqual(
      {
        code: 0,
        states: cluster.controlPlanes.map(() => 'nothing'),
      },
    );
  } catch (error) {
    // Two control planes and half a third are of no use to the tests that come after.
    await down('ha');
    throw error;
  }
});

async function rejoin(cluster: LabCluster, node: LabNode): Promise<void> {
  const first = firstNode(cluster);
  await cluster.inNode(node, 'kubeadm reset --force 2>&1');
  await cluster.kubectl(['delete', 'node', node.name]);
  const members = await cluster.inNode(
    first,
    `curl -sS --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key \\
  -d '{}' https://127.0.0.1:2379/v3/cluster/member/list`,
  );
  expect(members).not.toContain(node.name);
  // What `kubeadm init phase upload-certs` hands on, and the token that kind has made.
  const authorities = await cluster.inNode(
    first,
    'cd /etc/kubernetes/pki && tar -c ca.crt ca.key sa.pub sa.key front-proxy-ca.crt front-proxy-ca.key etcd/ca.crt etcd/ca.key | base64 -w 0',
  );
  await cluster.inNode(
    first,
    'token=$(sed -n \'s/^ *token: *//p\' /kind/kubeadm.conf | head -n 1); kubeadm token create "$token" >/dev/null 2>&1 || true',
  );
  await cluster.inNode(
    node,
    `mkdir -p /etc/kubernetes/pki
echo ${authorities} | base64 -d | tar -x -C /etc/kubernetes/pki
kubeadm join --config /kind/kubeadm.conf --skip-phases preflight 2>&1`,
  );
  // It has another range for its pods now.
  await connectPods(cluster.nodes);
  await cluster.kubectl(['wait', '--for=condition=Ready', `node/${node.name}`, '--timeout', '60s']);
  // The member that it is now is the one to be kept: with the manifest of the old one etcd would only start anew.
  await cluster.inNode(
    node,
    'cp -a /etc/kubernetes/manifests/etcd.yaml /var/lib/fix-sans-lab/snapshot/files/manifests/',
  );
}
