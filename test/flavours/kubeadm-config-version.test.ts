import { expect, test } from 'vitest';
import {
  isKnownConfigVersion,
  readsConfigVersion,
  saysLifeAndAlgorithm,
  usualConfigVersion,
} from '../../src/flavours/kubeadm-config-version.ts';

test.each([
  ['v1beta1', 12, false],
  ['v1beta1', 13, true],
  ['v1beta1', 21, true],
  ['v1beta1', 22, false],
  ['v1beta2', 26, true],
  ['v1beta2', 27, false],
  ['v1beta3', 21, false],
  ['v1beta3', 36, true],
  ['v1beta4', 30, false],
  ['v1beta4', 31, true],
  ['v1beta9', 40, true],
])('%s is read by kubeadm 1.%i: %s', (version, minor, is) => {
  expect(readsConfigVersion(minor, `kubeadm.k8s.io/${version}`)).toBe(is);
});

test.each([
  [0, 'v1beta3'],
  [21, 'v1beta3'],
  [30, 'v1beta3'],
  [31, 'v1beta4'],
  [36, 'v1beta4'],
])('kubeadm 1.%i is written to in %s where the cluster says nothing', (minor, version) => {
  expect(usualConfigVersion(minor)).toBe(`kubeadm.k8s.io/${version}`);
});

test('only v1beta4 says how long a certificate lives and with which key', () => {
  const saying = ['v1beta1', 'v1beta2', 'v1beta3', 'v1beta4', 'v1beta5'].filter((one) =>
    saysLifeAndAlgorithm(`kubeadm.k8s.io/${one}`),
  );
  expect(saying).toEqual(['v1beta4']);
  expect(isKnownConfigVersion('kubeadm.k8s.io/v1beta5')).toBe(false);
  expect(isKnownConfigVersion('example.com/v1beta4')).toBe(false);
});
