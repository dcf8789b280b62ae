/** What is said of control planes that could not be read: how to get in, and only where that is no risk how to go on without. */
import { expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { ReachTroubleCode } from '../../src/model/trouble.ts';
import { planReports } from '../../src/report/index.ts';
import { buildFacts } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';

const wish = asking(['203.0.113.10']);

function unread(code: ReachTroubleCode, which: readonly string[] = ['cp2']): ClusterFacts {
  const facts = buildFacts();
  const trouble = { code, message: 'it did not want to', hint: 'ask it nicely', retryable: false };
  return {
    ...facts,
    nodes: facts.nodes.map((one) =>
      which.includes(one.node.name) ? { ...one, result: { state: 'unread' as const, trouble } } : one,
    ),
  };
}

test('one that does not answer may be left out by somebody who knows what that means', () => {
  expect(planFor(unread('refused'), wish).refusals.find(({ code }) => code === 'not-read')?.remedy).toBe(
    'ask it nicely; or leave it out knowing that calls which reach it go on failing: --accept-uninspected',
  );
});

test.each(['host-key-changed', 'host-key-unknown', 'authentication', 'sudo-password'] as const)(
  'of %s only the way in is said',
  (code) => {
    expect(planFor(unread(code), wish).refusals.find((one) => one.code === 'not-read')?.remedy).toBe(
      'ask it nicely',
    );
  },
);

test('where none was read, that is the answer', () => {
  const facts = unread('refused', ['cp1', 'cp2', 'cp3']);
  const text = planReports['text']?.(planFor(facts, wish), { colour: false, width: 200 }) ?? '';
  expect(text).toMatch(/^Refused: no control plane could be read, so there is nothing to plan from\./);
});
