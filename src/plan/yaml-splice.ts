/** Where new items go into YAML text, and how they are written there: block or flow, present, empty or absent. */
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Found, isNull, type ListPlace, type ListRefused, refusal } from './yaml-place.ts';

export interface Splice {
  readonly at: number;
  readonly inserted: string;
}

export function splice(
  text: string,
  { path }: ListPlace,
  found: Found,
  missing: readonly string[],
): Splice | ListRefused {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const { chain, pairs } = found;
  const deepest = chain.at(-1) ?? null;
  if (pairs.length === path.length && deepest !== null && isSeq(deepest)) {
    return deepest.flow === true
      ? intoFlow(text, deepest, missing.map(quote))
      : intoBlock(text, deepest, missing, newline, found);
  }
  const rest = path.slice(pairs.length);
  const pair = pairs.at(-1);
  if (deepest !== null && isMap(deepest)) return intoMap(text, deepest, rest, missing, newline, found);
  if (pair === undefined) return atEnd(text, rest, missing, newline, found);
  return underKey(text, pair, deepest, rest, missing, newline, found);
}

/** `[a, b]` and `[]`, on one line or several, with or without a comma at the end. */
function intoFlow(
  text: string,
  list: { readonly items: readonly unknown[]; readonly range?: readonly number[] | null },
  items: readonly string[],
): Splice {
  const last = list.items.at(-1) as ParsedNode | undefined;
  if (last === undefined) return { at: (list.range?.[0] ?? 0) + 1, inserted: items.join(', ') };
  const end = last.range[1];
  const gap = text.slice(end, (list.range?.[1] ?? end) - 1);
  const comma = /^[^#\n]*,/.exec(gap);
  return comma === null
    ? { at: end, inserted: `, ${items.join(', ')}` }
    : { at: end + comma[0].length, inserted: ` ${items.join(', ')},` };
}

function intoBlock(
  text: string,
  list: YAMLSeq.Parsed,
  missing: readonly string[],
  newline: string,
  found: Found,
): Splice | ListRefused {
  const last = list.items.at(-1);
  if (last === undefined) return refusal(found, 'not-a-list', list.range[0], 'the list has no item');
  // The dash of the first item tells how deep the list is.
  const indent = indentAt(text, list.range[0]);
  if (!/^ *$/.test(indent))
    return refusal(found, 'layout', list.range[0], 'the list does not begin on lines of its own');
  return afterLine(
    text,
    last.range[1],
    missing.map((item) => `${indent}- ${quote(item)}`),
    newline,
  );
}

/** A new key at the end of a map that is there. */
function intoMap(
  text: string,
  map: YAMLMap.Parsed,
  rest: readonly string[],
  missing: readonly string[],
  newline: string,
  found: Found,
): Splice | ListRefused {
  if (map.flow === true) {
    const value = rest
      .slice(1)
      .reduceRight((inner, key) => `{${key}: ${inner}}`, `[${missing.map(quote).join(', ')}]`);
    return intoFlow(text, { items: map.items.map((pair) => pair.value ?? pair.key), range: map.range }, [
      `${rest[0] ?? ''}: ${value}`,
    ]);
  }
  const last = map.items.at(-1);
  const first = map.items[0];
  if (last === undefined || first === undefined)
    return refusal(found, 'not-a-map', map.range[0], 'the map is empty');
  const indent = indentAt(text, first.key.range[0]);
  if (!/^ *$/.test(indent))
    return refusal(found, 'layout', map.range[0], 'the map does not begin on lines of its own');
  return afterLine(text, endOf(last), nested(rest, missing, indent), newline);
}

/** A key whose value is nothing, `~`, `{}` or `[]`: only nothing can be written under. */
function underKey(
  text: string,
  pair: Pair<ParsedNode, ParsedNode | null>,
  value: ParsedNode | null,
  rest: readonly string[],
  missing: readonly string[],
  newline: string,
  found: Found,
): Splice | ListRefused {
  const at = pair.key.range[0];
  if (value !== null && isScalar(value) && value.range[1] > value.range[0])
    return refusal(found, 'not-a-list', value.range[0], 'null is written out; remove it first');
  if (value !== null && (value as { anchor?: string }).anchor !== undefined)
    return refusal(found, 'anchor', at, 'the empty value has an anchor');
  const indent = indentAt(text, at);
  if (!/^ *$/.test(indent)) return refusal(found, 'layout', at, 'the map does not begin on lines of its own');
  const lines =
    rest.length === 0
      ? missing.map((item) => `${indent}  - ${quote(item)}`)
      : nested(rest, missing, `${indent}  `);
  return afterLine(text, pair.key.range[1], lines, newline);
}

function atEnd(
  text: string,
  rest: readonly string[],
  missing: readonly string[],
  newline: string,
  found: Found,
): Splice | ListRefused {
  if (found.document.contents !== null && !isNull(found.document.contents))
    return refusal(found, 'not-a-map', 0, 'the document is no map');
  const end = /(?:^|\n)\.\.\.\s*$/.test(text) ? -1 : text.length;
  if (end === -1) return refusal(found, 'not-a-map', 0, 'the document is ended by three dots');
  const lines = nested(rest, missing, '');
  const start = text === '' || text.endsWith('\n') ? '' : newline;
  return { at: end, inserted: `${start}${lines.join(newline)}${newline}` };
}

function nested(keys: readonly string[], missing: readonly string[], indent: string): readonly string[] {
  const lines = keys.map((key, depth) => `${indent}${'  '.repeat(depth)}${key}:`);
  const deep = `${indent}${'  '.repeat(keys.length)}`;
  return [...lines, ...missing.map((item) => `${deep}- ${quote(item)}`)];
}

/** Behind the line that holds `at`, with its comment. */
export function afterLine(text: string, at: number, lines: readonly string[], newline: string): Splice {
  // The range of a block scalar ends behind its last line break.
  const from = at > 0 && text[at - 1] === '\n' ? at - 1 : at;
  const end = text.indexOf('\n', from);
  return end === -1
    ? { at: text.length, inserted: `${newline}${lines.join(newline)}` }
    : { at: end + 1, inserted: `${lines.join(newline)}${newline}` };
}

export function endOf({ key, value }: Pair<ParsedNode, ParsedNode | null>): number {
  if (value === null) return key.range[1];
  if (isCollection(value) && value.flow !== true && value.items.length > 0) {
    const last = value.items.at(-1) as ParsedNode | Pair<ParsedNode, ParsedNode | null>;
    return 'key' in last ? endOf(last) : deepEnd(last);
  }
  return Math.max(value.range[1], key.range[1]);
}

function deepEnd(node: ParsedNode): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? node.range[1] : endOf(last);
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? node.range[1] : deepEnd(last);
  }
  return node.range[1];
}

export function indentAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return text.slice(start, at).replace(/^\ufeff/, '');
}

/** Always: `*.example.com` would be an alias, `1:2:3` a number to the base of sixty. */
function quote(item: string): string {
  return JSON.stringify(item);
}
