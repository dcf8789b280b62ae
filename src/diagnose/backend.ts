/** The API servers that were seen: by their nodes' files, by a handshake with them, or both. */
import type { Certificate } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { canonicalIp } from '../model/ip.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import type { ClusterNode } from '../model/node.ts';
import type { Probe } from '../model/probe.ts';
import { formatEndpoint, parseServerAddress } from '../model/server-address.ts';
import type { Authorities } from './issuer.ts';
import { isNoControlPlane } from './no-control-plane.ts';
import { isPlausible } from './plausible.ts';

export interface Served {
  readonly certificate: Certificate;
  readonly probe: Probe;
}

/** One API server. `read`: its node was read. `api`: the API names its node. `endpoint`: only an endpoint is known. */
export interface Backend {
  readonly kind: 'read' | 'api' | 'endpoint';
  /** ClusterNode.name, the API's node name, or host:port. */
  readonly name: string;
  readonly index: number;
  readonly node?: ClusterNode;
  readonly facts?: NodeFacts;
  /** As Kubernetes calls the node. */
  readonly nodeName?: string;
  readonly address?: string;
  readonly port: number;
  /** On disk. */
  readonly leaf?: Certificate;
  readonly served?: Served;
}

export type ProbeIndex = ReadonlyMap<string, readonly Probe[]>;

export function indexProbes(probes: readonly Probe[]): ProbeIndex {
  const index = new Map<string, Probe[]>();
  for (const probe of probes) {
    const endpoint = endpointOf(probe);
    const known = index.get(endpoint);
    if (known === undefined) index.set(endpoint, [probe]);
    else known.push(probe);
  }
  return index;
}

export function endpointOf({ host, port }: Pick<Probe, 'host' | 'port'>): string {
  return formatEndpoint(canonicalIp(host) ?? host.toLowerCase(), port);
}

/** The endpoints that the user asked about. `name` is what a client compares with the certificate. */
export interface AskedEndpoint {
  readonly host: string;
  readonly port: number;
  readonly endpoint: string;
  readonly name: string;
  /** Path of the kubeconfig, where it comes from one. */
  readonly kubeconfig?: string;
}

export function askedEndpoints({ kubeconfig, endpoints = [] }: ClusterFacts): readonly AskedEndpoint[] {
  const server = kubeconfig === undefined ? undefined : parseServerAddress(kubeconfig.server);
  const asked: AskedEndpoint[] = endpoints.map(({ host, port, serverName }) => ({
    host,
    port,
    endpoint: endpointOf({ host, port }),
    name: serverName ?? canonicalIp(host) ?? host.toLowerCase(),
  }));
  if (kubeconfig === undefined || server === undefined) return asked;
  const { san, port } = server;
  const endpoint = endpointOf({ host: san.value, port });
  const first: AskedEndpoint = {
    host: san.value,
    port,
    endpoint,
    name: kubeconfig.tlsServerName ?? san.value,
    kubeconfig: kubeconfig.path,
  };
  return [first, ...asked.filter((one) => one.endpoint !== endpoint)];
}

export function backendsOf(
  facts: ClusterFacts,
  probes: ProbeIndex,
  authorities: Authorities,
): readonly Backend[] {
  const backends: Omit<Backend, 'index'>[] = [];
  for (const { node, result } of facts.nodes) {
    if (result.state !== 'read' || node.role !== 'control-plane') continue;
    if (isNoControlPlane(result.facts)) continue;
    backends.push(readBackend(node, result.facts, probes, authorities));
  }
  const seen = new Set(backends.flatMap(({ nodeName, address }) => [nodeName, address]));
  for (const { name, internalIps } of facts.api?.controlPlanes ?? []) {
    if (seen.has(name) || internalIps.some((ip) => seen.has(canonicalIp(ip)))) continue;
    const port = portOf(facts, internalIps);
    const [address] = internalIps.flatMap((ip) => canonicalIp(ip) ?? []);
    if (address === undefined) continue;
    const served = servedAt(probes, [address], port, undefined, authorities);
    if (served !== undefined) {
      backends.push({ kind: 'api', name, nodeName: name, address, port, served });
    }
  }
  if (backends.length === 0) backends.push(...endpointBackends(facts, probes, authorities));
  return backends.map((backend, index) => ({ ...backend, index }));
}

