/** The control planes that a plan is about: what lies on each, what each serves, and what kubeadm would be told there. */
import { kubeadmNames, type KubeadmName } from '../flavours/kubeadm.ts';
import { usualConfigVersion } from '../flavours/kubeadm-config-version.ts';
import type { ClusterConfiguration } from '../model/api-facts.ts';
import { type Certificate, type FoundName, lostByKubeadm } from '../model/certificate.ts';
import type { ClusterFacts, ReadNode } from '../model/cluster-facts.ts';
import type { Inspection, Vantage } from '../model/inspection.ts';
import { canonicalIp } from '../model/ip.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import type { Probe } from '../model/probe.ts';
import { type San, sanKey } from '../model/san.ts';
import { formatEndpoint } from '../model/server-address.ts';

export interface Subject {
  /** ClusterNode.name */
  readonly name: string;
  readonly read: ReadNode;
  readonly facts: NodeFacts;
  readonly leaf?: Certificate;
  readonly ca?: Certificate;
  readonly served?: Certificate;
  /** Exactly these; by their keys, so that each comes once. */
  readonly onDisk: ReadonlyMap<string, San>;
  readonly inUse: ReadonlyMap<string, San>;
  /** Of today's certificates, what kubeadm has no way to write. */
  readonly lost: readonly FoundName[];
  readonly told: Told;
  /** What kubeadm writes when it is told this, without any certSANs. */
  readonly computed: ReadonlyMap<string, KubeadmName>;
}

/** What kubeadm is told on a node, whatever form it is told in. */
export interface Told {
  readonly kubernetesVersion?: string;
  readonly apiVersion: string;
  readonly nodeName: string;
  readonly advertiseAddress?: string;
  readonly serviceSubnets: readonly string[];
  readonly dnsDomain: string;
  readonly controlPlaneEndpoint?: string;
}

export function subjectsOf(inspection: Inspection): readonly Subject[] {
  const { facts, vantages } = inspection;
  const seen = bySelf(vantages);
  const writable = writables();
  return facts.nodes.flatMap((read) => {
    const { node, result } = read;
    if (result.state !== 'read' || node.role !== 'control-plane') return [];
    if (result.facts.apiserver === undefined) return [];
    return [
      subjectOf(read, result.facts, facts, {
        served: servedBy(seen, node.name, result.facts),
        writable,
      }),
    ];
  });
}

function subjectOf(
  read: ReadNode,
  node: NodeFacts,
  facts: ClusterFacts,
  { served, writable }: { readonly served: Certificate | undefined; readonly writable: Writable },
): Subject {
  const leaf = first(node.certificate?.reading);
  const ca = first(node.ca?.reading);
  const configuration = facts.api?.kubeadmConfig?.configuration;
  const told = toldOn(node, facts, configuration, leaf);
  const isSame = served?.fingerprint === leaf?.fingerprint;
  const found = [...(leaf?.names ?? []), ...(isSame ? [] : (served?.names ?? []))];
  const onDisk = keyed(leaf, writable);
  return {
    name: read.node.name,
    read,
    facts: node,
    ...(leaf === undefined ? {} : { leaf }),
    ...(ca === undefined ? {} : { ca }),
    ...(served === undefined ? {} : { served }),
    onDisk,
    inUse: isSame ? onDisk : keyed(served, writable),
    lost: found.filter((name) => writable(name) === undefined),
    told,
    computed: computedBy(told, node.kubeadm?.version),
  };
}

function first(reading: NonNullable<NodeFacts['certificate']>['reading']): Certificate | undefined {
  return reading?.ok === true ? reading.certificates[0] : undefined;
}

/** A name as kubeadm can write it, spelled canonically, or undefined. */
type Writable = (name: FoundName) => readonly [key: string, san: San] | undefined;

/** A thousand certificates hold mostly the same names, and each is looked at once. */
function writables(): Writable {
  const known = new Map<string, readonly [string, San] | undefined>();
  return (name) => {
    const spelled = `${name.type}:${name.value}`;
    if (known.has(spelled)) return known.get(spelled);
    const entry = writableOf(name);
    known.set(spelled, entry);
    return entry;
  };
}

function writableOf(name: FoundName): readonly [string, San] | undefined {
  if ((name.type !== 'dns' && name.type !== 'ip') || lostByKubeadm([name]).length > 0) return undefined;
  const value = name.type === 'ip' ? (canonicalIp(name.value) ?? name.value) : name.value.toLowerCase();
  const san: San = { type: name.type, value };
  return [sanKey(san), san];
}

function keyed(certificate: Certificate | undefined, writable: Writable): ReadonlyMap<string, San> {
  return new Map(
    (certificate?.names ?? []).flatMap((name) => {
      const entry = writable(name);
      return entry === undefined ? [] : [entry];
    }),
  );
}

