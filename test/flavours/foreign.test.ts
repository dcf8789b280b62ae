import { expect, test } from 'vitest';
import { ownerOf } from '../../src/flavours/foreign.ts';
import type { DistributionTrace } from '../../src/model/node-facts.ts';

const trace = (distribution: DistributionTrace['distribution']): DistributionTrace => ({
  distribution,
  evidence: `/etc/${distribution}`,
});

test.each([
  ['k3s', /tls-san.*\/etc\/rancher\/k3s\/config\.yaml/],
  ['rke2', /tls-san.*\/etc\/rancher\/rke2\/config\.yaml/],
  ['talos', /talosctl .*certSANs/],
  ['microk8s', /csr\.conf\.template.*microk8s refresh-certs -e server\.crt/],
  ['k0s', /spec\.api\.sans/],
  ['minikube', /minikube start --apiserver-names/],
  ['cluster-api', /kubeadmConfigSpec\.clusterConfiguration\.apiServer\.certSANs/],
] as const)('%s adds a name its own way', (distribution, howTo) => {
  const owner = ownerOf([trace('kubeadm'), trace(distribution)], false);
  expect(owner).toMatchObject({ distribution, evidence: `/etc/${distribution}` });
  expect(owner?.howTo).toMatch(howTo);
});

test.each(['kubeadm', 'kind', 'kubespray'] as const)('%s is ours', (distribution) => {
  expect(ownerOf([trace(distribution)], true)).toBeUndefined();
});

test('what k3s left behind on a node that kubeadm runs today is no owner; Cluster API, which uses kubeadm, is', () => {
  expect(ownerOf([trace('k3s'), trace('kubeadm')], true)).toBeUndefined();
  expect(ownerOf([trace('kubeadm'), trace('cluster-api')], true)?.distribution).toBe('cluster-api');
});
