import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { addressOf, buildFacts } from '../support/facts.ts';

test("a name in the same kubeconfig of several nodes is not called one node's, and a name in one node's is", () => {
  const { names } = diagnoseCluster(buildFacts({ controlPlanes: 3 }));
  const provenanceOf = (name: string) => names.find(({ san }) => san.value === name)?.provenance;
  expect(provenanceOf('lb.example')).toContainEqual({
    why: 'kubeconfig',
    path: '/etc/kubernetes/admin.conf',
  });
  expect(provenanceOf(addressOf(2))).toContainEqual({
    why: 'kubeconfig',
    path: '/etc/kubernetes/scheduler.conf',
    node: 'cp2',
  });
});

test('where kubespray made the cluster, names that kubeadm-config lacks are asked of its inventory too', () => {
  const facts = buildFacts({ controlPlanes: 1, isKubespray: true, extraNames: ['k8s.hand-added.example'] });
  const commands = diagnoseCluster(facts).next.map(({ command }) => command);
  expect(commands).toContain('fix-sans inspect --inventory INVENTORY');
  const kubeadm = buildFacts({ controlPlanes: 1, extraNames: ['k8s.hand-added.example'] });
  expect(diagnoseCluster(kubeadm).next.map(({ command }) => command)).toEqual([
    expect.stringContaining('edit configmap kubeadm-config'),
  ]);
});
