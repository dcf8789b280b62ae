/** What a cluster looks like once it was read, with real certificates: healthy as it comes, and each test damages its own. */
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import type { ApiFacts } from '../../src/model/api-facts.ts';
import type { ClusterFacts, ReadNode } from '../../src/model/cluster-facts.ts';
import type { CertificateFile, FileFacts, NodeFacts } from '../../src/model/node-facts.ts';
import type { Probe, Way } from '../../src/model/probe.ts';
import { looseSan } from '../../src/model/san.ts';
import { dns, ip, keyPair, mint, type Mint, type Minted } from './mint.ts';

export const now = '2026-11-21T06:00:00Z';

export interface FactsOptions {
  readonly controlPlanes?: number;
  readonly workers?: number;
  readonly serviceRange?: string;
  readonly clusterIp?: string;
  readonly endpoint?: string;
  readonly certSans?: readonly string[];
  readonly keys?: 'ec' | 'rsa';
  readonly hasCaKey?: boolean;
  /** `pki` of kubeadm, `ssl` of kubespray. */
  readonly folder?: 'pki' | 'ssl';
  readonly isKubespray?: boolean;
  readonly kubeletServer?: string;
  /** Names of cp1, cp2 …, as they come for each node. */
  readonly extraNames?: readonly string[];
}

export const ca = mint({
  subject: 'kubernetes',
  isCa: true,
  key: keyPair('ec', 10),
  names: [dns('kubernetes')],
});
export const rsaCa = mint({
  subject: 'kubernetes',
  isCa: true,
  key: keyPair('rsa', 10),
  names: [dns('kubernetes')],
});
/** A cluster that was built anew, or another one: the same name and another key. */
export const otherCa = mint({ subject: 'kubernetes', isCa: true, key: keyPair('ec', 11) });
export const corporateCa = mint({ subject: 'Corp Inspection CA', isCa: true, key: keyPair('ec', 12) });

export function read(minted: Minted): Certificate {
  const reading = readCertificates(minted.der);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0];
}

/** A certificate for these names (`10.0.0.1`, `a.example`), signed by the cluster's CA unless told otherwise. */
export function leaf(names: readonly string[], options: Mint = {}): Certificate {
  return read(
    mint({
      issuer: ca,
      key: keyPair('ec', 13),
      notBefore: '20260601000000Z',
      notAfter: '20270601000000Z',
      names: names.map((name) => (looseSan(name)?.type === 'ip' ? ip(name) : dns(name))),
      ...options,
    }),
  );
}

export function namesOf(certificate: Certificate): readonly string[] {
  return certificate.names.map(({ value }) => value);
}

const file = (path: string): FileFacts => ({
  path,
  realPath: path,
  owner: 'root',
  group: 'root',
  mode: '0644',
});

export function certificateFile(path: string, certificate: Certificate): CertificateFile {
  return { path, file: file(path), reading: { ok: true, certificates: [certificate], notes: [] } };
}

export function addressOf(number: number): string {
  return `192.168.${56 + Math.floor(number / 200)}.${30 + (number % 200)}`;
}

export const usualNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/** What kubeadm writes for cp<number> with these options. */
export function kubeadmNamesFor(number: number, options: FactsOptions = {}): readonly string[] {
  const {
    clusterIp = '10.240.0.65',
    endpoint = 'lb.example:6443',
    certSans = ['localhost', '127.0.0.1'],
  } = options;
  const host = endpoint.replace(/:\d+$/, '');
  const all = [
    `cp${number}`,
    ...usualNames,
    clusterIp,
    addressOf(number),
    host,
    ...certSans,
    ...(options.extraNames ?? []),
  ];
  return [...new Set(all)];
}

/** Three control planes and a worker behind a load balancer, service range 10.240.0.64/26, as the lab's cluster `ha`. */
export function buildFacts(options: FactsOptions = {}): ClusterFacts {
  const { controlPlanes = 3, workers = 1 } = options;
  const numbers = Array.from({ length: controlPlanes }, (_, index) => index + 1);
  const nodes: ReadNode[] = [];
  const probes: Probe[] = [];
  for (const number of numbers) {
    const certificate = leaf(kubeadmNamesFor(number, options), signerOf(options));
    nodes.push(controlPlane(number, certificate, options));
    probes.push(...ownProbes(`cp${number}`, addressOf(number), certificate));
  }
  for (let number = 1; number <= workers; number += 1) nodes.push(worker(number, numbers, options));
  return {
    cluster: 'test',
    readAt: now,
    nodes,
    api: apiFacts(numbers, workers, options),
    probes,
    environment: { variables: [], trustBundles: [], hostname: 'bastion' },
    wishes: [],
  };
}

function signerOf({ keys = 'ec' }: FactsOptions): Mint {
  return keys === 'rsa' ? { issuer: rsaCa, key: keyPair('rsa', 13) } : {};
}

