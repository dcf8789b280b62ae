/** In which order control planes are changed, and what is said of it: the riskless first, the one that we look through last. */
import { expect, test } from 'vitest';
import { type Order, orderOf } from '../../src/plan/order.ts';
import type { Subject } from '../../src/plan/subject.ts';

interface Named {
  readonly among: readonly string[];
  readonly broken?: readonly string[];
  readonly readThrough?: string;
}

function ordered({ among, broken = [], readThrough }: Named): Order {
  // Nothing but the name is looked at; what is broken is for others to say.
  const given = among.map((name) => ({ name }) as Subject);
  return orderOf(given, { isBroken: ({ name }) => broken.includes(name), readThrough });
}

function namesIn(asked: Named): readonly string[] {
  return ordered(asked).subjects.map(({ name }) => name);
}

test('by name as a person counts: cp2 comes before cp10, however they were read', () => {
  const counted = ['cp1', 'cp2', 'cp10', 'cp11'];
  expect(namesIn({ among: ['cp10', 'cp11', 'cp2', 'cp1'] })).toEqual(counted);
  expect(namesIn({ among: ['cp2', 'cp1', 'cp11', 'cp10'] })).toEqual(counted);
});

test('one that nobody can use today comes first, and the one through which the API is read last', () => {
  const among = ['cp1', 'cp2', 'cp3', 'cp10'];
  expect(namesIn({ among, readThrough: 'cp1' })).toEqual(['cp2', 'cp3', 'cp10', 'cp1']);
  expect(namesIn({ among, broken: ['cp10', 'cp3'], readThrough: 'cp1' })).toEqual([
    'cp3',
    'cp10',
    'cp2',
    'cp1',
  ]);
});

test('one that nobody can use comes first even where the API is read through it: there is nothing to watch by it', () => {
  const among = ['cp1', 'cp2', 'cp3'];
  const order = ordered({ among, broken: ['cp3'], readThrough: 'cp3' });
  expect(order.subjects.map(({ name }) => name)).toEqual(['cp3', 'cp1', 'cp2']);
  expect(order.why).not.toContain('last');
});

const start = 'one at a time, and the next only when the one before serves its new certificate: ';

test.each<[string, Named, string]>([
  ['of two', { among: ['cp1', 'cp2'] }, `${start}by name`],
  [
    'of two, one of them the reader',
    { among: ['cp1', 'cp2'], readThrough: 'cp1' },
    `${start}by name, and last the one through which the API is read`,
  ],
  [
    'with a broken one',
    { among: ['cp1', 'cp2', 'cp3'], broken: ['cp2'] },
    `${start}those whose certificate is of no use today come first, then by name`,
  ],
  [
    'with both',
    { among: ['cp1', 'cp2', 'cp3'], broken: ['cp2'], readThrough: 'cp3' },
    `${start}those whose certificate is of no use today come first, then by name, and last the one through which the API is read`,
  ],
  [
    'of one, broken and the reader or not',
    { among: ['cp1'], broken: ['cp1'], readThrough: 'cp1' },
    'there is one control plane',
  ],
  [
    'read through a node that is not among them',
    { among: ['cp1', 'cp2'], readThrough: 'cp9' },
    `${start}by name`,
  ],
])('the order is explained: %s', (_, asked, why) => {
  expect(ordered(asked).why).toBe(why);
});
