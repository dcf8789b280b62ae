/** Rules on addresses, load balancers and ranges: what stands between the clients and the API servers. */
import { isInRange, parseRange } from '../../flavours/service-range.ts';
import type { Finding } from '../../model/finding.ts';
import { canonicalIp, ipKind } from '../../model/ip.ts';
import { parseServerAddress } from '../../model/server-address.ts';
import type { Context, Rule } from '../context.ts';
import { pathOf } from '../dialled.ts';
import { finding } from '../finding.ts';
import { forwardRule } from '../firewall.ts';

/** The advertise address is on no interface: this node was moved, which is more than a missing name. */
const foreignAddress: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, system }) => {
    const address = canonicalIp(apiserver?.advertiseAddress ?? '');
    const addresses = system.addresses.map((one) => canonicalIp(one) ?? one);
    // All of 127.0.0.0/8 is the node itself, though the interface lists one of them.
    if (address === undefined || isLoopback(address)) return [];
    if (addresses.length === 0 || addresses.includes(address)) return [];
    return [finding('foreign-address', 'error', { address, addresses }, node)];
  });

/** The default route leaves by another interface, whose address the bare kubeadm recipe would take. */
const wrongDefaultRoute: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, system }) => {
    const advertise = canonicalIp(apiserver?.advertiseAddress ?? '');
    const defaultRoute = canonicalIp(system.defaultRouteAddress ?? '');
    // Of two families, the other one's route says nothing.
    if (advertise === undefined || defaultRoute === undefined || advertise === defaultRoute) return [];
    if (advertise.includes(':') !== defaultRoute.includes(':')) return [];
    return [finding('wrong-default-route', 'info', { advertise, defaultRoute }, node)];
  });

/** Node addresses inside the service range: kube-proxy may take packets to a node for packets to a Service. */
const rangeOverlap: Rule = ({ facts, backends }) => {
  const flags = backends.flatMap(({ facts: node }) => node?.apiserver?.serviceRanges ?? []);
  const configured = facts.api?.kubeadmConfig?.configuration.serviceSubnets ?? [];
  // Not all addresses of the interfaces: kube-proxy in IPVS mode puts each Service's address on one.
  const nodes = [...(facts.api?.controlPlanes ?? []), ...(facts.api?.workers ?? [])];
  const addresses = [
    ...backends.flatMap(({ address }) => address ?? []),
    ...nodes.flatMap(({ internalIps }) => internalIps),
  ];
  return [...new Set([...flags, ...configured])].flatMap((text) => {
    const range = parseRange(text);
    if (range === undefined) return [];
    const inside = [...new Set(addresses)].filter((address) => isInRange(range, address));
    const args = { range: range.text, addresses: inside };
    return inside.length === 0 ? [] : [finding('service-range-overlaps-nodes', 'warning', args)];
  });
};

/** Kubelets dial an address that the cluster itself must serve: after a power cut neither comes up. */
const bootstrapLoop: Rule = ({ facts, read }) => {
  const services = new Map(
    (facts.api?.loadBalancerServices ?? []).flatMap(({ namespace, name, addresses }) =>
      addresses.map((address) => [canonicalIp(address) ?? address, `${namespace}/${name}`] as const),
    ),
  );
  const servers = read.flatMap(({ kubeconfigs }) =>
    kubeconfigs.filter(({ path }) => pathOf(path) === 'kubelet').flatMap((file) => file.servers),
  );
  const looping = new Map<string, Finding>();
  for (const server of servers) {
    const address = parseServerAddress(server)?.san.value ?? '';
    const service = services.get(address);
    if (service === undefined) continue;
    looping.set(address, finding('vip-bootstrap-loop', 'warning', { address, service }));
  }
  return [...looping.values()];
};

/** A load balancer's list of API servers is not the list of control planes. */
const staleUpstream: Rule = (context) => {
  const known = controlPlaneAddresses(context);
  return context.read.flatMap(({ node, loadBalancers }) =>
    loadBalancers.flatMap(({ kind, path, backends }) => {
      const hosts = backends.map(({ host }) => canonicalIp(host));
      // A backend given by name could be any of them.
      if (hosts.length === 0 || hosts.includes(undefined)) return [];
      const given = new Set(hosts.filter((host) => host !== undefined && !isLoopback(host)));
      // Addresses of which the API knows none, such as those of another network, cannot be compared.
      if (![...given].some((host) => known.all.has(host ?? ''))) return [];
      const gone = known.isComplete ? [...given].filter((host) => !known.all.has(host ?? '')) : [];
      const absent = known.groups
        .filter((group) => !group.some((one) => given.has(one)))
        .flatMap(([one = '']) => one);
      if (given.size === 0 || (gone.length === 0 && absent.length === 0)) return [];
      return [
        finding(
          'stale-upstream',
          'warning',
          { kind, path, gone: gone.flatMap((one) => one ?? []), absent },
          node,
        ),
      ];
    }),
  );
};

/** The endpoints of the `kubernetes` Service are not the control planes: pods are sent to a machine that is gone. */
const staleEndpoints: Rule = (context) => {
  const { endpoints, controlPlanes } = context.facts.api ?? {};
  if (endpoints === undefined || endpoints.length === 0 || controlPlanes === undefined) return [];
  const known = controlPlaneAddresses(context);
  const given = new Set(endpoints.map(({ address }) => canonicalIp(address) ?? address));
  const gone = [...given].filter((address) => !known.all.has(address));
  const absent = known.groups
    .filter((group) => !group.some((one) => given.has(one)))
    .flatMap(([one = '']) => one);
  return gone.length + absent.length === 0 ? [] : [finding('stale-endpoints', 'warning', { gone, absent })];
};

interface ControlPlaneAddresses {
  /** All addresses of one control plane together: a list may name any of them. */
  readonly groups: readonly (readonly string[])[];
  readonly all: ReadonlySet<string>;
  /** Only the API knows that there are no others. */
  readonly isComplete: boolean;
}

function controlPlaneAddresses({ facts, backends }: Context): ControlPlaneAddresses {
  const byName = new Map<string, Set<string>>();
  for (const { name, internalIps } of facts.api?.controlPlanes ?? []) {
    byName.set(name, new Set(internalIps.map((ip) => canonicalIp(ip) ?? ip)));
  }
  for (const { kind, name, nodeName, address, facts: node } of backends) {
    if (kind === 'endpoint' || address === undefined) continue;
    const key = nodeName ?? name;
    const own = (node?.system.addresses ?? []).flatMap((one) => canonicalIp(one) ?? []);
    byName.set(key, new Set([address, ...(byName.get(key) ?? []), ...own.filter((one) => !isLoopback(one))]));
  }
  const groups = [...byName.values()].map((group) => [...group]).filter((group) => group.length > 0);
  return { groups, all: new Set(groups.flat()), isComplete: facts.api?.controlPlanes !== undefined };
}

function isLoopback(address: string): boolean {
  return ipKind(address) === 'loopback';
}

/** A firewall rule of this node's leads another address or port to its API server. */
const portForwarded: Rule = ({ read }) =>
  read.flatMap(({ node, apiserver, system }) => {
    const port = apiserver?.securePort ?? 6443;
    return system.firewall
      .filter((rule) => forwardRule(rule, port) !== undefined)
      .map((rule) => finding('port-forwarded', 'info', { port, rule }, node));
  });

export const networkRules: readonly Rule[] = [
  foreignAddress,
  wrongDefaultRoute,
  rangeOverlap,
  bootstrapLoop,
  staleUpstream,
  staleEndpoints,
  portForwarded,
];
