/** Adds items to a list inside YAML text by splicing: every byte around the new ones stays as somebody wrote it. */
// Document.toString() would not do: it turns `0644` into 644, folds, re-indents and rewrites line ends.
// https://github.com/eemeli/yaml/issues/572
import { isMap } from 'yaml';
import { find, type Found, listIn, type ListPlace, type ListRefused, refusal } from './yaml-place.ts';
import { splice } from './yaml-splice.ts';

export type ListEdit =
  | {
      readonly ok: true;
      readonly text: string;
      /** What was in the list before. */
      readonly present: readonly string[];
      /** Nothing to add: `text` is what was given. */
      readonly isSame: boolean;
      /** Where the bytes were put in, and which. */
      readonly at: number;
      readonly inserted: string;
    }
  | ListRefused;

/** Adds what is not in the list yet, each quoted; `same` decides what counts as there already. A text that was parsed is not parsed again. */
export function addToList(
  text: string,
  place: ListPlace,
  additions: readonly string[],
  same: (one: string, other: string) => boolean = (one, other) => one === other,
  found: Found | ListRefused = find(text, place),
): ListEdit {
  if ('ok' in found) return found;
  const edit = addToFound(text, place, additions, same, found);
  // What cannot be proven with lines left out is judged with all of them.
  const isOfAll = edit.ok || edit.refusal !== 'unproven' || found.hidden === '';
  return isOfAll ? edit : addToList(text, place, additions, same, find(text, place, true));
}

function addToFound(
  text: string,
  place: ListPlace,
  additions: readonly string[],
  same: (one: string, other: string) => boolean,
  found: Found,
): ListEdit {
  const reading = listIn(found, place);
  if (!reading.ok) return reading;
  const present = reading.items ?? [];
  const missing = additions.filter(
    (item, index) =>
      !present.some((held) => same(held, item)) &&
      !additions.slice(0, index).some((earlier) => same(earlier, item)),
  );
  if (missing.length === 0) return { ok: true, text, present, isSame: true, at: 0, inserted: '' };
  const edit = splice(text, place, found, missing);
  if ('refusal' in edit) return edit;
  const after = text.slice(0, edit.at) + edit.inserted + text.slice(edit.at);
  return isProven(found, after, place, [...present, ...missing])
    ? { ok: true, text: after, present, isSame: false, ...edit }
    : refusal(found, 'unproven', edit.at, 'the result would not read back as planned');
}

/** Reads it back: the list is as planned, and no other value of the stream has changed. */
function isProven(before: Found, text: string, place: ListPlace, expected: readonly string[]): boolean {
  const after = find(text, place, before.hidden === '');
  if ('ok' in after) return false;
  const list = listIn(after, place);
  if (!list.ok || JSON.stringify(list.items) !== JSON.stringify(expected)) return false;
  return isSameBeside(before, after, place);
}

/** All but the list has the values that it had. Nothing is known of aliases that multiply without end or lead nowhere, and of what is merged but no map. */
export function isSameBeside(before: Found, after: Found, place: ListPlace): boolean {
  if (before.hidden !== after.hidden) return false;
  try {
    return JSON.stringify(without(before, place)) === JSON.stringify(without(after, place));
  } catch {
    return false;
  }
}

/** Every value but the list, and without the maps that hold nothing else. */
function without({ all, document }: Found, { path }: ListPlace): unknown {
  return all.map((one): unknown => {
    if (one.contents === null || isEmpty(one.contents)) return null;
    const value: unknown = one.toJS({ maxAliasCount: 100 });
    if (one === document) takeOut(value, path);
    return isBare(value) ? null : value;
  });
}

function takeOut(value: unknown, [key = '', ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const map = value as Record<string, unknown>;
  if (rest.length > 0) takeOut(map[key], rest);
  if (rest.length === 0 || isBare(map[key])) delete map[key];
}

function isBare(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}

function isEmpty(value: unknown): boolean {
  return isMap(value) && value.items.length === 0;
}
