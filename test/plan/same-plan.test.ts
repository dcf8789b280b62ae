/** A saved plan is planned anew before it is applied, and must come to the same; a text is taken back only where it is our own edit. */
import { expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { editKubeadmConfig } from '../../src/plan/durable.ts';
import { askFrom, differences } from '../../src/plan/same-plan.ts';
import { isOurEdit } from '../../src/plan/written-by.ts';
import { buildFacts, factsOf, leafOf, namesOf, reissue, leaf } from '../support/facts.ts';
import { asking, named, planFor, withText } from '../support/plans.ts';

const facts = withText(buildFacts());

test.each([
  ['a new name', facts, asking(['new.example.com', '203.0.113.10'])],
  ['nothing', facts, asking([])],
  [
    'a name that one node has already',
    reissue(facts, 'cp2', leaf([...namesOf(leafOf(facts, 'cp2')), 'new.example.com'])),
    asking(['new.example.com']),
  ],
  [
    'a name that only one node keeps, and another for all',
    reissue(facts, 'cp2', leaf([...namesOf(leafOf(facts, 'cp2')), 'own.example'])),
    asking(['new.example.com']),
  ],
  [
    'a removal',
    withText(buildFacts({ certSans: ['localhost', 'gone.example'] })),
    asking([], { removals: [named('gone.example')] }),
  ],
])('planned anew from what it says, it comes to the same: %s', (_, cluster, ask) => {
  const saved = planFor(cluster, ask);
  const remade = planFor(cluster, { ...asking([]), ...askFrom(saved) });
  expect(differences(saved, remade)).toEqual([]);
  expect(remade.refusals).toEqual(saved.refusals);
  expect(factsOf(cluster, 'cp1')).toBeDefined();
});

test('a plan that says something else than the cluster gives is told where', () => {
  const saved = planFor(facts, asking(['new.example.com']));
  const [first, ...others] = saved.nodes;
  if (first === undefined) throw new Error('no node');
  const forged: Plan = {
    ...saved,
    nodes: [{ ...first, names: first.names.filter(({ san }) => san.value !== 'kubernetes') }, ...others],
  };
  expect(differences(forged, saved)).toEqual([`what is to be signed for ${first.node}`]);
  expect(differences({ ...saved, nodes: others }, saved)).toEqual([
    'which control planes, or in which order',
  ]);
  expect(differences({ ...saved, durable: [] }, saved)).toEqual(['kubeadm-config']);
});

const old = facts.api?.kubeadmConfig?.text ?? '';

function edited(names: readonly string[]): string {
  const { changes } = editKubeadmConfig(facts, names.map(named), { removed: new Set(), isNew: () => true });
  const [change] = changes;
  return change?.kind === 'kubeadm-config' ? change.after : '';
}

test('what a run added is its own edit; one byte more, or a name that its certificates do not hold, is not', () => {
  const made = ['new.example.com', '203.0.113.10'].map(named);
  const now = edited(['new.example.com', '203.0.113.10']);
  expect(now).toContain('new.example.com');
  expect(isOurEdit(old, now, made)).toBe(true);
  expect(isOurEdit(old, old, made)).toBe(true);
  expect(isOurEdit(old, `${now}# by hand\n`, made)).toBe(false);
  expect(isOurEdit(old, now.replace('v1.34.1', 'v1.35.0'), made)).toBe(false);
  expect(isOurEdit(old, now, [named('new.example.com')])).toBe(false);
  expect(isOurEdit(old, '{', made)).toBe(false);
});
