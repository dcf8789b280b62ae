/** Nodes that were named by an address get the name that the cluster has for them, if it is clear which. */
import type { ClusterFacts } from '../model/cluster-facts.ts';

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
