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
      /** Nothing to add: `text` is what was given. */
      readonly isSame: boolean;
      /** Where the bytes were put in, and which. */
      readonly at: number;
      readonly inserted: string;
    }
  | ListRefused;

/** Adds what is not in the list yet, each quoted; `same` decides what counts as there already. */
export function addToList(
  text: string,
  place: ListPlace,
  additions: readonly string[],
  same: (one: string, other: string) => boolean = (one, other) => one === other,
): ListEdit {
  const found = find(text, place);
  if ('ok' in found) return found;
  const reading = listIn(found, place);
  if (!reading.ok) return reading;
  const present = reading.items ?? [];
  const missing = additions.filter(
    (item, index) =>
      !present.some((held) => same(held, item)) &&
      !additions.slice(0, index).some((earlier) => same(earlier, item)),
  );
  if (missing.length === 0) return { ok: true, text, isSame: true, at: 0, inserted: '' };
  const edit = splice(text, place, found, missing);
  if ('refusal' in edit) return edit;
  const after = text.slice(0, edit.at) + edit.inserted + text.slice(edit.at);
  return isProven(found, after, place, [...present, ...missing])
    ? { ok: true, text: after, isSame: false, ...edit }
    : refusal(found, 'unproven', edit.at, 'the result would not read back as planned');
}

/** Reads it back: the list is as planned, and no other value of the stream has changed. */
function isProven(before: Found, text: string, place: ListPlace, expected: readonly string[]): boolean {
  const after = find(text, place);
  if ('ok' in after) return false;
  const list = listIn(after, place);
  if (!list.ok || JSON.stringify(list.items) !== JSON.stringify(expected)) return false;
  return isSameBeside(before, after, place);
}

/** All but the list has the values that it had. Aliases that multiply without end are never followed, so of those nothing is known. */
export function isSameBeside(before: Found, after: Found, place: ListPlace): boolean {
  try {
    return JSON.stringify(without(before, place)) === JSON.stringify(without(after, place));
  } catch (error) {
    if (error instanceof ReferenceError) return false;
    throw error;
  }
}

/** Every value but the list, and without the maps that hold nothing else. Takes the documents apart. */
function without({ all, document }: Found, { path }: ListPlace): unknown {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const [key = ''] = path.slice(depth - 1, depth);
    if (isMap(parent) && (depth === path.length || isEmpty(parent.get(key)))) parent.delete(key);
  }
  return all.map((one): unknown => {
    return isEmpty(one.contents) ? null : one.toJS({ maxAliasCount: 100 });
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isMap(value) && value.items.length === 0);
}
