import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { addressOf, buildFacts, leaf, now, served, usualNames } from '../support/facts.ts';

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

test("seen from outside alone, kubeadm's fixed names tell themselves; of a node that was read its rules are told", () => {
  const certificate = leaf([...usualNames, 'cp1', '10.96.0.1', 'kubernetes.example.com']);
  const alone = diagnoseCluster({
    cluster: 'test',
    readAt: now,
    nodes: [],
    probes: [served(certificate, { host: 'api.example' })],
    environment: { variables: [], trustBundles: [], hostname: 'bastion' },
    wishes: [],
    endpoints: [{ host: 'api.example', port: 6443 }],
  });
  const whyOf = (name: string) => alone.names.find(({ san }) => san.value === name)?.provenance;
  for (const name of [...usualNames, '10.96.0.1']) expect(whyOf(name)).toEqual([{ why: 'usual-name' }]);
  for (const name of ['cp1', 'kubernetes.example.com'])
    expect(whyOf(name)).toEqual([{ why: 'hand-added-or-unknown' }]);
  const inside = diagnoseCluster(buildFacts()).names.find(({ san }) => san.value === 'kubernetes');
  expect(inside?.provenance).toContainEqual({ why: 'kubeadm', rule: 'kubernetes-service-name' });
  const strange = diagnoseCluster(buildFacts({ extraNames: ['10.96.0.1'] })).names;
  expect(strange.find(({ san }) => san.value === '10.96.0.1')?.provenance).toEqual([
    { why: 'hand-added-or-unknown' },
  ]);
});
