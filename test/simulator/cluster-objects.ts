/** What a simulated cluster has in its API: what kubeadm puts there, and what the control plane itself keeps there. */
import { stringify } from 'yaml';
import { serviceIp } from './kubeadm/alt-names.ts';
import type { Settings } from './kubeadm/settings.ts';
import type { ApiObject } from './object-store.ts';

export interface Member {
  readonly name: string;
  readonly address: string;
  readonly apiPort: number;
}

export interface ClusterFacts {
  readonly settings: Settings;
  readonly members: readonly Member[];
  /** PEM. */
  readonly ca: string;
  /** `https://…`, as the kubelets and kube-proxy dial it. */
  readonly server: string;
}

export function clusterObjects(facts: ClusterFacts): readonly ApiObject[] {
  const { settings, members } = facts;
  const clusterIp = serviceIp(settings.serviceSubnet);
  const data = { ClusterConfiguration: clusterConfiguration(settings) };
  return [
    object('v1', 'ConfigMap', 'kubeadm-config', 'kube-system', { data }),
    ...kubeconfigMaps(facts),
    object('v1', 'Service', 'kubernetes', 'default', {
      labels: { component: 'apiserver', provider: 'kubernetes' },
      spec: {
        type: 'ClusterIP',
        clusterIP: clusterIp,
        clusterIPs: [clusterIp],
        ipFamilies: [clusterIp?.includes(':') === true ? 'IPv6' : 'IPv4'],
        // As on a real one: every apiserver's own port, which is one and the same.
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: members[0]?.apiPort ?? 6443 }],
      },
      status: { loadBalancer: {} },
    }),
    ...endpointSlices(members),
    ...members.map(nodeObject),
    ...leases(members),
  ];
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string | undefined,
  {
    labels,
    ...more
  }: { readonly labels?: Readonly<Record<string, string>>; readonly [field: string]: unknown },
): ApiObject {
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    uid: `simulated-${kind.toLowerCase()}-${name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { simulated: 'true' },
  };
  return { apiVersion, kind, metadata, ...more };
}

/** The two ConfigMaps whose kubeconfigs name the server that kube-proxy and a joining node dial. */
function kubeconfigMaps({ ca, server }: ClusterFacts): readonly ApiObject[] {
  const kubeconfig = (cluster: object, user?: object) =>
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: user === undefined ? '' : 'default', cluster: { ...cluster, server } }],
      contexts:
        user === undefined ? [] : [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
      'current-context': user === undefined ? '' : 'default',
      users: user === undefined ? [] : [{ name: 'default', user }],
    });
  const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';
  return [
    object('v1', 'ConfigMap', 'kube-proxy', 'kube-system', {
      labels: { app: 'kube-proxy' },
      data: {
        'config.conf': stringify({
          apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
          kind: 'KubeProxyConfiguration',
          clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
        }),
        'kubeconfig.conf': kubeconfig(
          { 'certificate-authority': `${mounted}/ca.crt` },
          { tokenFile: `${mounted}/token` },
        ),
      },
    }),
    object('v1', 'ConfigMap', 'cluster-info', 'kube-public', {
      data: {
        kubeconfig: kubeconfig({ 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
      },
    }),
  ];
}

/** One slice for each port, so that nodes whose port the system chose are found as well. */
function endpointSlices(members: readonly Member[]): readonly ApiObject[] {
  return [...new Set(members.map(({ apiPort }) => apiPort))].map((port, index) =>
    object(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      index === 0 ? 'kubernetes' : `kubernetes-${index}`,
      'default',
      {
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
        addressType: 'IPv4',
        endpoints: members
          .filter(({ apiPort }) => apiPort === port)
          .map(({ address }) => ({ addresses: [address], conditions: { ready: true } })),
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    ),
  );
}

function nodeObject({ name, address }: Member): ApiObject {
  return object('v1', 'Node', name, undefined, {
    labels: { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/control-plane': '' },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Simulated' }],
      nodeInfo: { kubeletVersion: 'v1.34.4+simulated', operatingSystem: 'simulated', osImage: 'simulated' },
    },
  });
}

function lease(
  name: string,
  namespace: string,
  holderIdentity: string,
  leaseDurationSeconds: number,
): ApiObject {
  return object('coordination.k8s.io/v1', 'Lease', name, namespace, {
    spec: { holderIdentity, leaseDurationSeconds, renewTime: '2026-01-01T00:00:00.000000Z' },
  });
}

/** The controllers' leases are held by the first node, each kubelet has one, and each apiserver. */
function leases(members: readonly Member[]): readonly ApiObject[] {
  const [first] = members;
  return [
    ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
      lease(name, 'kube-system', `${first?.name ?? ''}_simulated`, 15),
    ),
    ...members.map(({ name }) =>
      lease(`apiserver-${name}`, 'kube-system', `apiserver-${name}_simulated`, 3600),
    ),
    ...members.map(({ name }) => lease(name, 'kube-node-lease', name, 40)),
  ];
}

/** As kubeadm uploads it. */
function clusterConfiguration(settings: Settings): string {
  const { certSans, controlPlaneEndpoint, encryptionAlgorithm } = settings;
  return stringify({
    apiServer: certSans.length === 0 ? {} : { certSANs: certSans },
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    caCertificateValidityPeriod: '87600h0m0s',
    certificateValidityPeriod: '8760h0m0s',
    certificatesDir: settings.certificatesDir,
    clusterName: 'simulated',
    ...(controlPlaneEndpoint === '' ? {} : { controlPlaneEndpoint }),
    controllerManager: {},
    dns: {},
    encryptionAlgorithm,
    etcd: { local: { dataDir: '/var/lib/etcd' } },
    imageRepository: 'registry.k8s.io',
    kind: 'ClusterConfiguration',
    kubernetesVersion: settings.kubernetesVersion,
    networking: { dnsDomain: settings.dnsDomain, serviceSubnet: settings.serviceSubnet },
    proxy: {},
    scheduler: {},
  });
}
