import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClusterConfiguration } from '../../../src/inspect/api/cluster-configuration.ts';
import { runs } from '../../support/runs.ts';

const head = (version: string) => `apiVersion: kubeadm.k8s.io/${version}\nkind: ClusterConfiguration\n`;

test.each(['v1beta1', 'v1beta2', 'v1beta3', 'v1beta4'])('%s is read', (version) => {
  const extraArgs = version === 'v1beta4' ? '[{name: v, value: "2"}]' : '{v: "2"}';
  expect(
    parseClusterConfiguration(`${head(version)}apiServer:
  extraArgs: ${extraArgs}
  certSANs: ["10.0.0.1", 'api.example.com', "*.k8s.example.com"]
certificatesDir: /etc/kubernetes/ssl
clusterName: c
controlPlaneEndpoint: lb.example.com:6443
kubernetesVersion: v1.34.4
networking: {dnsDomain: k8s.example, serviceSubnet: "10.240.0.64/26, fd00::/112"}
`),
  ).toEqual({
    apiVersion: `kubeadm.k8s.io/${version}`,
    kubernetesVersion: 'v1.34.4',
    clusterName: 'c',
    controlPlaneEndpoint: 'lb.example.com:6443',
    certificatesDir: '/etc/kubernetes/ssl',
    certSans: ['10.0.0.1', 'api.example.com', '*.k8s.example.com'],
    dnsDomain: 'k8s.example',
    serviceSubnets: ['10.240.0.64/26', 'fd00::/112'],
    faults: [],
  });
});

test('what is not said has the value that kubeadm takes', () => {
  expect(parseClusterConfiguration(head('v1beta4'))).toEqual({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    certSans: [],
    dnsDomain: 'cluster.local',
    serviceSubnets: ['10.96.0.0/12'],
    faults: [],
  });
});

test('P-256 keys are asked for by a feature gate before v1beta4, and by name since', () => {
  expect(
    parseClusterConfiguration(`${head('v1beta3')}featureGates: {PublicKeysECDSA: true}\n`)
      .encryptionAlgorithm,
  ).toBe('ECDSA-P256');
  expect(
    parseClusterConfiguration(`${head('v1beta4')}encryptionAlgorithm: ECDSA-P384\n`).encryptionAlgorithm,
  ).toBe('ECDSA-P384');
  // As kubeadm 1.34 keeps such a cluster's configuration: the gate wins over what stands beside it.
  const kept = (gate: boolean, algorithm: string) =>
    parseClusterConfiguration(
      `${head('v1beta4')}encryptionAlgorithm: ${algorithm}\nfeatureGates: {PublicKeysECDSA: ${gate}}\n`,
    ).encryptionAlgorithm;
  expect(kept(true, 'RSA-2048')).toBe('ECDSA-P256');
  expect(kept(false, 'ECDSA-P256')).toBe('RSA-2048');
});

function faultsOf(text: string): readonly string[] {
  return parseClusterConfiguration(head('v1beta4') + text).faults.map(
    ({ path, line, fault }) => `${line} ${path} ${fault}`,
  );
}

describe('faults have their place and line', () => {
  test.each([
    ['apiServer:\n  certSANs: api.x\n', '4 apiServer.certSANs is a string, not a list'],
    ['apiServer:\n  certSANs:\n  - a\n  - 10.0\n', '6 apiServer.certSANs[1] is a number, not a string'],
    ['apiServer:\n  certSANs:\n  - 1e3\n', '5 apiServer.certSANs[0] is a number, not a string'],
    ['apiServer:\n  certSANs:\n  - 0o17\n', '5 apiServer.certSANs[0] is a number, not a string'],
    ['apiServer:\n  certSANs:\n  - yes\n', '5 apiServer.certSANs[0] is a boolean, not a string'],
    ['apiServer:\n  certSANs:\n  - null\n', '5 apiServer.certSANs[0] is nothing, not a string'],
    ['apiServer:\n  certSANs:\n  - {a: b}\n', '5 apiServer.certSANs[0] is a mapping, not a string'],
    ['apiServer: nothing\n', '3 apiServer is a string, not a mapping'],
    ['networking:\n  dnsDomain: 7\n', '4 networking.dnsDomain is a number, not a string'],
  ])('%j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  test('and none where nothing is said', () => {
    expect(faultsOf('apiServer:\n  certSANs: null\nnetworking:\n')).toEqual([]);
    expect(faultsOf('apiServer: {}\n')).toEqual([]);
  });

  test('1:20 is text, and what is quoted is text too', () => {
    expect(faultsOf('apiServer:\n  certSANs: [1:20, "yes", "10.0"]\n')).toEqual([]);
  });

  test('an unknown version, a key twice and broken YAML', () => {
    expect(parseClusterConfiguration('apiVersion: kubeadm.k8s.io/v1\n').faults[0]?.fault).toContain(
      'not known',
    );
    expect(faultsOf('apiServer: {}\napiServer: {}\n')[0]).toMatch(/^4 {2}Map keys must be unique/);
    expect(faultsOf('apiServer: [\n').length).toBe(1);
  });
});

test('anchors are followed', () => {
  expect(
    parseClusterConfiguration(`${head('v1beta4')}x: &a api.example.com\napiServer: {certSANs: [*a]}\n`)
      .certSans,
  ).toEqual(['api.example.com']);
});

test('among several documents, the right one is read', () => {
  expect(
    parseClusterConfiguration(
      `apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n---\n${head('v1beta4')}clusterName: second\n`,
    ).clusterName,
  ).toBe('second');
});

test('no text makes it throw, and lines are those of the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      for (const whole of [
        text,
        `${head('v1beta4')}apiServer: ${text}`,
        `${head('v1beta4')}apiServer:\n  certSANs: ${text}`,
      ]) {
        const { faults } = parseClusterConfiguration(whole);
        for (const { line } of faults) expect(line).toBeGreaterThan(0);
      }
    }),
    { numRuns: runs(100) },
  );
});
