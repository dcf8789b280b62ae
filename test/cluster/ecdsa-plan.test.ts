/** `plan` on elliptic keys by real SSH: what its kubeadms sign is what was planned. */
import { expect, test } from 'vitest';
import { onCluster } from './on-cluster.ts';
import { expectPlanHolds } from './plan-forms.ts';

const get = onCluster('ecdsa');

test('both forms sign what was planned, and the usual recipe loses what was said', async () => {
  const cluster = get();
  // Of the nodes' own network, where nobody has it.
  const { nodes } = await expectPlanHolds(cluster, cluster.node('cp1').address.replace(/\d+$/, '250'));
  expect(nodes).toHaveLength(cluster.controlPlanes.length);
  expect(await cluster.inNode(cluster.node('cp1'), 'ls -a /etc/kubernetes/pki')).not.toContain('fix-sans');
});
