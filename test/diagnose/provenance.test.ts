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
