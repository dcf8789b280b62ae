/** A healthy cluster to damage, and the check that each damage is found for what it is, and nothing else. */
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import { addressOf, buildFacts, ca, changeNode, leaf, leafOf, namesOf } from './facts.ts';

export const healthy = buildFacts();
export const cp1 = leafOf(healthy, 'cp1');
export const cp2 = leafOf(healthy, 'cp2');
export const plus = (...names: readonly string[]) => leaf([...namesOf(cp2), ...names]);
export const onCp2 = (change: (node: NodeFacts) => Partial<NodeFacts>) => changeNode(healthy, 'cp2', change);
export const system = (change: Partial<NodeFacts['system']>) =>
  onCp2((node) => ({ system: { ...node.system, ...change } }));
export const given = {
  path: '/root/config',
  context: 'a',
  server: 'https://lb.example:6443',
  skipsVerification: false,
  ca: [ca.pem],
};
export const unread = (
  name: string,
  code: 'timeout' | 'authentication' | 'garbled',
  role: 'control-plane' | 'worker' = 'control-plane',
): ClusterFacts['nodes'][number] => ({
  node: { name, role, target: { via: 'ssh', host: name }, source: 'flag' },
  result: { state: 'unread', trouble: { code, message: 'm', hint: 'h', retryable: false } },
});
export const replace = (name: string, by: ClusterFacts['nodes'][number]): ClusterFacts => ({
  ...healthy,
  nodes: healthy.nodes.map((one) => (one.node.name === name ? by : one)),
  probes: healthy.probes.filter(
    ({ host, from }) => from !== name && host !== addressOf(Number(name.slice(-1))),
  ),
});

export const bare: Partial<NodeFacts> = {
  nodeName: undefined,
  kubelet: undefined,
  kubeconfigs: [],
  distributions: [],
  pods: [],
} as unknown as Partial<NodeFacts>;
/** As if it alone had been named by --node. */
export const asControlPlane = (name: string, change: Partial<NodeFacts>): ClusterFacts => {
  const { api: _, ...rest } = changeNode(healthy, name, () => change);
  return {
    ...rest,
    nodes: rest.nodes
      .filter(({ node }) => node.name === name)
      .map((one) => ({ ...one, node: { ...one.node, role: 'control-plane' as const } })),
    probes: [],
  };
};

function codes(facts: ClusterFacts): readonly string[] {
  return diagnoseCluster(facts)
    .findings.map(({ code, node, severity }) =>
      [severity[0], code, ...(node === undefined ? [] : [node])].join(' '),
    )
    .toSorted();
}

export type Row = readonly [sentence: string, facts: ClusterFacts, codes: readonly string[], exit: number];

/** Each row: a sentence, the facts, the codes (and nodes) to be found. */
export function testRows(rows: readonly Row[]): void {
  test.each(rows)('%s', (_sentence, facts, expected, exit) => {
    const found = codes(facts).filter(
      (line) => !(isStaleSide(expected) && line.startsWith('e one-backend-stale')),
    );
    expect(found).toEqual(expected.toSorted());
    expect(diagnoseCluster(facts).exitCode).toBe(exit);
  });
}

/** Where one of three lacks a name that clients dial, that one backend is stale is said beside it; the rows say it where it is the point. */
function isStaleSide(expected: readonly string[]): boolean {
  return (
    expected.some((line) => line.includes('san-missing')) &&
    !expected.some((line) => line.includes('one-backend'))
  );
}
