/** Names that were asked for: which are refused, and which a policy vouches for. */
import { describe, expect, test } from 'vitest';
import { buildFacts, corporateCa, leaf, served } from '../support/facts.ts';
import { asking, named, planFor } from '../support/plans.ts';

describe('names that were asked for', () => {
  test.each([
    [
      'a name for every address',
      { special: 'unspecified-address' as const },
      'name-refused',
      '--accept-special-names',
      { specialNames: true },
    ],
    [
      'a name out of a text',
      { from: 'text' as const },
      'unconfirmed-name',
      '--yes-names',
      { pastedNames: true },
    ],
  ])('%s needs a word more', (_, how, code, flag, accepted) => {
    const wishes = [{ san: named('203.0.113.10'), from: 'flag' as const, ...how }];
    const refused = planFor(buildFacts(), asking([], { wishes }));
    expect(refused).toMatchObject({
      exitCode: 7,
      refusals: [{ code, remedy: expect.stringContaining(flag) as string }],
    });
    expect(planFor(buildFacts(), asking([], { wishes, accepted }))).toMatchObject({
      exitCode: 2,
      refusals: [],
    });
  });

  test.each([
    [['203.0.113.0/24'], 2],
    [['*.example.com'], 7],
    [[], 7],
    [['203.0.113.10'], 2],
  ])('the policy %j ends with %i', (allow, exitCode) => {
    expect(planFor(buildFacts(), asking(['203.0.113.10'], { policy: { allow } })).exitCode).toBe(exitCode);
  });

  test('a policy vouches for what was pasted, at any depth below its wildcard', () => {
    const wishes = [{ san: named('a.b.example.com'), from: 'text' as const }];
    expect(planFor(buildFacts(), asking([], { wishes, policy: { allow: ['*.example.com'] } })).exitCode).toBe(
      2,
    );
  });

  test('the policy has a largest number', () => {
    const plan = planFor(buildFacts(), asking(['203.0.113.10'], { policy: { atMost: 10 } }));
    expect(plan.refusals.map(({ code }) => code)).toEqual([
      'too-many-names',
      'too-many-names',
      'too-many-names',
    ]);
  });

  test('one on which another server answers is refused, unless told', () => {
    const other = leaf(['ingress.local', 'shop.example.com'], { issuer: corporateCa });
    const facts = {
      ...buildFacts(),
      probes: [...buildFacts().probes, served(other, { host: '203.0.113.10' })],
    };
    expect(planFor(facts, asking(['203.0.113.10'])).refusals).toMatchObject([{ code: 'name-elsewhere' }]);
    const plan = planFor(facts, asking(['203.0.113.10'], { accepted: { answeredNames: true } }));
    expect(plan.exitCode).toBe(2);
    expect(plan.risks.map(({ code }) => code)).toContain('answered-elsewhere');
  });

  test('a text whose cause is another one leaves nothing to plan, exit 8', () => {
    const leftOut = [{ name: '193.164.155.89', why: 'something between client and API server answers' }];
    expect(planFor(buildFacts(), asking([], { leftOut }))).toMatchObject({ exitCode: 8, leftOut });
  });
});
