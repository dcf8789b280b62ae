/** Every word with which a step ends early is said to the user as a clause. */
import { expect, test } from 'vitest';
import { clauseOf } from '../../src/apply/faults.ts';
import { steps } from '../../src/apply/steps.ts';

test('no word of a step is shown as it is', () => {
  const words = steps.flatMap(({ script }) =>
    [...script.matchAll(/\b(?:fault|drop|undone) ([a-z][a-z-]*)/g)].map(([, word = '']) => word),
  );
  expect(words.length).toBeGreaterThan(40);
  const unknown = words.filter((word) => clauseOf({ word }).startsWith('the node says'));
  expect([...new Set(unknown)]).toEqual([]);
});
