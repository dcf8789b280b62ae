/** Where the lab's cache is, and whose clusters are whose. */
import { expect, test } from 'vitest';
import { cacheFrom, checkoutOf } from './places.ts';

test.each([
  [{ FIX_SANS_LAB_CACHE: '/a/b', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/a/b'],
  [{ FIX_SANS_LAB_CACHE: '', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/fix-sans-lab'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/fix-sans-lab'],
  [{ HOME: '/h' }, '/h/.cache/fix-sans-lab'],
])('with %o the cache is %s', (env, folder) => {
  expect(cacheFrom(env)).toBe(folder);
});

test('another cache is another checkout', () => {
  expect(checkoutOf('/a')).not.toBe(checkoutOf('/b'));
});
