/** A saved plan is planned anew before it is applied, and must come to the same; a text is taken back only where it is our own edit. */
import { expect, test } from 'vitest';
import type { NodePlan, Plan } from '../../src/model/plan.ts';
import { flagOf } from '../../src/plan/ask.ts';
import { editKubeadmConfig } from '../../src/plan/durable.ts';
import { askFrom, differences } from '../../src/plan/same-plan.ts';
import { isOurEdit } from '../../src/plan/written-by.ts';
import { buildFacts, factsOf, leafOf, namesOf, reissue, leaf, without } from '../support/facts.ts';
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
    'a name of its own that one node lacks and another holds',
    reissue(
      reissue(facts, 'cp2', without(leafOf(facts, 'cp2'), ['cp2'])),
      'cp1',
      leaf([...namesOf(leafOf(facts, 'cp1')), 'cp2']),
    ),
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

const saved = planFor(facts, asking(['new.example.com']));
const [first, ...others] = saved.nodes;
if (first === undefined) throw new Error('no node');

function withFirst(change: Partial<NodePlan>): Plan {
  return { ...saved, nodes: [{ ...first, ...change } as NodePlan, ...others] };
}

/** The same names, and what becomes of the new one is told otherwise. */
function withFate(fate: NodePlan['names'][number]['fate']): Plan {
  return withFirst({
    names: first?.names.map((one) => (one.san.value === 'new.example.com' ? { ...one, fate } : one)) ?? [],
  });
}

test('asked for again are the names that are new, and none that stays anyway or goes somewhere', () => {
  const wish = { san: named('new.example.com'), from: 'flag' };
  expect(askFrom(saved)).toMatchObject({ wishes: [wish], removals: [] });
  expect(askFrom(withFate('removed'))).toMatchObject({ wishes: [], removals: [wish.san] });
  expect(askFrom({ ...saved, nodes: [] })).toMatchObject({ wishes: [], removals: [] });
});

test('whatever a flag accepts was accepted by whoever saved the plan, and does not refuse it now', () => {
  const { accepted } = askFrom(saved);
  for (const risk of Object.keys(flagOf)) expect(accepted).toHaveProperty(risk, true);
});

test.each<[string, Plan, Plan]>([
  ['a name that is there by now', withFate('kept'), saved],
  ['the order of names', withFirst({ names: first.names.toReversed() }), saved],
  [
    'the key of a certificate that nobody signs',
    withFirst({ action: 'nothing' }),
    withFirst({ action: 'nothing', certificate: { ...first.certificate, algorithm: 'RSA-4096' } }),
  ],
  ['advice', { ...saved, durable: [advice(), ...saved.durable] }, saved],
  ['advice alone', { ...saved, durable: [advice()] }, { ...saved, durable: [] }],
])('both do the same: %s', (_, one, other) => {
  expect(differences(one, other)).toEqual([]);
  expect(differences(other, one)).toEqual([]);
});

test.each<[string, Plan]>([
  ['a name goes', withFate('removed')],
  ['a name fewer', withFirst({ names: first.names.slice(1) })],
  ['another action', withFirst({ action: 'restart' })],
  ['another key', withFirst({ certificate: { ...first.certificate, algorithm: 'RSA-4096' } })],
])('it is told on which node something else would be signed: %s', (_, other) => {
  expect(differences(saved, other)).toEqual([`what is to be signed for ${first.node}`]);
  expect(differences(other, saved)).toEqual([`what is to be signed for ${first.node}`]);
});

function advice(): Plan['durable'][number] {
  return { kind: 'advice', about: 'kubespray-file', where: 'x', why: 'y', text: 'z' };
}

test('a plan that says something else than the cluster gives is told where', () => {
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
