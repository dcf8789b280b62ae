/** Which handshakes are worth making, from what is known so far: asked again when the nodes have told more. Pure. */
import { canonicalIp } from '../../model/ip.ts';
import type { San } from '../../model/san.ts';
import type { Way } from '../../model/probe.ts';
import { authority, type Ground, isHost, refusedGround } from './ground.ts';
import type { ProxyAddress } from './proxy-address.ts';

/** An endpoint by which clients reach the API, or may. */
export interface PlannedEndpoint {
  readonly host: string;
  readonly port: number;
  /** `named`: --endpoint or --node. `given`: a kubeconfig or an inventory. `told`: by the cluster, as a LoadBalancer's address is. */
  readonly ground: Ground;
  /** A kubeconfig's tls-server-name. */
  readonly serverName?: string;
}

export interface PlannedControlPlane {
  /** ClusterNode.name */
  readonly node: string;
  /** How it is reached from here; undefined for docker and local. */
  readonly host?: string;
  readonly ground: Ground;
  /** 6443 unless its manifest said otherwise. */
  readonly port: number;
  /** From its manifest, so only after it was read. */
  readonly advertiseAddress?: string;
  /** Whether its reader can dial: then it is looked at from itself. */
  readonly canDial: boolean;
}

export interface Known {
  /** Of the kubeconfig and the flags first: the most wanted come first. */
  readonly endpoints: readonly PlannedEndpoint[];
  readonly controlPlanes: readonly PlannedControlPlane[];
  /** What a node's own kubeconfigs dial on that node alone: `localhost`, where a proxy of its own listens. */
  readonly ownEndpoints?: readonly { readonly node: string; readonly host: string; readonly port: number }[];
  readonly wishes: readonly San[];
  /** The proxy that a client here takes for an endpoint: proxyFor(), or what the kubeconfig's proxy-url says. */
  readonly proxyFor: (host: string, port: number) => ProxyAddress | undefined;
}

export interface PlannedProbe {
  readonly way: Way;
  /** `here`, or the node that dials. */
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly serverName?: string;
  readonly ground: Ground;
  readonly proxy?: ProxyAddress;
}

export interface ProbePlan {
  readonly probes: readonly PlannedProbe[];
  /** Not dialled, and why: `169.254.169.254:6443: a cloud metadata address`. */
  readonly refused: readonly { readonly endpoint: string; readonly why: string }[];
  /** How many were too many; those by wished name go first. */
  readonly leftOut: number;
}

/** Three control planes with thirty wished names each, and then some. */
export const mostProbes = 256;

export function planProbes(known: Known, most: number = mostProbes): ProbePlan {
  const refused = new Map<string, string>();
  const chosen = new Map<string, PlannedProbe>();
  for (const probe of candidates(known)) {
    const endpoint = authority(probe.host, probe.port);
    const against = whyNot(probe);
    if (against !== undefined) {
      if (probe.way !== 'proxy') refused.set(endpoint, against);
      continue;
    }
    const key = probeKey(probe);
    // The same endpoint may be known in two ways; the more trusted one counts, and it comes first.
    if (!chosen.has(key)) chosen.set(key, probe);
  }
  for (const { host, port } of chosen.values()) refused.delete(authority(host, port));
  const probes = [...chosen.values()];
  return {
    probes: probes.slice(0, most),
    refused: [...refused].map(([endpoint, why]) => ({ endpoint, why })),
    leftOut: Math.max(0, probes.length - most),
  };
}

/** Equal keys, equal probes. */
export function probeKey({ way, from, host, port, serverName, proxy }: PlannedProbe): string {
  const by = proxy === undefined ? '' : authority(proxy.host, proxy.port);
  const place = canonicalIp(host) ?? host.toLowerCase();
  return JSON.stringify([way, from, place, port, serverName?.toLowerCase() ?? '', by]);
}

/** The most telling first, because the end of the list is what is left out. */
function candidates({
  endpoints,
  controlPlanes,
  ownEndpoints = [],
  wishes,
  proxyFor,
}: Known): readonly PlannedProbe[] {
  const byGround = endpoints.toSorted(
    (one, other) => trust.indexOf(one.ground) - trust.indexOf(other.ground),
  );
  const ours = byGround.filter(({ ground }) => ground !== 'told').map(fromHere);
  const told = byGround.filter(({ ground }) => ground === 'told').map(fromHere);
  const nodes = controlPlanes.flatMap(byAddress);
  const plain = [...ours, ...nodes, ...told];
  const proxied = plain.flatMap((probe) => {
    const proxy = proxyFor(probe.host, probe.port);
    return proxy === undefined ? [] : [{ ...probe, way: 'proxy' as const, proxy }];
  });
  const named = wishes.flatMap((wish) => {
    const serverName = sniOf(wish);
    return serverName === undefined ? [] : nodes.map((probe) => ({ ...probe, serverName }));
  });
  const inside = [
    ...controlPlanes.flatMap(fromItself),
    ...ownEndpoints.map(({ node, host, port }) => throughNode(node, host, port)),
  ];
  return [...ours, ...nodes, ...proxied, ...inside, ...told, ...named];
}

const trust: readonly Ground[] = ['named', 'given', 'told'];

function fromHere({ host, port, ground, serverName }: PlannedEndpoint): PlannedProbe {
  // What the host says by itself is SNI already, as clients send it.
  const name = serverName ?? host;
  return {
    way: 'direct',
    from: 'here',
    host,
    port,
    ground,
    ...(canonicalIp(name) === undefined && isHost(name) && !name.includes('%')
      ? { serverName: sniText(name) }
      : {}),
  };
}

/** By every address that is known of it, without SNI: what a client that dials an address gets. */
function byAddress({ host, port, ground, advertiseAddress }: PlannedControlPlane): readonly PlannedProbe[] {
  return [
    ...(host === undefined ? [] : [{ host, ground }]),
    ...(advertiseAddress === undefined ? [] : [{ host: advertiseAddress, ground: 'told' as const }]),
  ].map((place) => ({ way: 'direct', from: 'here', port, ...place }));
}

function fromItself({ node, port, advertiseAddress, canDial }: PlannedControlPlane): readonly PlannedProbe[] {
  if (!canDial) return [];
  const places = advertiseAddress === undefined ? ['127.0.0.1'] : [advertiseAddress, '127.0.0.1'];
  return places.map((host) => throughNode(node, host, port));
}

function throughNode(node: string, host: string, port: number): PlannedProbe {
  return { way: 'ssh', from: node, host, port, ground: 'told' };
}

/** No client sends a wildcard, and none sends an address: https://www.rfc-editor.org/rfc/rfc6066#section-3 */
function sniOf(wish: San): string | undefined {
  return wish.type === 'dns' && !wish.value.startsWith('*.') ? sniText(wish.value) : undefined;
}

/** Go sends it without the final dot. */
function sniText(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function whyNot({ host, port, way, ground }: PlannedProbe): string | undefined {
  if (!isHost(host)) return 'no address and no name';
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'no port';
  return way === 'ssh' ? undefined : refusedGround(host, ground);
}
