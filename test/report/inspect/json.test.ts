/** What the JSON of an inspection leaves out of the facts, and what it must keep. */
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import { inspectReports } from '../../../src/report/index.ts';
import { buildFacts, changeNode, corporateCa, read } from '../../support/facts.ts';
import { sampleStories } from '../../support/sample-stories.ts';

function factsIn(facts: ClusterFacts): ClusterFacts {
  const text = inspectReports['json']?.(diagnoseCluster(facts), { colour: false, width: 80 }) ?? '';
  return (JSON.parse(text) as { readonly facts: ClusterFacts }).facts;
}

const publicCas = Array.from({ length: 140 }, (_, index) => index.toString(16).padStart(64, '0'));
const bundle = (source: string, fingerprints: readonly string[]) => ({
  source,
  path: `/etc/${source}`,
  count: fingerprints.length,
  fingerprints,
});

test('of the sockets those on the port of the API server and of load balancers are kept', () => {
  const told = changeNode(buildFacts({ controlPlanes: 1, workers: 0 }), 'cp1', ({ system }) => ({
    loadBalancers: [
      {
        kind: 'haproxy',
        path: '/etc/haproxy/haproxy.cfg',
        addresses: ['10.0.0.9'],
        port: 8443,
        backends: [{ host: '10.0.0.1', port: 7443 }],
      },
    ],
    system: {
      ...system,
      listening: [22, 6443, 8443, 7443, 10_250].map((port) => ({ address: '::', port })),
    },
  }));
  const [node] = factsIn(told).nodes;
  const listening = node?.result.state === 'read' ? node.result.facts.system.listening : [];
  expect(listening.map(({ port }) => port)).toEqual([6443, 8443, 7443]);
});

test('of trust bundles their number is kept, and of their members those that somebody was shown', () => {
  const told = {
    ...buildFacts(),
    environment: { ...buildFacts().environment, trustBundles: [bundle('system', publicCas)] },
  };
  expect(factsIn(told).environment.trustBundles).toEqual([
    { source: 'system', path: '/etc/system', count: 140, fingerprints: [] },
  ]);
});

test('where something intercepts, whether its CA is in them is said', () => {
  const story = sampleStories['S4 proxy by the environment'];
  const { fingerprint } = read(corporateCa);
  const told = {
    ...story,
    environment: {
      ...story.environment,
      trustBundles: [bundle('system', [...publicCas, fingerprint]), bundle('curl', publicCas)],
    },
  };
  expect(factsIn(told).environment.trustBundles).toMatchObject([
    { count: 141, fingerprints: [fingerprint], holdsInterceptor: true },
    { count: 140, fingerprints: [], holdsInterceptor: false },
  ]);
});
