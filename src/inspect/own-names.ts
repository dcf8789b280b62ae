/** Nodes that were named by an address get the name that the cluster has for them, if it is clear which. */
import type { ApiNode } from '../model/api-facts.ts';
import type { ClusterFacts, ReadNode } from '../model/cluster-facts.ts';
import { canonicalIp } from '../model/ip.ts';

/** Where no certificate of kubelet's tells the node's name, the API does: by the one node of its list that has this InternalIP. */
export function withNodeNames(facts: ClusterFacts): ClusterFacts {
  const listed = [...(facts.api?.controlPlanes ?? []), ...(facts.api?.workers ?? [])];
  if (listed.length === 0) return facts;
  const taken = new Set(
    facts.nodes.flatMap(({ result }) => (result.state === 'read' ? (result.facts.nodeName ?? []) : [])),
  );
  return {
    ...facts,
    nodes: facts.nodes.map((one) => {
      if (one.result.state !== 'read' || one.result.facts.nodeName !== undefined) return one;
      const nodeName = listedName(one, listed);
      if (nodeName === undefined || taken.has(nodeName)) return one;
      return { ...one, result: { ...one.result, facts: { ...one.result.facts, nodeName } } };
    }),
  };
}

/** By the address that it is reached by or advertises; then by those of its interfaces, where a VIP may be among them. */
function listedName({ node, result }: ReadNode, listed: readonly ApiNode[]): string | undefined {
  if (result.state !== 'read') return undefined;
  const { apiserver, system } = result.facts;
  const own = [apiserver?.advertiseAddress, node.target.via === 'ssh' ? node.target.host : undefined];
  for (const addresses of [own, system.addresses]) {
    const known = new Set(addresses.flatMap((address) => canonicalIp(address ?? '') ?? []));
    const found = listed.filter(({ internalIps }) =>
      internalIps.some((ip) => known.has(canonicalIp(ip) ?? ip)),
    );
    const [only, ...others] = found;
    if (only !== undefined) return others.length === 0 ? only.name : undefined;
  }
  return undefined;
}

/** Findings and tables then say `cp1`, as kubectl does, and not the address that was typed. */
export function withOwnNames(facts: ClusterFacts): ClusterFacts {
  const wanted = new Map<string, string>();
  for (const { node, result } of facts.nodes) {
    const own = result.state === 'read' ? result.facts.nodeName : undefined;
    if (node.source === 'flag' && own !== undefined && /^[a-z0-9][a-z0-9.-]{0,252}$/.test(own))
      wanted.set(node.name, own);
  }
  const counts = new Map<string, number>();
  for (const { node } of facts.nodes) {
    const name = wanted.get(node.name) ?? node.name;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [typed, own] of wanted) {
    const isTaken = (counts.get(own) ?? 0) > 1 || own === 'here';
    if (isTaken) wanted.delete(typed);
  }
  const nameOf = (name: string): string => wanted.get(name) ?? name;
  return {
    ...facts,
    nodes: facts.nodes.map((read) => ({
      ...read,
      node: { ...read.node, name: nameOf(read.node.name) },
      result:
        read.result.state === 'read'
          ? { ...read.result, facts: { ...read.result.facts, node: nameOf(read.result.facts.node) } }
          : read.result,
    })),
    probes: facts.probes.map((probe) => ({ ...probe, from: nameOf(probe.from) })),
    ...(facts.api === undefined ? {} : { api: { ...facts.api, readThrough: nameOf(facts.api.readThrough) } }),
  };
}
