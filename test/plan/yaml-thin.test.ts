/** What is hidden from the parser is judged as the parser would judge it, in documents of every kind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAlias, isCollection, isMap, isNode, isPair, isScalar } from 'yaml';
import { addToList } from '../../src/plan/yaml-list.ts';
import { parseStream, parseThinned } from '../../src/plan/yaml-stream.ts';
import { documents, key } from '../support/yaml-documents.ts';
import { runs } from '../support/runs.ts';

/** All of a node that is ever looked at: what it is and where it stands, but not the comments around it. */
function told(node: unknown): unknown {
  if (isPair(node)) return [told(node.key), told(node.value)];
  if (!isNode(node)) return node;
  const at = node.range?.slice(0, 2);
  if (isAlias(node)) return { alias: node.source, at };
  const { tag, anchor } = node;
  if (isScalar(node))
    return { value: String(node.value), source: node.source, type: node.type, tag, anchor, at };
  if (isCollection(node))
    return { items: node.items.map(told), flow: node.flow, tag, anchor, at: node.range?.[0] };
  throw new Error('no such node');
}

/** Nothing that it refers to, and nothing that can refer to it. */
function isPlain(node: unknown): boolean {
  if (isPair(node)) return isPlain(node.key) && isPlain(node.value);
  if (!isNode(node) || isAlias(node) || (node.anchor ?? node.tag) !== undefined) return false;
  return isCollection(node) ? node.flow !== true && node.items.every(isPlain) : isScalar(node);
}

function pairsOf(text: string) {
  const stream = parseStream(text);
  if ('ok' in stream) throw new Error(`${stream.refusal} in line ${stream.line}: ${stream.detail}`);
  expect(stream.all).toHaveLength(1);
  const root = stream.all[0]?.contents;
  if (!isMap(root)) throw new Error('no map');
  return root.items;
}

test('what is hidden is free of errors and refers to nothing, and the rest is as it would be', () => {
  let [hides, all] = [0, 0];
  fc.assert(
    fc.property(documents, (text) => {
      all += 1;
      const thinned = parseThinned(text, key);
      if (thinned === undefined) return;
      hides += 1;
      const whole = pairsOf(text);
      const root = thinned.all[0]?.contents;
      const kept = isMap(root) ? root.items : [];
      const keptAt = new Set(kept.map((pair) => pair.key.range[0]));
      expect(whole.filter((pair) => keptAt.has(pair.key.range[0])).map(told)).toEqual(kept.map(told));
      const gone = whole.filter((pair) => !keptAt.has(pair.key.range[0]));
      expect(gone.length).toBeGreaterThan(0);
      let rest = thinned.hidden;
      for (const pair of gone) {
        expect(isScalar(pair.key) && pair.key.value).not.toBe(key);
        expect(isScalar(pair.key) && pair.key.source).not.toBe(key);
        expect(isPlain(pair.value)).toBe(true);
        const here = rest.indexOf(String(isScalar(pair.key) && pair.key.source));
        expect(here).toBeGreaterThanOrEqual(0);
        rest = rest.slice(here + 1);
      }
      const { lines } = parseStream(text) as { lines?: { lineStarts: number[] } };
      expect(thinned.lines.lineStarts).toEqual(lines?.lineStarts);
    }),
    { numRuns: runs(10_000) },
  );
  expect(hides).toBeGreaterThan(all / 4);
});

test('a list is edited or refused as in a document that is parsed as a whole', () => {
  const item = fc.constantFrom('10.0.0.1', 'b', 'api.example.com');
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(documents, fc.array(item, { minLength: 1, maxLength: 3 }), (text, items) => {
      const whole = addToList(text, { path: [key], kind: 'Inventory' }, items);
      // The first document is meant where no kind is given.
      if (!whole.ok && whole.refusal === 'no-such-document') return;
      const stream = parseStream(text);
      if (!('ok' in stream) && stream.all.length > 1) return;
      const way = parseThinned(text, key) === undefined ? 'whole' : 'thinned';
      const end = `${way}, ${whole.ok ? 'edited' : whole.refusal}`;
      ends[end] = (ends[end] ?? 0) + 1;
      expect(addToList(text, { path: [key] }, items)).toEqual(whole);
    }),
    { numRuns: runs(3000) },
  );
  // It says nothing where nothing is hidden, or where all is refused.
  expect(ends['thinned, edited']).toBeGreaterThan(runs(3000) / 10);
});
