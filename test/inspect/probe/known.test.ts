/** Which endpoints are found in what was read, before and after the nodes have told. */
import { expect, test } from 'vitest';
import { endpointOf, knownFrom, type Sources } from '../../../src/inspect/probe/known.ts';
import { planProbes } from '../../../src/inspect/probe/plan-probes.ts';
import { chooseProxy, readProxySettings } from '../../../src/inspect/probe/proxy-env.ts';
import type { NodeFacts } from '../../../src/model/node-facts.ts';
import type { ClusterNode } from '../../../src/model/node.ts';

function node(name: string, host: string, role: ClusterNode['role'] = 'control-plane'): ClusterNode {
  return { name, role, target: { via: 'ssh', host }, source: 'inventory' };
}

function facts(name: string, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    node: name,
    clockSkewSeconds: 0,
    system: {
      hostname: name,
      uid: 0,
      initIsSystemd: true,
      addresses: [],
      listening: [],
      firewall: [],
    },
    sniCertificates: [],
    strayManifests: [],
    kubeconfigs: [],
    loadBalancers: [],
    distributions: [],
    unfinishedRuns: [],
    pods: [],
    unread: [],
    ...more,
  };
}

function apiserver(advertiseAddress: string, securePort = 6443): Partial<NodeFacts> {
  return {
    apiserver: {
      manifest: '/etc/kubernetes/manifests/kube-apiserver.yaml',
      flags: {},
      advertiseAddress,
      securePort,
      serviceRanges: [],
      certificatePath: '',
      keyPath: '',
    },
  };
}

const none: Sources = {
  nodes: [],
  read: new Map(),
  dialling: new Set(),
  endpoints: [],
  wishes: [],
  proxyFor: () => undefined,
};

function planned(sources: Partial<Sources>): string[] {
  return planProbes(knownFrom({ ...none, ...sources })).probes.map(
    ({ way, from, host, port, serverName = '' }) => `${way} ${from} ${host}:${port} ${serverName}`.trim(),
  );
}

test('before a node was read its address is dialled, and a name that only ssh may know is not', () => {
  expect(planned({ nodes: [node('cp1', '10.0.0.1'), node('cp2', 'alias')] })).toEqual([
    'direct here 10.0.0.1:6443',
  ]);
  expect(planned({ nodes: [node('cp2', 'alias')], read: new Map([['cp2', 'unread']]) })).toEqual([
    'direct here alias:6443',
  ]);
});

test('what a node tells is dialled from here and through it', () => {
  const read = new Map([
    [
      'cp1',
      facts('cp1', {
        ...apiserver('10.0.0.1', 7443),
        kubeconfigs: [
          { path: '/etc/kubernetes/admin.conf', servers: ['https://vip.example:8443'], caFingerprints: [] },
          { path: '/etc/kubernetes/kubelet.conf', servers: ['https://10.0.0.1:7443'], caFingerprints: [] },
        ],
        loadBalancers: [
          { kind: 'kube-vip', path: '/x', addresses: ['10.0.0.42', '127.0.0.1'], backends: [] },
        ],
      }),
    ],
    [
      'w1',
      facts('w1', {
        kubeconfigs: [
          { path: '/etc/kubernetes/kubelet.conf', servers: ['https://localhost:6443'], caFingerprints: [] },
        ],
      }),
    ],
  ]);
  const nodes = [node('cp1', 'alias'), node('w1', '10.0.0.9', 'worker')];
  expect(planned({ nodes, read, dialling: new Set(['cp1', 'w1']) })).toEqual([
    'direct here 10.0.0.1:7443',
    'ssh cp1 10.0.0.1:7443',
    'ssh cp1 127.0.0.1:7443',
    'ssh w1 localhost:6443',
    'direct here vip.example:8443 vip.example',
    'direct here 10.0.0.42:6443',
  ]);
});

test('with no SSH, a kubeconfig and what the API tells are enough', () => {
  const api: Sources['api'] = {
    readThrough: 'here',
    kubeProxyServer: 'https://127.0.0.1:6443',
    clusterInfo: { server: 'https://api.example', caFingerprints: [] },
    endpoints: [
      { address: '10.0.0.1', port: 6443 },
      { address: '169.254.169.254', port: 80 },
    ],
    loadBalancerServices: [
      { namespace: 'x', name: 'lb', addresses: ['10.0.0.42'], isPending: false, ports: [443, 8443] },
    ],
    unread: [],
  };
  expect(
    planned({
      api,
      kubeconfig: { server: 'https://203.0.113.5', tlsServerName: 'kubernetes' },
      endpoints: [{ host: '192.0.2.7', port: 6443 }],
    }),
  ).toEqual([
    'direct here 192.0.2.7:6443',
    'direct here 203.0.113.5:443 kubernetes',
    'direct here api.example:443 api.example',
    'direct here 10.0.0.1:6443',
    'direct here 10.0.0.42:443',
    'direct here 10.0.0.42:8443',
  ]);
});

test.each([
  ['https://api.example', { host: 'api.example', port: 443 }],
  ['https://api.example:6443/k8s/clusters/c-1?x', { host: 'api.example', port: 6443 }],
  ['HTTPS://[fd00::1]:6443', { host: 'fd00::1', port: 6443 }],
  ['https://me:pw@10.0.0.1:6443', { host: '10.0.0.1', port: 6443 }],
  ['http://api.example:8080', undefined],
  ['api.example:6443', undefined],
  ['https://', undefined],
  ['https://a:b:c', undefined],
  ['', undefined],
])('%s is an endpoint, or none', (server, wanted) => {
  expect(endpointOf(server)).toEqual(wanted);
});

test("a kubeconfig's proxy is taken whatever NO_PROXY says, and a bad one is none", () => {
  const settings = readProxySettings({ HTTPS_PROXY: 'env.example', NO_PROXY: '*' });
  expect(chooseProxy(settings, undefined)('api.example', 6443)).toBeUndefined();
  expect(chooseProxy(settings, 'socks5://own.example')('127.0.0.1', 6443)?.host).toBe('own.example');
  expect(chooseProxy(settings, 'gopher://x')('api.example', 6443)).toBeUndefined();
  const plain = readProxySettings({ HTTPS_PROXY: 'env.example' });
  expect(chooseProxy(plain, '')('api.example', 6443)?.host).toBe('env.example');
});
