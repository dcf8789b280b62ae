import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/model/safe-yaml.ts';
import { runs } from '../support/runs.ts';

function faultOf(text: string): string {
  const reading = readYaml(text);
  return reading.ok ? 'none' : `${reading.line}:${reading.column} ${reading.fault}`;
}

describe('YAML that would hang, crash or fool a reader is refused', () => {
  test.each([
    ['lists in lists', '['.repeat(10_000)],
    ['half a million of them, or a tenth in the quick check', '['.repeat(runs(500_000))],
    ['maps in maps', '{a: '.repeat(10_000)],
    ['items in items', `${'- '.repeat(10_000)}a`],
    ['just beyond the stack of one library version', '['.repeat(1000) + ']'.repeat(1000)],
  ])('%s', (_, text) => {
    expect(faultOf(text)).toContain('nested deeper than 64 levels');
  });

  test.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', '3:1 map keys must be unique'],
    ['a tab for indentation', 'a:\n\tb: 1\n', '2:1 tabs are not allowed as indentation'],
    ['an unknown tag', 'a: !vault x\n', '1:4 unresolved tag: !vault'],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1 source contains multiple documents'],
    ['a template without quotes', 'a: {{ b }}\n', '1:5 a key is no plain text'],
    ['keys that are keys', `${'? '.repeat(10_000)}a`, '1:3 a key is no plain text'],
    ['an alias of nothing', 'a: *b\n', 'unresolved alias'],
    ['an unfinished quote', 'a: "b\n', 'missing closing'],
  ])('%s', (_, text, fault) => {
    expect(faultOf(text)).toContain(fault);
  });

  test('an alias bomb', () => {
    const levels = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [index, name] of 'bcdefgh'.split('').entries())
      levels.push(`${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`);
    expect(faultOf(levels.join('\n'))).toContain('excessive alias count');
  });

  test('too many entries in one map', () => {
    const text = Array.from({ length: 5001 }, (_, index) => `key${index}: 1`).join('\n');
    expect(faultOf(text)).toContain('more than 5000 entries');
  });

  test('more than a mebibyte', () => {
    expect(faultOf(`a: ${'x'.repeat(1024 * 1024)}`)).toContain('larger than 1048576');
  });
});

test('__proto__ is a key like any other and changes no prototype', () => {
  const reading = readYaml('__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n');
  expect(reading.ok && Object.keys(reading.value as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a merge key is a plain key, and merges only where it is asked for', () => {
  const text = 'a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n';
  const plain = readYaml(text);
  const merged = readYaml(text, { merge: true });
  expect(plain.ok && plain.value).toEqual({ a: { x: 1 }, b: { '<<': { x: 1 }, y: 2 } });
  expect(merged.ok && merged.value).toEqual({ a: { x: 1 }, b: { x: 1, y: 2 } });
});

test('the place of a value, of a key, and of what is not there', () => {
  const reading = readYaml('nodes:\n  - host: cp1\n    port: many\n');
  if (!reading.ok) throw new Error(reading.fault);
  expect(reading.placeOf(['nodes', 0, 'port'])).toEqual({ line: 3, column: 11 });
  expect(reading.placeOf(['nodes', 0, 'port'], 'key')).toEqual({ line: 3, column: 5 });
  expect(reading.placeOf(['nodes', 0, 'user'])).toEqual({ line: 2, column: 5 });
  expect(reading.placeOf([])).toEqual({ line: 1, column: 1 });
});
