/** Whatever stands in a file or an answer: a value or a refusal, soon, and never another error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readYaml } from '../../src/model/safe-yaml.ts';
import { UserError } from '../../src/model/user-error.ts';
import { readList } from '../../src/nodes/ansible-inventory.ts';
import { readServer } from '../../src/nodes/api-address.ts';
import { faultsOf } from '../../src/nodes/config-faults.ts';
import { closest } from '../../src/nodes/did-you-mean.ts';
import { expandPattern } from '../../src/nodes/host-pattern.ts';
import { readIni } from '../../src/nodes/inventory-ini.ts';
import { groupOrder, hostsOf, loopIn } from '../../src/nodes/inventory-tree.ts';
import { readAnsibleYaml, readYamlInventory } from '../../src/nodes/inventory-yaml.ts';
import { readLiteral } from '../../src/nodes/python-literal.ts';
import { runs } from '../support/runs.ts';
import { processorTime } from '../support/patience.ts';

const pieces = fc.constantFrom(
  ...'[ ] { } ( ) : , = # " \' \\ & * ! | > - ? % @ ` ~ / .'.split(' '),
  ...'all kube_control_plane hosts children vars plugin [a:children] [b:vars] n[1:3] n[a:c:2] x=1 ::1 :22 !vault <<:'.split(
    ' ',
  ),
  ...' ;\n;\n  ;\t;\r\n;\0;\u2028;__proto__;$ANSIBLE_VAULT;1e999;0x1;𝒳'.split(';'),
);
const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

/** Undefined for a refusal; anything else that is thrown fails the test. */
function orRefused<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function inTime(parse: (text: string) => unknown): () => void {
  return () =>
    fc.assert(
      fc.property(texts, (text) => void parse(text)),
      { numRuns: runs(2000) },
    );
}

test('INI inventories', () => {
  const firstGroups = new Set<string | undefined>();
  const parse = inTime((text) => {
    const tree = orRefused(() => readIni(text, 'hosts'));
    if (tree === undefined || loopIn(tree) !== undefined) return;
    for (const host of tree.hosts.keys()) firstGroups.add(groupOrder(tree)(host)[0]);
  });
  expect(parse).not.toThrow();
  expect([...firstGroups]).toEqual(['all']);
});

test('YAML inventories', () => {
  const parse = inTime((text) =>
    orRefused(() => {
      const tree = readYamlInventory(readAnsibleYaml(text, 'hosts.yml', 'the inventory'), 'hosts.yml');
      return loopIn(tree) === undefined && hostsOf(tree, 'all');
    }),
  );
  expect(parse).not.toThrow();
});

test('YAML of all kinds, with a place for each fault', () => {
  const places: number[] = [];
  const parse = inTime((text) => {
    const reading = readYaml(text);
    if (!reading.ok) places.push(reading.line, reading.column);
  });
  expect(parse).not.toThrow();
  expect(Math.min(...places)).toBe(1);
});

test.each([
  ['Python literals', readLiteral],
  ['host patterns', expandPattern],
  ['servers', readServer],
  ['what ansible-inventory printed', readList],
  ['words that are near others', (text: string) => closest(text, ['nodes', 'names', text])],
])('%s', (_, parse) => {
  expect(inTime(parse)).not.toThrow();
});

test('configurations of any shape are faults with a sentence each', () => {
  const sentences = new Set<string>();
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const wrapped = { formatVersion: 1, clusters: { a: one, b: { nodes: [other], ssh: one } } };
      for (const { sentence } of [...faultsOf(one), ...faultsOf(wrapped)]) sentences.add(sentence);
    }),
    { numRuns: runs(1000) },
  );
  expect(sentences.size).toBeGreaterThan(10);
  expect([...sentences].filter((sentence) => !/^\S.* (?:is|has) /s.test(sentence))).toEqual([]);
});

test.each([
  [
    'a long INI of groups below groups',
    () =>
      loopIn(
        readIni(Array.from({ length: 10_000 }, (_, n) => `[g${n}:children]\ng${n + 1}\n`).join(''), 'x'),
      ),
  ],
  ['a long literal', () => readLiteral(`[${"'a',".repeat(200_000)}]`)],
  ['a deep literal', () => readLiteral('['.repeat(500_000))],
  ['a long server', () => readServer(`https://${'a.'.repeat(500_000)}`)],
  ['a long pattern', () => expandPattern('[1:2]'.repeat(100_000))],
])('%s takes a moment', async (_, work) => {
  expect(await processorTime(work)).toBeLessThan(3000);
});
