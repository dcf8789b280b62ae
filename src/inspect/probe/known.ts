/** What is worth a handshake, out of what was read so far: nodes, kubeconfig, flags, and what the cluster tells of its own ways in. */
import { canonicalIp, ipKind } from '../../model/ip.ts';
import type { ApiFacts } from '../../model/api-facts.ts';
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import type { NodeFacts } from '../../model/node-facts.ts';
import type { ClusterNode } from '../../model/node.ts';
import type { Known, PlannedControlPlane, PlannedEndpoint } from './plan-probes.ts';

export interface Sources {
  readonly nodes: readonly ClusterNode[];
  /** By ClusterNode.name; absent while it is being read. */
  readonly read: ReadonlyMap<string, NodeFacts | 'unread'>;
  /** Nodes whose readers can dial. */
  readonly dialling: ReadonlySet<string>;
  readonly api?: ApiFacts;
  readonly kubeconfig?: Pick<NonNullable<ClusterFacts['kubeconfig']>, 'server' | 'tlsServerName'>;
  /** --endpoint */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly wishes: Known['wishes'];
  /** A plan looks who answers on a name before the cluster vouches for it. */
  readonly dialsWishes?: boolean;
  readonly proxyFor: Known['proxyFor'];
}

const usualPort = 6443;

export function knownFrom(sources: Sources): Known {
  const { nodes, read, api, wishes, proxyFor } = sources;
  const facts = nodes.flatMap(({ name }) => {
    const one = read.get(name);
    return one === undefined || one === 'unread' ? [] : [one];
  });
  const toldServers = [
    ...facts.flatMap(({ kubeconfigs }) => kubeconfigs.flatMap(({ servers }) => servers)),
    ...(api?.kubeProxyServer === undefined ? [] : [api.kubeProxyServer]),
    ...(api?.clusterInfo === undefined ? [] : [api.clusterInfo.server]),
  ].flatMap((server) => endpointOf(server) ?? []);
  return {
    endpoints: [
      ...sources.endpoints.map((endpoint) => ({ ...endpoint, ground: 'named' as const })),
      ...ofKubeconfig(sources.kubeconfig),
      ...(sources.dialsWishes === true ? ofWishes(sources) : []),
      ...[
        ...toldServers.filter(({ host }) => !isOwn(host)),
        ...(api?.endpoints ?? []).map(({ address, port }) => ({ host: address, port })),
        ...facts.flatMap(ofLoadBalancers),
        ...(api?.loadBalancerServices ?? []).flatMap(({ addresses, ports }) =>
          addresses.flatMap((host) => ports.map((port) => ({ host, port }))),
        ),
      ].map((endpoint) => ({ ...endpoint, ground: 'told' as const })),
    ],
    controlPlanes: nodes
      .filter(({ role }) => role === 'control-plane')
      .map((node) => controlPlane(node, sources)),
    ownEndpoints: facts
      .filter(({ node }) => sources.dialling.has(node))
      .flatMap(({ node, kubeconfigs }) =>
        kubeconfigs
          .flatMap(({ servers }) => servers.flatMap((server) => endpointOf(server) ?? []))
          .filter(({ host }) => isOwn(host))
          .map((endpoint) => ({ node, ...endpoint })),
      ),
    wishes,
    proxyFor,
  };
}

function ofKubeconfig(kubeconfig: Sources['kubeconfig']): readonly PlannedEndpoint[] {
  const endpoint = kubeconfig && endpointOf(kubeconfig.server);
  if (!endpoint) return [];
  const serverName = kubeconfig.tlsServerName;
  return [{ ...endpoint, ground: 'given', ...(serverName === undefined ? {} : { serverName }) }];
}

/** By the port of the kubeconfig, since it is the same API that clients look for there. */
function ofWishes({ wishes, kubeconfig }: Sources): readonly PlannedEndpoint[] {
  const port = (kubeconfig && endpointOf(kubeconfig.server)?.port) ?? usualPort;
  return wishes
    .filter(({ value }) => !value.startsWith('*.') && !isOwn(value))
    .map(({ value }) => ({ host: value, port, ground: 'given' }));
}

function ofLoadBalancers({ loadBalancers }: NodeFacts): readonly { host: string; port: number }[] {
  return loadBalancers.flatMap(({ addresses, port = usualPort }) =>
    addresses.filter((host) => !isOwn(host)).map((host) => ({ host, port })),
  );
}

/** A name by which ssh reaches it may be one of ssh's configuration alone, so it is dialled only when no address comes to be known. */
function controlPlane(
  { name, source, target }: ClusterNode,
  { read, dialling }: Sources,
): PlannedControlPlane {
  const one = read.get(name);
  const apiserver = one === undefined || one === 'unread' ? undefined : one.apiserver;
  const host = target.via === 'ssh' ? target.host : undefined;
  const isUsable = host !== undefined && (canonicalIp(host) !== undefined || one === 'unread');
  return {
    node: name,
    ...(isUsable ? { host } : {}),
    ground: source === 'flag' ? 'named' : 'given',
    port: apiserver?.securePort ?? usualPort,
    ...(apiserver?.advertiseAddress === undefined ? {} : { advertiseAddress: apiserver.advertiseAddress }),
    canDial: dialling.has(name),
  };
}

/** `localhost` and loopback addresses mean the node that says them. */
function isOwn(host: string): boolean {
  const address = canonicalIp(host);
  return address === undefined ? /^localhost\.?$/i.test(host) : ipKind(address) === 'loopback';
}

/** Of a kubeconfig's `server:`; undefined where it is not https. client-go takes 443 where no port is said. */
export function endpointOf(server: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain = '', port] =
    /^https:\/\/(?:[^@/?#]*@)?(?:\[([^\]]{1,100})\]|([^:/?#@[\]]{1,253}))(?::(\d{1,5}))?(?:[/?#].*)?$/i.exec(
      server.trim(),
    ) ?? [];
  const host = bracketed ?? plain;
  return host === '' ? undefined : { host, port: port === undefined ? 443 : Number(port) };
}
