/** What is said of a node on which nothing could be tried: it is no node that was tried. */
import { expect, test } from 'vitest';
import { withRehearsals } from '../../src/plan/rehearsed.ts';
import { buildFacts } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';

test('a node whose kubeadm was not tried is a risk, and not among those that were', () => {
  const plan = planFor(buildFacts(), asking(['203.0.113.10']));
  const told = withRehearsals(plan, []);
  expect(told.rehearsed).toEqual([]);
  expect(told.risks.filter(({ code }) => code === 'not-rehearsed').map(({ node }) => node)).toEqual(
    plan.nodes.map(({ node }) => node),
  );
});

test('where nothing is to be signed nothing is missed', () => {
  const plan = planFor(buildFacts());
  expect(withRehearsals(plan, [])).toEqual({ ...plan, rehearsed: [] });
});

test('a kubeadm that signs nothing is a refusal, and the commands are taken out', () => {
  const plan = planFor(buildFacts(), asking(['203.0.113.10']));
  const all = plan.nodes.map(({ node }) => ({
    node,
    ca: undefined,
    rehearsed: { state: 'failed', why: 'x' } as const,
  }));
  const told = withRehearsals(plan, all);
  expect(told).toMatchObject({ exitCode: 7, next: [] });
  expect(told.nodes.every(({ forms }) => forms === undefined)).toBe(true);
});
