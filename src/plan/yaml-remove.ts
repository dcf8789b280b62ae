/** Takes items out of a list inside YAML text, each with its line or its comma; every other byte stays. */
import { isSeq, type ParsedNode } from 'yaml';
import { find, type Found, listIn, type ListPlace, type ListRefused, refusal } from './yaml-place.ts';
import { isSameBeside } from './yaml-list.ts';

export type ListRemoval =
  | { readonly ok: true; readonly text: string; readonly removed: readonly string[] }
  | ListRefused;

export function removeFromList(
  text: string,
  place: ListPlace,
  isGone: (item: string) => boolean,
): ListRemoval {
  const found = find(text, place, true);
  if ('ok' in found) return found;
  const reading = listIn(found, place);
  if (!reading.ok) return reading;
  const items = reading.items ?? [];
  const removed = items.filter(isGone);
  if (removed.length === 0) return { ok: true, text, removed };
  const list = found.chain.at(-1) ?? null;
  if (list === null || !isSeq(list)) return refusal(found, 'not-a-list', 0, 'the value is no list');
  const spans =
    list.flow === true
      ? flowSpans(list.items, list.range, (index) => isGone(items[index] ?? ''))
      : blockSpans(text, list.items, (index) => isGone(items[index] ?? ''));
  let after = text;
  for (const { from, to } of spans.toReversed()) after = after.slice(0, from) + after.slice(to);
  // Nothing is left under the key: an empty list stands there, as nothing at all would be null.
  const kept = items.filter((item) => !isGone(item));
  if (kept.length === 0 && list.flow !== true) {
    const key = found.pairs.at(-1)?.key.range[1] ?? 0;
    after = `${after.slice(0, key + 1)} []${after.slice(key + 1)}`;
  }
  return isProven(found, after, place, kept)
    ? { ok: true, text: after, removed }
    : refusal(found, 'unproven', list.range[0], 'the result would not read back as planned');
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The whole line of each, with the comment behind it. */
function blockSpans(
  text: string,
  items: readonly ParsedNode[],
  isGone: (index: number) => boolean,
): readonly Span[] {
  return items.flatMap((item, index) => {
    if (!isGone(index)) return [];
    const from = text.lastIndexOf('\n', item.range[0] - 1) + 1;
    const end = text.indexOf('\n', item.range[1]);
    return [{ from, to: end === -1 ? text.length : end + 1 }];
  });
}

/** Up to the next item; the last ones from behind the item before. */
function flowSpans(
  items: readonly ParsedNode[],
  range: readonly number[],
  isGone: (index: number) => boolean,
): readonly Span[] {
  const lastKept = items.findLastIndex((_, index) => !isGone(index));
  const first = items[0]?.range[0] ?? 0;
  if (lastKept === -1) return [{ from: first, to: (range[1] ?? first + 1) - 1 }];
  const spans = items.flatMap((item, index): readonly Span[] => {
    const next = items[index + 1];
    return isGone(index) && index < lastKept && next !== undefined
      ? [{ from: item.range[0], to: next.range[0] }]
      : [];
  });
  const keptEnd = items[lastKept]?.range[1] ?? first;
  const lastEnd = items.at(-1)?.range[1] ?? keptEnd;
  return lastEnd === keptEnd ? spans : [...spans, { from: keptEnd, to: lastEnd }];
}

function isProven(before: Found, text: string, place: ListPlace, kept: readonly string[]): boolean {
  const after = find(text, place, true);
  if ('ok' in after) return false;
  const list = listIn(after, place);
  if (!list.ok || JSON.stringify(list.items) !== JSON.stringify(kept)) return false;
  return isSameBeside(before, after, place);
}
