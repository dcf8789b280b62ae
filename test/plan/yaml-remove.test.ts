/** Items leave a list with their line or their comma, and nothing else changes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readList } from '../../src/plan/yaml-place.ts';
import { removeFromList } from '../../src/plan/yaml-remove.ts';

const place = { path: ['apiServer', 'certSANs'] };

test.each([
  [
    'apiServer:\n  certSANs:\n  - a # first\n  - b\n  - c\n',
    ['b'],
    'apiServer:\n  certSANs:\n  - a # first\n  - c\n',
  ],
  ['apiServer:\n  certSANs:\n  - a\n  - b # last\nx: 1\n', ['b'], 'apiServer:\n  certSANs:\n  - a\nx: 1\n'],
  ['apiServer:\r\n  certSANs:\r\n  - a\r\n  - b\r\n', ['a'], 'apiServer:\r\n  certSANs:\r\n  - b\r\n'],
  ['apiServer:\n  certSANs: [a, b, c]\n', ['a'], 'apiServer:\n  certSANs: [b, c]\n'],
  ['apiServer:\n  certSANs: [a, b, c]\n', ['b', 'c'], 'apiServer:\n  certSANs: [a]\n'],
  ['apiServer:\n  certSANs: [a, b, c] # x\n', ['a', 'b', 'c'], 'apiServer:\n  certSANs: [] # x\n'],
  ['apiServer:\n  certSANs:\n  - a\n  - b\nx: 1\n', ['a', 'b'], 'apiServer:\n  certSANs: []\nx: 1\n'],
  ['apiServer:\n  certSANs:\n  - a\n', ['z'], 'apiServer:\n  certSANs:\n  - a\n'],
  ['apiServer: {certSANs: ["a", "b"], x: 1}\n', ['b'], 'apiServer: {certSANs: ["a"], x: 1}\n'],
])('%j without %j', (text, gone, after) => {
  expect(removeFromList(text, place, (item) => gone.includes(item))).toMatchObject({ ok: true, text: after });
});

test.each([
  ['apiServer:\n  certSANs: "{{ x }}"\n', 'template'],
  ['apiServer:\n  certSANs: a\n', 'not-a-list'],
  ['apiServer:\n  certSANs: &x [a]\ny: *x\n', 'anchor'],
  ['a: [\n', 'not-yaml'],
])('%j is left alone', (text, refusal) => {
  expect(removeFromList(text, place, () => true)).toMatchObject({ ok: false, refusal });
});

test('of any list, what is not taken away stays in its order', () => {
  const items = fc.array(fc.constantFrom('a', 'b', 'c.example', '10.0.0.1', '*.x.example'), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(items, fc.boolean(), fc.constantFrom('a', 'b', '10.0.0.1'), (list, isFlow, gone) => {
      const quoted = list.map((item) => JSON.stringify(item));
      const text = isFlow
        ? `x: 1\napiServer:\n  certSANs: [${quoted.join(' , ')}] # y\nz: 0644\n`
        : `x: 1\napiServer:\n  # why\n  certSANs:\n${quoted.map((item) => `    - ${item} # ${item}\n`).join('')}z: 0644\n`;
      const after = removeFromList(text, place, (item) => item === gone);
      if (!after.ok) throw new Error(after.detail);
      const read = readList(after.text, place);
      expect(read.ok && read.items).toEqual(list.filter((item) => item !== gone));
      expect({ ...(parse(after.text) as object), apiServer: 0 }).toEqual({
        x: 1,
        apiServer: 0,
        z: (parse(text) as { z: unknown }).z,
      });
    }),
    { numRuns: 200 },
  );
});