function computedBy(told: Told, version: string | undefined): ReadonlyMap<string, KubeadmName> {
  const names = new Map<string, KubeadmName>();
  for (const name of kubeadmNames({ ...told, certSans: [], version })) {
    const key = sanKey(name.san);
    if (!names.has(key)) names.set(key, name);
  }
  return names;
}

function toldOn(
  node: NodeFacts,
  { api }: ClusterFacts,
  configuration: ClusterConfiguration | undefined,
  leaf: Certificate | undefined,
): Told {
  const { apiserver, kubeadm, system } = node;
  const advertise = canonicalIp(apiserver?.advertiseAddress ?? '');
  const ofApi = api?.controlPlanes?.find(({ internalIps }) =>
    internalIps.some((ip) => advertise !== undefined && canonicalIp(ip) === advertise),
  );
  const version = configuration?.kubernetesVersion ?? imageVersion(apiserver?.image) ?? api?.serverVersion;
  return {
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    apiVersion: configuration?.apiVersion ?? usualConfigVersion(minorOf(kubeadm?.version)),
    nodeName: node.nodeName ?? ofApi?.name ?? system.hostname.toLowerCase(),
    ...(advertise === undefined ? {} : { advertiseAddress: advertise }),
    serviceSubnets: configuration?.serviceSubnets ?? apiserver?.serviceRanges ?? [],
    dnsDomain: configuration?.dnsDomain ?? domainIn(leaf) ?? issuerDomain(node) ?? 'cluster.local',
    ...(configuration?.controlPlaneEndpoint === undefined
      ? {}
      : { controlPlaneEndpoint: configuration.controlPlaneEndpoint }),
  };
}

/** `registry.k8s.io/kube-apiserver:v1.34.1` */
function imageVersion(image: string | undefined): string | undefined {
  return /:(v\d+\.\d+\.\d+[\w.-]*)(?:@|$)/.exec(image ?? '')?.[1];
}

function domainIn(leaf: Certificate | undefined): string | undefined {
  const pattern = /^kubernetes\.default\.svc\.([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/i;
  for (const { value } of leaf?.names ?? []) {
    const domain = pattern.exec(value)?.[1];
    if (domain !== undefined) return domain.toLowerCase();
  }
  return undefined;
}

function issuerDomain({ apiserver }: NodeFacts): string | undefined {
  const [issuer = ''] = apiserver?.flags['service-account-issuer'] ?? [];
  return /^https:\/\/kubernetes\.default\.svc\.([a-z0-9][a-z0-9.-]*[a-z0-9])\/?$/.exec(issuer)?.[1];
}

/** 34 of `v1.34.1`; 0 where it is no version. */
export function minorOf(version: string | undefined): number {
  const [, major, minor] = /^v?(\d{1,3})\.(\d{1,4})/.exec(version ?? '') ?? [];
  return major === '1' ? Number(minor) : 0;
}

type Seen = ReadonlyMap<string, readonly Vantage[]>;

function bySelf(vantages: readonly Vantage[]): Seen {
  const seen = new Map<string, Vantage[]>();
  for (const vantage of vantages) {
    if (vantage.probe.result.state !== 'served') continue;
    const { host, port } = vantage.probe;
    const endpoint = formatEndpoint(canonicalIp(host) ?? host.toLowerCase(), port);
    const known = seen.get(endpoint);
    if (known === undefined) seen.set(endpoint, [vantage]);
    else known.push(vantage);
  }
  return seen;
}

/** As the diagnosis takes it: the node's own view first, without SNI; from elsewhere only what the cluster's CA signed. */
function servedBy(seen: Seen, node: string, { apiserver }: NodeFacts): Certificate | undefined {
  const port = apiserver?.securePort ?? 6443;
  const own = canonicalIp(apiserver?.advertiseAddress ?? '');
  let best: { readonly certificate: Certificate; readonly rank: number } | undefined;
  for (const host of [...(own === undefined ? [] : [own]), '127.0.0.1', '::1', 'localhost']) {
    for (const { probe, issuedBy } of seen.get(formatEndpoint(host, port)) ?? []) {
      const isFromNode = probe.from === node;
      if (host !== own && !isFromNode) continue;
      if (!isFromNode && issuedBy !== 'cluster-ca') continue;
      const certificate = leafOf(probe);
      const rank =
        (probe.serverName === undefined ? 0 : 8) + (isFromNode ? 0 : 4) + (probe.way === 'proxy' ? 2 : 0);
      if (certificate !== undefined && (best === undefined || rank < best.rank)) best = { certificate, rank };
    }
  }
  return best?.certificate;
}

export function leafOf({ result }: Probe): Certificate | undefined {
  return result.state === 'served' ? result.chain[0] : undefined;
}