function readBackend(
  node: ClusterNode,
  facts: NodeFacts,
  probes: ProbeIndex,
  authorities: Authorities,
): Omit<Backend, 'index'> {
  const port = facts.apiserver?.securePort ?? 6443;
  const reading = facts.certificate?.reading;
  const address = canonicalIp(facts.apiserver?.advertiseAddress ?? '');
  const served = servedAt(probes, address === undefined ? [] : [address], port, node.name, authorities);
  return {
    kind: 'read',
    name: node.name,
    node,
    facts,
    ...(facts.nodeName === undefined ? {} : { nodeName: facts.nodeName }),
    ...(address === undefined ? {} : { address }),
    port,
    ...(reading?.ok === true ? { leaf: reading.certificates[0] } : {}),
    ...(served === undefined ? {} : { served }),
  };
}

/** Without any node, what the endpoints serve is all there is: one backend for each certificate, since a load balancer has several. */
function endpointBackends(
  facts: ClusterFacts,
  probes: ProbeIndex,
  authorities: Authorities,
): readonly Omit<Backend, 'index'>[] {
  const found = new Map<string, Omit<Backend, 'index'>>();
  for (const { endpoint, port } of askedEndpoints(facts)) {
    for (const probe of probes.get(endpoint) ?? []) {
      const leaf = genuineLeaf(probe, authorities);
      if (leaf === undefined || found.has(leaf.fingerprint)) continue;
      const isSecond = [...found.values()].some(({ name }) => name === endpoint);
      const name = isSecond ? `${endpoint} (${leaf.serial})` : endpoint;
      found.set(leaf.fingerprint, { kind: 'endpoint', name, port, served: { certificate: leaf, probe } });
    }
  }
  return [...found.values()];
}

/** The leaf where it is the cluster's own, as far as anybody can tell. */
export function genuineLeaf({ result }: Probe, authorities: Authorities): Certificate | undefined {
  if (result.state !== 'served') return undefined;
  const [leaf] = result.chain;
  const issuer = authorities.issuerOf(result.chain);
  const isGenuine =
    issuer === 'cluster-ca' || (issuer === 'unknown' && leaf !== undefined && isPlausible(leaf));
  return isGenuine ? leaf : undefined;
}

/** What is served there: best as the node itself sees it, without SNI; from elsewhere only what the cluster's CA signed. */
function servedAt(
  probes: ProbeIndex,
  addresses: readonly string[],
  port: number,
  node: string | undefined,
  authorities: Authorities,
): Served | undefined {
  const own = node === undefined ? [] : ['127.0.0.1', '::1', 'localhost'];
  let best: { readonly served: Served; readonly rank: number } | undefined;
  for (const host of [...addresses, ...own]) {
    for (const probe of probes.get(formatEndpoint(host, port)) ?? []) {
      const isFromNode = probe.from === node;
      if (probe.result.state !== 'served' || (own.includes(host) && !isFromNode)) continue;
      const certificate = isFromNode ? probe.result.chain[0] : genuineLeaf(probe, authorities);
      if (certificate === undefined) continue;
      const rank =
        (probe.serverName === undefined ? 0 : 8) + (isFromNode ? 0 : 4) + (probe.way === 'proxy' ? 2 : 0);
      if (best === undefined || rank < best.rank) best = { served: { certificate, probe }, rank };
    }
  }
  return best?.served;
}

function portOf(facts: ClusterFacts, addresses: readonly string[]): number {
  const endpoint = facts.api?.endpoints?.find(({ address }) => addresses.includes(address));
  return endpoint?.port ?? 6443;
}
