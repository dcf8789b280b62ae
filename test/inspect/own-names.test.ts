/** What nodes are called that were named by an address. */
import { expect, test } from 'vitest';
import { withNodeNames, withOwnNames } from '../../src/inspect/own-names.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import { addressOf, buildFacts, changeNode, factsOf } from '../support/facts.ts';

const nameless = { nodeName: undefined } as unknown as Partial<NodeFacts>;
const nameOf = (facts: ClusterFacts, name: string) => factsOf(withNodeNames(facts), name).nodeName;

/** As if all had been typed as addresses. */
function byAddress(facts: ClusterFacts): ClusterFacts {
  return {
    ...facts,
    nodes: facts.nodes.map((one) => ({ ...one, node: { ...one.node, name: `typed ${one.node.name}` } })),
  };
}

test('where no certificate tells, it is what the API calls the node with this InternalIP', () => {
  const facts = changeNode(buildFacts(), 'cp2', () => nameless);
  expect(nameOf(facts, 'cp2')).toBe('cp2');
  const { nodes } = withOwnNames(withNodeNames(byAddress(facts)));
  expect(nodes.map(({ node }) => node.name).slice(0, 3)).toEqual(['cp1', 'cp2', 'cp3']);
});

test('a certificate goes before the API', () => {
  const facts = changeNode(buildFacts(), 'cp2', () => ({ nodeName: 'other' }));
  expect(nameOf(facts, 'cp2')).toBe('other');
});

test('by an address of an interface, where the node is reached and advertised by another', () => {
  const facts = changeNode(buildFacts({ controlPlanes: 1, workers: 1 }), 'worker1', ({ system }) => ({
    ...nameless,
    system: { ...system, addresses: ['127.0.0.1', '10.9.9.9'] },
  }));
  const { api } = facts;
  if (api === undefined) throw new Error('there is no API');
  const known = {
    ...facts,
    api: { ...api, workers: [{ name: 'w1', internalIps: ['10.9.9.9'], isReady: true }] },
  };
  expect(nameOf(known, 'worker1')).toBe('w1');
});

test.each<[string, (facts: ClusterFacts) => ClusterFacts]>([
  ['nobody has the address', (facts) => ({ ...facts, api: { ...apiIn(facts), controlPlanes: [] } })],
  [
    'two have it',
    (facts) => ({
      ...facts,
      api: {
        ...apiIn(facts),
        controlPlanes: ['a', 'b'].map((name) => ({ name, internalIps: [addressOf(2)], isReady: true })),
      },
    }),
  ],
  [
    'another node proves that it has the name',
    (facts) => changeNode(facts, 'cp3', () => ({ nodeName: 'cp2' })),
  ],
])('it stays unknown where %s', (_, change) => {
  expect(nameOf(change(changeNode(buildFacts(), 'cp2', () => nameless)), 'cp2')).toBeUndefined();
});

function apiIn(facts: ClusterFacts): NonNullable<ClusterFacts['api']> {
  if (facts.api === undefined) throw new Error('there is no API');
  return facts.api;
}