/** As the node sees itself through SSH, and as we see it. */
export function ownProbes(name: string, address: string, certificate: Certificate): readonly Probe[] {
  return [
    ready(served(certificate, { from: name, way: 'ssh', host: address })),
    ready(served(certificate, { from: 'here', way: 'direct', host: address })),
  ];
}

function ready(probe: Probe): Probe {
  if (probe.result.state !== 'served') return probe;
  return { ...probe, result: { ...probe.result, health: { status: 200, failing: [] } } };
}

interface Seen {
  readonly from?: string;
  readonly way?: Way;
  readonly proxy?: string;
  readonly host: string;
  readonly port?: number;
  readonly serverName?: string;
}

export function served(
  certificate: Certificate,
  { from = 'here', way = 'direct', port = 6443, ...more }: Seen,
  answer: Extract<Probe['result'], { state: 'served' }>['answer'] = {
    status: 200,
    firstLine: '{',
    gitVersion: 'v1.34.1',
  },
): Probe {
  const result = { state: 'served', chain: [certificate], protocol: 'TLSv1.3', answer } as const;
  return { from, way, port, ...more, at: now, milliseconds: 3, result };
}

export function failed(
  trouble: Extract<Probe['result'], { state: 'failed' }>['trouble'],
  { from = 'here', way = 'direct', port = 6443, ...more }: Seen,
  detail = 'no answer',
): Probe {
  return { from, way, port, ...more, at: now, milliseconds: 3, result: { state: 'failed', trouble, detail } };
}

function controlPlane(number: number, certificate: Certificate, options: FactsOptions): ReadNode {
  const { folder = 'pki', isKubespray = false, hasCaKey = true } = options;
  const name = `cp${number}`;
  const pki = `/etc/kubernetes/${folder}`;
  const address = addressOf(number);
  const cluster = read(options.keys === 'rsa' ? rsaCa : ca);
  const local = isKubespray ? 'https://127.0.0.1:6443' : `https://${address}:6443`;
  const server = isKubespray ? local : `https://${options.endpoint ?? 'lb.example:6443'}`;
  const base = nodeFacts(name, options, cluster);
  const facts: NodeFacts = {
    ...base,
    kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.34.1', isOddPath: false },
    apiserver: {
      manifest: '/etc/kubernetes/manifests/kube-apiserver.yaml',
      flags: { 'service-account-issuer': ['https://kubernetes.default.svc.cluster.local'] },
      advertiseAddress: address,
      securePort: 6443,
      serviceRanges: [options.serviceRange ?? '10.240.0.64/26'],
      certificatePath: `${pki}/apiserver.crt`,
      keyPath: `${pki}/apiserver.key`,
    },
    certificate: certificateFile(`${pki}/apiserver.crt`, certificate),
    key: {
      path: `${pki}/apiserver.key`,
      file: file(`${pki}/apiserver.key`),
      keyFingerprint: certificate.keyFingerprint,
    },
    ca: certificateFile(`${pki}/ca.crt`, cluster),
    caKey: hasCaKey
      ? { path: `${pki}/ca.key`, file: file(`${pki}/ca.key`), keyFingerprint: cluster.keyFingerprint }
      : { path: `${pki}/ca.key` },
    kubeconfigs: [
      ...base.kubeconfigs,
      kubeconfig('admin.conf', server, cluster),
      kubeconfig('controller-manager.conf', local, cluster),
      kubeconfig('scheduler.conf', local, cluster),
    ],
    system: {
      ...base.system,
      addresses: ['127.0.0.1', address],
      defaultRouteAddress: address,
      listening: [{ address: '::', port: 6443, process: 'kube-apiserver' }],
    },
  };
  return {
    node: { name, role: 'control-plane', target: { via: 'ssh', host: address, user: 'ops' }, source: 'flag' },
    connection: { transport: 'ssh2', user: 'ops', through: [] },
    result: { state: 'read', facts },
  };
}

function worker(number: number, controlPlanes: readonly number[], options: FactsOptions): ReadNode {
  const name = `worker${number}`;
  const base = nodeFacts(name, options, read(options.keys === 'rsa' ? rsaCa : ca));
  const proxy = {
    kind: 'nginx',
    path: '/etc/nginx/nginx.conf',
    addresses: ['127.0.0.1'],
    port: 6443,
    backends: controlPlanes.map((one) => ({ host: addressOf(one), port: 6443 })),
  } as const;
  return {
    node: { name, role: 'worker', target: { via: 'ssh', host: `192.168.55.${number}` }, source: 'flag' },
    result: {
      state: 'read',
      facts: options.isKubespray === true ? { ...base, loadBalancers: [proxy] } : base,
    },
  };
}

