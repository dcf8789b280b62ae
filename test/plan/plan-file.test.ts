/** A plan goes to a file and comes back the same; anything else is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/model/digest.ts';
import { readPlan, writePlan } from '../../src/plan/plan-file.ts';
import { buildFacts } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';

const plan = planFor(buildFacts(), asking(['203.0.113.10']));
const file = writePlan(plan);

test('comes back as it was', () => {
  expect(readPlan(file)).toEqual({ ok: true, plan });
  // An editor on Windows adds a mark, a copy loses the last line end.
  expect(readPlan(`\ufeff${file.trimEnd()}`).ok).toBe(true);
});

test('holds no key and no password', () => {
  expect(file).not.toMatch(/PRIVATE KEY|BEGIN |token|password/i);
});

describe('is refused', () => {
  const changed = (change: (json: Record<string, unknown>) => void): string => {
    const json = JSON.parse(file) as Record<string, unknown>;
    change(json);
    return JSON.stringify(json);
  };
  test.each([
    ['empty', '', 'not-json', 7],
    ['a text', 'x509: certificate is valid for …', 'not-json', 64],
    ['the JSON of something else', '{"formatVersion":"1.0","command":"inspect"}', 'foreign', 64],
    ['a list', '[]', 'foreign', 64],
    ['cut off', file.slice(0, 2000), 'not-json', 7],
    ['of an older format', changed((json) => (json['formatVersion'] = 0)), 'other-format', 7],
    ['of a newer format', changed((json) => (json['formatVersion'] = 2)), 'other-format', 7],
    ['of no format', changed((json) => delete json['formatVersion']), 'other-format', 7],
    ['without its digest', changed((json) => delete json['digest']), 'tampered', 7],
    ['changed in one letter', file.replace('203.0.113.10', '203.0.113.11'), 'tampered', 7],
    [
      'changed with a digest that fits, so that it is no plan',
      changed((json) => {
        json['plan'] = { nodes: 'x' };
        json['digest'] = digestOf(JSON.stringify(json['plan'], undefined, 2));
      }),
      'incomplete',
      7,
    ],
  ])('%s', (_, text, fault, exitCode) => {
    expect(readPlan(text)).toMatchObject({ ok: false, fault, exitCode });
  });

  test('wherever it is cut or changed', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 3), fc.boolean(), (at, isCut) => {
        const text = isCut
          ? file.slice(0, at)
          : `${file.slice(0, at)}${file[at] === '0' ? '1' : '0'}${file.slice(at + 1)}`;
        expect(readPlan(text).ok).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
