import { expect, test } from 'vitest';
import { type KubeadmInput, kubeadmNames } from '../../src/flavours/kubeadm.ts';

const input: KubeadmInput = {
  nodeName: 'cp1',
  dnsDomain: 'cluster.local',
  serviceSubnets: ['10.240.0.64/26', 'fd00:10:96::/112'],
  advertiseAddress: '192.168.56.31',
  controlPlaneEndpoint: 'lb.example:6443',
  certSans: ['localhost', '127.0.0.1', '*.k8s.example'],
};

function rules(changes: Partial<KubeadmInput> = {}): readonly string[] {
  return kubeadmNames({ ...input, ...changes }).map(({ san, rule }) => `${rule} ${san.type}:${san.value}`);
}

test('every rule of kubeadm gives its names, the second service range none', () => {
  expect(rules()).toEqual([
    'node-name dns:cp1',
    'kubernetes-service-name dns:kubernetes',
    'kubernetes-service-name dns:kubernetes.default',
    'kubernetes-service-name dns:kubernetes.default.svc',
    'kubernetes-service-name dns:kubernetes.default.svc.cluster.local',
    'service-address ip:10.240.0.65',
    'advertise-address ip:192.168.56.31',
    'controlPlaneEndpoint dns:lb.example',
    'certSANs dns:localhost',
    'certSANs ip:127.0.0.1',
    'certSANs dns:*.k8s.example',
  ]);
});

test('what is unknown gives no name', () => {
  const unknown = {
    nodeName: undefined,
    dnsDomain: undefined,
    serviceSubnets: [],
    advertiseAddress: undefined,
    controlPlaneEndpoint: undefined,
    certSans: [],
  };
  expect(rules(unknown)).toEqual([
    'kubernetes-service-name dns:kubernetes',
    'kubernetes-service-name dns:kubernetes.default',
    'kubernetes-service-name dns:kubernetes.default.svc',
  ]);
});

test.each([
  ['10.0.0.5:6443', 'ip:10.0.0.5'],
  ['10.0.0.5', 'ip:10.0.0.5'],
  ['[fd00::5]:6443', 'ip:fd00::5'],
  ['fd00::5', 'ip:fd00::5'],
  ['api.example:8443', 'dns:api.example'],
])('the host of controlPlaneEndpoint %s is %s', (controlPlaneEndpoint, name) => {
  expect(rules({ controlPlaneEndpoint })).toContain(`controlPlaneEndpoint ${name}`);
});

test('an empty node name is written by kubeadm before 1.36 and left out from then on', () => {
  expect(rules({ nodeName: '', version: 'v1.35.9' })).toContain('node-name dns:');
  expect(rules({ nodeName: '', version: 'v1.36.0' })).not.toContain('node-name dns:');
  expect(rules({ nodeName: '' })).toContain('node-name dns:');
});

test('certSANs are read as kubeadm does: sloppy addresses, a mistyped one as a name, the rest dropped', () => {
  const certSans = [
    '010.0.0.1',
    '10.0.0.300',
    'UPPER.example',
    'under_score',
    'a b',
    '*.*.example',
    'fd00:0:0::1',
    'https://x',
    'a..b',
  ];
  expect(rules({ certSans }).filter((line) => line.startsWith('certSANs'))).toEqual([
    'certSANs ip:10.0.0.1',
    'certSANs dns:10.0.0.300',
    'certSANs ip:fd00::1',
  ]);
});

test('a name that two rules give is there with both', () => {
  const both = rules({ certSans: ['lb.example', 'lb.example', 'cp1'] }).filter((line) =>
    /lb\.example|cp1/.test(line),
  );
  expect(both).toEqual([
    'node-name dns:cp1',
    'controlPlaneEndpoint dns:lb.example',
    'certSANs dns:lb.example',
    'certSANs dns:cp1',
  ]);
});
