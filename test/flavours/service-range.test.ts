import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstAddress, isInRange, parseRange } from '../../src/flavours/service-range.ts';

test.each([
  ['10.96.0.0/12', '10.96.0.1'],
  ['10.240.0.64/26', '10.240.0.65'],
  ['10.233.0.0/18', '10.233.0.1'],
  // Masked, as Go does it: kubeadm takes this text and gives 10.96.0.1.
  ['10.96.10.10/20', '10.96.0.1'],
  ['10.240.0.127/26', '10.240.0.65'],
  ['192.168.255.252/30', '192.168.255.253'],
  ['255.255.255.254/31', '255.255.255.255'],
  ['0.0.0.0/0', '0.0.0.1'],
  ['fd00:10:96::/112', 'fd00:10:96::1'],
  ['fd00::ffff/108', 'fd00::1'],
  ['2001:db8:0:0:ffff::/64', '2001:db8::1'],
])('the first address of %s is %s', (range, address) => {
  expect(firstAddress(range)).toBe(address);
});

test.each([
  '',
  '10.96.0.0',
  '10.96.0.0/33',
  '10.96.0/12',
  'fd00::/129',
  '10.0.0.1/32',
  'fd00::1/128',
  '10.96.0.0/12,fd00::/108',
  'x/8',
])('%j has no first address', (range) => {
  expect(firstAddress(range)).toBeUndefined();
});

test('what lies inside, and not of the other family', () => {
  const range = parseRange('10.240.0.64/26');
  if (range === undefined) throw new Error('no range');
  expect(range.text).toBe('10.240.0.64/26');
  expect(['10.240.0.64', '10.240.0.127'].every((one) => isInRange(range, one))).toBe(true);
  expect(['10.240.0.63', '10.240.0.128', 'fd00::1', 'x'].some((one) => isInRange(range, one))).toBe(false);
});

test('the first address is in its range, whatever the range', () => {
  fc.assert(
    fc.property(
      fc.ipV6(),
      fc.integer({ min: 8, max: 126 }),
      fc.ipV4(),
      fc.integer({ min: 1, max: 30 }),
      (v6, six, v4, four) => {
        for (const text of [`${v4}/${four}`, `${v6}/${six}`]) {
          const range = parseRange(text);
          // An IPv4-mapped address is an IPv4 one, and its prefix then too long.
          if (range === undefined) continue;
          const first = firstAddress(text);
          expect(first !== undefined && isInRange(range, first)).toBe(true);
          expect(parseRange(range.text)).toEqual(range);
        }
      },
    ),
  );
});