function nodeFacts(name: string, options: FactsOptions, cluster: Certificate): NodeFacts {
  const server =
    options.kubeletServer ??
    (options.isKubespray === true
      ? 'https://localhost:6443'
      : `https://${options.endpoint ?? 'lb.example:6443'}`);
  return {
    node: name,
    clockSkewSeconds: 0,
    system: {
      hostname: name,
      uid: 0,
      initIsSystemd: true,
      addresses: ['127.0.0.1'],
      listening: [],
      firewall: [],
    },
    nodeName: name,
    sniCertificates: [],
    strayManifests: [],
    kubeconfigs: [kubeconfig('kubelet.conf', server, cluster)],
    loadBalancers: [],
    distributions: [
      { distribution: options.isKubespray === true ? 'kubespray' : 'kubeadm', evidence: '/etc/kubernetes' },
    ],
    unfinishedRuns: [],
    pods: [],
    unread: [],
  };
}

export function kubeconfig(
  name: string,
  server: string,
  cluster: Certificate,
): NodeFacts['kubeconfigs'][number] {
  const path = name.startsWith('/') ? name : `/etc/kubernetes/${name}`;
  return { path, servers: [server], caFingerprints: [cluster.fingerprint] };
}

function apiFacts(numbers: readonly number[], workers: number, options: FactsOptions): ApiFacts {
  const {
    serviceRange = '10.240.0.64/26',
    clusterIp = '10.240.0.65',
    endpoint = 'lb.example:6443',
  } = options;
  const server = options.isKubespray === true ? 'https://127.0.0.1:6443' : `https://${endpoint}`;
  return {
    readThrough: 'cp1',
    serverVersion: 'v1.34.1',
    kubeadmConfig: {
      resourceVersion: '1',
      text: '',
      configuration: {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kubernetesVersion: 'v1.34.1',
        controlPlaneEndpoint: endpoint,
        certSans: options.certSans ?? ['localhost', '127.0.0.1'],
        dnsDomain: 'cluster.local',
        serviceSubnets: [serviceRange],
        faults: [],
      },
    },
    kubeProxyServer: server,
    clusterInfo: {
      server: `https://${endpoint}`,
      caFingerprints: [read(options.keys === 'rsa' ? rsaCa : ca).fingerprint],
    },
    kubernetesService: { clusterIps: [clusterIp], port: 443 },
    endpoints: numbers.map((number) => ({ address: addressOf(number), port: 6443 })),
    controlPlanes: numbers.map((number) => ({
      name: `cp${number}`,
      internalIps: [addressOf(number)],
      isReady: true,
    })),
    workers: Array.from({ length: workers }, (_, index) => ({
      name: `worker${index + 1}`,
      internalIps: [`192.168.55.${index + 1}`],
      isReady: true,
    })),
    loadBalancerServices: [],
    unread: [],
  };
}

// Damage.

export function changeNode(
  facts: ClusterFacts,
  name: string,
  change: (facts: NodeFacts) => Partial<NodeFacts>,
): ClusterFacts {
  const nodes = facts.nodes.map((one): ReadNode => {
    if (one.node.name !== name || one.result.state !== 'read') return one;
    const { facts: node } = one.result;
    return { ...one, result: { state: 'read', facts: { ...node, ...change(node) } } };
  });
  return { ...facts, nodes };
}

export function changeApi(facts: ClusterFacts, change: (api: ApiFacts) => Partial<ApiFacts>): ClusterFacts {
  return facts.api === undefined ? facts : { ...facts, api: { ...facts.api, ...change(facts.api) } };
}

export function factsOf(facts: ClusterFacts, name: string): NodeFacts {
  for (const { node, result } of facts.nodes) {
    if (node.name === name && result.state === 'read') return result.facts;
  }
  throw new Error(`no facts of ${name}`);
}

export function leafOf(facts: ClusterFacts, name: string): Certificate {
  const reading = factsOf(facts, name).certificate?.reading;
  if (reading?.ok !== true) throw new Error(`no certificate on ${name}`);
  return reading.certificates[0];
}

/** Another certificate on this node, on disk and served. */
export function reissue(facts: ClusterFacts, name: string, certificate: Certificate): ClusterFacts {
  const old = leafOf(facts, name);
  const probes = facts.probes.map((probe): Probe => {
    if (probe.result.state !== 'served' || probe.result.chain[0]?.fingerprint !== old.fingerprint)
      return probe;
    return { ...probe, result: { ...probe.result, chain: [certificate] } };
  });
  return onDisk({ ...facts, probes }, name, certificate);
}

/** Another certificate on disk only. */
export function onDisk(facts: ClusterFacts, name: string, certificate: Certificate): ClusterFacts {
  return changeNode(facts, name, (node) => ({
    certificate: certificateFile(node.certificate?.path ?? '', certificate),
    key: { path: node.key?.path ?? '', keyFingerprint: certificate.keyFingerprint },
  }));
}

/** The same certificate without these names. */
export function without(certificate: Certificate, names: readonly string[]): Certificate {
  return leaf(namesOf(certificate).filter((name) => !names.includes(name)));
}
