/** A plan that lay about is no longer what somebody agreed to. */
import { expect, test } from 'vitest';
import { stalenessOf } from '../../src/plan/plan-age.ts';

const made = '2026-11-21T06:00:00Z';
const hour = 3_600_000;

function after(milliseconds: number, madeAt = made): ReturnType<typeof stalenessOf> {
  return stalenessOf({ madeAt }, new Date(Date.parse(made) + milliseconds));
}

test.each([
  ['at once', 0],
  ['a day later', 24 * hour],
  ['by a clock that is four minutes behind', -4 * 60_000],
])('%s it is good', (_, milliseconds) => {
  expect(after(milliseconds)).toBeUndefined();
});

test.each([
  ['a second more than a day later', 24 * hour + 1000, 'it is 24 hours old, and a plan is good for 24 hours'],
  ['two days later', 49 * hour, 'it is 2 days old, and a plan is good for 24 hours'],
  ['before it was made', -hour, 'it was made 60 minutes from now: the clock of this machine or of the other'],
])('%s it is not', (_, milliseconds, words) => {
  expect(after(milliseconds)?.detail).toContain(words);
  expect(after(milliseconds)?.remedy).toContain('plan again');
});

test('how long is for the user to say', () => {
  const now = new Date(Date.parse(made) + 2 * hour);
  expect(stalenessOf({ madeAt: made }, now, hour)?.detail).toBe(
    'it is 2 hours old, and a plan is good for 60 minutes',
  );
  expect(stalenessOf({ madeAt: made }, now, 3 * hour)).toBeUndefined();
});

test('a time that nobody can read is no young one', () => {
  expect(after(0, 'yesterday')?.detail).toContain('of unknown age');
});
