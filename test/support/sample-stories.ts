/** The users' stories as facts, for tests of what is said about them: each with what a reader of its report has to find. */
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { Probe } from '../../src/model/probe.ts';
import {
  addressOf,
  buildFacts,
  ca,
  changeApi,
  changeNode,
  corporateCa,
  failed,
  leaf,
  leafOf,
  now,
  read,
  reissue,
  served,
} from './facts.ts';
import { dns } from './mint.ts';

const address = '193.164.155.89';
const proxy = 'proxy.corp.example:3128';
const egress = leaf([], { subject: 'egress-proxy', issuer: corporateCa, names: [dns('egress-proxy')] });
const authority = read(corporateCa);

/** With the CA of the interceptor in the chain, as most of them send it. */
function intercepted(seen: Parameters<typeof served>[1], answer?: Parameters<typeof served>[2]): Probe {
  const probe = served(egress, seen, answer);
  if (probe.result.state !== 'served') throw new Error('not served');
  return { ...probe, result: { ...probe.result, chain: [egress, authority], isTrusted: false } };
}

const kubeconfig: NonNullable<ClusterFacts['kubeconfig']> = {
  path: '/root/.kube/config',
  context: 'kubernetes-admin@kubernetes',
  server: `https://${address}:6443`,
  skipsVerification: false,
  ca: [ca.pem],
};

const environment: ClusterFacts['environment'] = {
  hostname: 'bastion',
  kubectlVersion: 'v1.34.4',
  variables: [
    { name: 'HTTPS_PROXY', value: 'http://***@proxy.corp.example:3128' },
    { name: 'NO_PROXY', value: 'localhost,127.0.0.1,10.*' },
    { name: 'SSL_CERT_FILE', value: '/opt/corp/bundle.pem' },
  ],
  faults: [{ name: 'NO_PROXY', fault: '"10.*" matches nothing: a star stands alone or before a dot' }],
  trustBundles: [
    {
      source: 'SSL_CERT_FILE',
      path: '/opt/corp/bundle.pem',
      count: 143,
      fingerprints: [authority.fingerprint],
    },
    {
      source: 'system',
      path: '/etc/ssl/certs/ca-certificates.crt',
      count: 142,
      fingerprints: ['ab'.repeat(32)],
    },
    {
      source: 'NODE_EXTRA_CA_CERTS',
      path: '/opt/gone.pem',
      count: 0,
      fault: 'no such file',
      fingerprints: [],
    },
  ],
};

const single = buildFacts({ controlPlanes: 1, workers: 0, endpoint: `${address}:6443` });
const outside: readonly Probe[] = [
  failed('timeout', { host: address }, 'no answer within 10 seconds'),
  intercepted({ host: address, way: 'proxy', proxy }),
];
const inside = single.probes.filter(({ from }) => from !== 'here');
const behindProxy: ClusterFacts = { ...single, kubeconfig, environment, probes: [...outside, ...inside] };
const { api: _, ...withoutApi } = behindProxy;
const alone: ClusterFacts = { ...withoutApi, nodes: [], probes: outside };

const healthy = buildFacts();
const lost = ['203.0.113.10', '10.96.0.1'];
const recipe = reissue(
  healthy,
  'cp2',
  leaf([
    'cp2',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    addressOf(2),
    ...lost,
  ]),
);

const kubespray = changeApi(
  buildFacts({
    isKubespray: true,
    folder: 'ssl',
    certSans: [
      'kubernetes',
      'localhost',
      '127.0.0.1',
      '::1',
      'lb-apiserver.kubernetes.local',
      ...[1, 2, 3].flatMap((number) => [`cp${number}`, `cp${number}.cluster.local`, addressOf(number)]),
    ],
    endpoint: 'lb-apiserver.kubernetes.local:6443',
  }),
  () => ({
    loadBalancerServices: [
      {
        namespace: 'kube-system',
        name: 'apiserver-loadbalancer',
        addresses: ['192.168.56.42'],
        isPending: false,
        ports: [443],
      },
    ],
  }),
);

const unread: ClusterFacts = {
  ...healthy,
  nodes: healthy.nodes.map((one) =>
    one.node.name === 'cp3'
      ? {
          node: one.node,
          result: {
            state: 'unread',
            trouble: {
              code: 'timeout',
              message: 'no answer from 192.168.56.33 port 22 within 10 seconds',
              hint: 'is it up, and may this machine reach it? try: ssh ops@192.168.56.33',
              retryable: true,
            },
          },
        }
      : one,
  ),
};

function withoutManifest(facts: ClusterFacts): ClusterFacts {
  const nodes = facts.nodes.map((one) => {
    if (one.result.state !== 'read') return one;
    const { apiserver: _none, ...rest } = one.result.facts;
    return { ...one, result: { ...one.result, facts: rest } };
  });
  return { ...facts, nodes };
}

/** A colleague's run, merged in. */
const merged: ClusterFacts = {
  ...alone,
  probes: [
    ...alone.probes,
    served(leafOf(single, 'cp1'), { from: 'jump-host', host: address }),
    served(leafOf(single, 'cp1'), { from: 'cp1 by jump-host', way: 'ssh', host: addressOf(1) }),
  ],
};

export const sampleStories = {
  healthy,
  'S1 pods fail': recipe,
  'S3 kubespray': kubespray,
  'S4 proxy by the environment': behindProxy,
  'S4 without SSH': alone,
  'S4 with another vantage point': merged,
  'S4 transparent': {
    ...behindProxy,
    environment: { hostname: 'bastion', variables: [], trustBundles: environment.trustBundles },
    probes: [intercepted({ host: address }), ...inside],
  },
  'S4 upstream refuses': {
    ...alone,
    probes: [
      intercepted(
        { host: address, way: 'proxy', proxy },
        { status: 503, server: 'squid/5.7', firstLine: '503 Service Unavailable' },
      ),
    ],
  },
  'one node unread': unread,
  'nothing read': {
    readAt: now,
    nodes: [],
    probes: [failed('refused', { host: address }, `connect ECONNREFUSED ${address}:6443`)],
    endpoints: [{ host: address, port: 6443 }],
    environment: { hostname: 'bastion', variables: [], trustBundles: [] },
    wishes: [],
  },
  "another tool's cluster": changeNode(
    { ...withoutManifest(buildFacts({ controlPlanes: 1, workers: 0 })), probes: [] },
    'cp1',
    () => ({ distributions: [{ distribution: 'k3s', evidence: '/etc/rancher/k3s/k3s.yaml' }] }),
  ),
} as const satisfies Readonly<Record<string, ClusterFacts>>;

export type StoryName = keyof typeof sampleStories;
