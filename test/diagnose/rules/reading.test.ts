/** What could not be read, and what a node says of itself. Each row: a sentence, the facts, the codes (and nodes) to be found. */
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../../src/model/node-facts.ts';
import {
  healthy,
  cp1,
  onCp2,
  given,
  unread,
  replace,
  bare,
  asControlPlane,
  type Row,
  testRows,
} from '../../support/damaged.ts';
import {
  addressOf,
  buildFacts,
  changeApi,
  changeNode,
  factsOf,
  kubeadmNamesFor,
  namesOf,
  now,
  otherCa,
  served,
  usualNames,
} from '../../support/facts.ts';

const reading: readonly Row[] = [
  ['a node does not answer: a row, exit 3', replace('cp2', unread('cp2', 'timeout')), ['e not-read cp2'], 3],
  ['a node refuses us: exit 4', replace('cp2', unread('cp2', 'authentication')), ['e not-read cp2'], 4],
  [
    'no node answers: exit 75',
    { ...healthy, nodes: [unread('cp1', 'timeout')], probes: [], api: undefined } as unknown as ClusterFacts,
    ['e not-read cp1'],
    75,
  ],
  [
    'what one says is garbled: that is an answer',
    { ...healthy, nodes: [unread('cp1', 'garbled')], probes: [], api: undefined } as unknown as ClusterFacts,
    ['e not-read cp1'],
    3,
  ],
  [
    'a worker does not answer',
    {
      ...healthy,
      nodes: healthy.nodes.map((one) =>
        one.node.role === 'worker' ? unread('worker1', 'timeout', 'worker') : one,
      ),
    },
    ['w not-read worker1'],
    3,
  ],
  [
    'a section of the script failed',
    onCp2(() => ({ unread: [{ what: 'firewall', why: 'nft: not found' }] })),
    ['i partly-read cp2'],
    0,
  ],
  [
    'it is no control plane',
    {
      ...healthy,
      nodes: healthy.nodes.map((one) =>
        one.node.role === 'worker' ? { ...one, node: { ...one.node, role: 'control-plane' as const } } : one,
      ),
    },
    ['w no-control-plane worker1'],
    3,
  ],
  [
    'the only machine that was named is a worker',
    asControlPlane('worker1', {}),
    ['w no-control-plane worker1'],
    1,
  ],
  [
    'the only machine that was named has no Kubernetes, and much that could not be read',
    asControlPlane('worker1', {
      ...bare,
      unread: [
        { what: 'firewall', why: 'neither iptables-save nor nft is there' },
        { what: 'files', why: 'awk is not there' },
      ],
    }),
    ['w no-control-plane worker1'],
    1,
  ],
  [
    'nobody but root knows whether it is a control plane',
    asControlPlane('worker1', { ...bare, system: { ...factsOf(healthy, 'worker1').system, uid: 1000 } }),
    ['w partly-read worker1'],
    3,
  ],
  [
    'the manifests folder could not be read',
    asControlPlane('worker1', {
      ...bare,
      unread: [{ what: '/etc/kubernetes/manifests', why: 'others than its owner may write there' }],
    }),
    ['i partly-read worker1', 'w partly-read worker1'],
    3,
  ],
  [
    'the manifest of the API server was moved away',
    onCp2(() => ({ apiserver: undefined, certificate: undefined }) as unknown as Partial<NodeFacts>),
    ['e manifest-gone cp2'],
    2,
  ],
  [
    'a control plane that the API knows was not given',
    {
      ...healthy,
      nodes: healthy.nodes.filter(({ node }) => node.name !== 'cp3'),
      probes: healthy.probes.filter(({ host }) => host !== addressOf(3)),
    },
    ['w control-plane-not-inspected'],
    3,
  ],
  [
    'the ConfigMap may not be read',
    changeApi(
      healthy,
      (api) =>
        ({
          ...api,
          kubeadmConfig: undefined,
          unread: [{ what: 'kubeadm-config', why: 'forbidden' }],
        }) as unknown as typeof api,
    ),
    ['i api-unread'],
    0,
  ],
  [
    'k3s runs here: only that is said',
    changeNode(
      { ...buildFacts({ controlPlanes: 1, workers: 0 }), probes: [] },
      'cp1',
      (rest) =>
        ({
          ...rest,
          apiserver: undefined,
          distributions: [{ distribution: 'k3s', evidence: '/etc/rancher/k3s' }],
          strayManifests: ['x'],
        }) as unknown as NodeFacts,
    ),
    ['e other-tool cp1'],
    7,
  ],
  [
    'a backup among the manifests',
    onCp2(() => ({ strayManifests: ['kube-apiserver.yaml.bak'] })),
    ['w stray-manifest cp2'],
    2,
  ],
  [
    'a run that was cut off',
    onCp2(() => ({ unfinishedRuns: ['2026-11-20T10-00-00Z'] })),
    ['w unfinished-run cp2'],
    2,
  ],
  [
    'the certificate is not there',
    onCp2(() => ({ certificate: { path: '/etc/kubernetes/pki/apiserver.crt' } })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the certificate is none',
    onCp2(({ certificate }) => ({
      certificate: { ...certificate, path: 'a', reading: { ok: false, refusal: { code: 'truncated' } } },
    })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is not there',
    onCp2((node) => ({
      system: { ...node.system, uid: 0 },
      key: { path: '/etc/kubernetes/pki/apiserver.key' },
    })),
    ['e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is none',
    onCp2(() => ({
      key: { path: '/etc/kubernetes/pki/apiserver.key' },
      unread: [{ what: '/etc/kubernetes/pki/apiserver.key', why: 'openssl reads no private key in it' }],
    })),
    ['i partly-read cp2', 'e certificate-unreadable cp2'],
    2,
  ],
  [
    'the key is where this user may not look',
    onCp2((node) => ({
      system: { ...node.system, uid: 1000 },
      certificate: { ...node.certificate, path: '/etc/kubernetes/pki/apiserver.crt' },
      key: { path: '/etc/kubernetes/keys/apiserver.key' },
    })),
    [],
    0,
  ],
  [
    "a component's kubeconfig is garbage",
    onCp2(({ kubeconfigs }) => ({
      kubeconfigs: [
        ...kubeconfigs.filter(({ path }) => path !== '/etc/kubernetes/controller-manager.conf'),
        { path: '/etc/kubernetes/controller-manager.conf', servers: [], caFingerprints: [] },
      ],
      unread: [{ what: '/etc/kubernetes/controller-manager.conf', why: 'no server is in it' }],
    })),
    ['w partly-read cp2'],
    3,
  ],
  [
    'nobody tells which control planes there are',
    (() => {
      const { api: _, ...rest } = healthy;
      return { ...rest, nodes: rest.nodes.slice(0, 1) };
    })(),
    ['w api-unread'],
    3,
  ],
  [
    'a host key was added',
    {
      ...healthy,
      nodes: healthy.nodes.map((one, index) =>
        index === 1
          ? {
              ...one,
              connection: {
                transport: 'ssh2',
                through: [],
                hostKeyAdded: true,
                hostKeyFingerprint: 'SHA256:a',
              },
            }
          : one,
      ),
    },
    ['i host-key-added cp2'],
    0,
  ],
];

testRows(reading);

test('the facts of the fixture are what they say', () => {
  expect(factsOf(healthy, 'cp1').node).toBe('cp1');
  expect(namesOf(cp1)).toEqual(kubeadmNamesFor(1));
  expect(usualNames.every((name) => namesOf(cp1).includes(name))).toBe(true);
  expect(diagnoseCluster(healthy).facts.readAt).toBe(now);
});

test('the CA of the kubeconfig is shown whether the file holds it or names it', () => {
  const stale = {
    ...healthy,
    kubeconfig: { ...given, ca: [otherCa.pem] },
    probes: [...healthy.probes, served(cp1, { host: 'lb.example' })],
  };
  // Without --flatten there is no certificate-authority-data for a `certificate-authority: ca.crt`.
  expect(diagnoseCluster(stale).next.map(({ command }) => command)).toContain(
    "kubectl --kubeconfig /root/config --context a config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d | openssl x509 -noout -subject -fingerprint -sha256",
  );
});
