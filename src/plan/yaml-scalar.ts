/** Sets one value at the root of a YAML document by splicing, as yaml-list.ts does for lists. */
import { isMap, isScalar } from 'yaml';
import { isSameBeside } from './yaml-list.ts';
import { find, type Found, type ListPlace, type ListRefused, refusal } from './yaml-place.ts';
import { afterLine, endOf, indentAt } from './yaml-splice.ts';

export type ScalarEdit = { readonly ok: true; readonly text: string } | ListRefused;

/** Quoted where it is written, so that it reads back as text. */
export function setScalar(text: string, kind: string, key: string, value: string): ScalarEdit {
  const place: ListPlace = { path: [key], kind };
  const found = find(text, place);
  if ('ok' in found) return found;
  const { document, pairs } = found;
  const root = document.contents;
  if (!isMap(root) || root.flow === true)
    return refusal(found, 'not-a-map', 0, 'the document is no block of keys and values');
  const [pair] = pairs;
  const quoted = JSON.stringify(value);
  if (pair === undefined) {
    const [first] = root.items;
    const last = root.items.at(-1);
    if (first === undefined || last === undefined)
      return refusal(found, 'not-a-map', 0, 'the document is empty');
    const indent = indentAt(text, first.key.range[0]);
    const newline = text.includes('\r\n') ? '\r\n' : '\n';
    const { at, inserted } = afterLine(text, endOf(last), [`${indent}${key}: ${quoted}`], newline);
    return proven(found, text.slice(0, at) + inserted + text.slice(at), place, value);
  }
  if (!isScalar(pair.value))
    return refusal(found, 'not-a-text', pair.key.range[0], `${key} is no single value`);
  const [start, end] = pair.value.range;
  const gap = start === pair.key.range[1] + 1 && start === end ? ' ' : '';
  return proven(found, text.slice(0, start) + gap + quoted + text.slice(end), place, value);
}

/** No other value has changed, such as an alias of this one. */
function proven(before: Found, text: string, place: ListPlace, value: string): ScalarEdit {
  const found = find(text, place);
  if ('ok' in found) return found;
  const read = found.pairs[0]?.value;
  return isScalar(read) && read.value === value && isSameBeside(before, found, place)
    ? { ok: true, text }
    : refusal(found, 'unproven', 0, 'the result would not read back as planned');
}
