/** A load balancer that answers from the one control plane which has the name already: the others still lack it. */
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { planFor } from '../support/plans.ts';
import { addressOf, buildFacts, leaf, leafOf, namesOf, reissue, served } from '../support/facts.ts';

const vip = '203.0.113.200';

function behind(first: readonly string[], answering: string): ClusterFacts {
  const facts = first.reduce(
    (all, name) => reissue(all, name, leaf([...namesOf(leafOf(all, name)), vip])),
    buildFacts(),
  );
  return {
    ...facts,
    endpoints: [{ host: vip, port: 6443 }],
    probes: [...facts.probes, served(leafOf(facts, answering), { host: vip })],
  };
}

test('with cp1 done alone and cp1 answering, every third call works: the others lack it (fault 46)', () => {
  const { findings, verdict, exitCode } = diagnoseCluster(behind(['cp1'], 'cp1'));
  const stale = findings.find(({ code }) => code === 'one-backend-stale');
  expect(stale).toMatchObject({ severity: 'error', args: { names: [vip], stale: ['cp2', 'cp3'] } });
  expect({ verdict, exitCode }).toEqual({ verdict: 'names-missing', exitCode: 2 });
});

test('with cp2 answering it is missing', () => {
  const { findings, exitCode } = diagnoseCluster(behind(['cp1'], 'cp2'));
  expect(findings.filter(({ code }) => code === 'san-missing')).toHaveLength(1);
  expect(exitCode).toBe(2);
});

test.each(['cp1', 'cp2'])('whichever answers (%s), the same two are planned for', (answering) => {
  const plan = planFor(behind(['cp1'], answering));
  expect(plan.nodes.map(({ node, action }) => `${node} ${action}`).toSorted()).toEqual([
    'cp1 nothing',
    'cp2 reissue',
    'cp3 reissue',
  ]);
  expect(plan.exitCode).toBe(2);
});

test('with all of them done there is nothing to do', () => {
  const facts = behind(['cp1', 'cp2', 'cp3'], 'cp2');
  expect(diagnoseCluster(facts).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(planFor(facts).nodes.map(({ action }) => action)).toEqual(['nothing', 'nothing', 'nothing']);
});

test('an address of one node alone is wanted of no other', () => {
  const facts = buildFacts();
  const own = { ...facts, endpoints: [{ host: addressOf(1), port: 6443 }] };
  expect(diagnoseCluster(own)).toMatchObject({ exitCode: 0 });
});
