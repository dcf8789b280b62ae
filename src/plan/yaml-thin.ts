/** Hides what is plain in a long YAML text from the parser, and proves afterwards that it could be hidden. */
// The parser takes a hundred times as long for a line as it takes to see that the line is plain.
import { type Document, isMap, isScalar } from 'yaml';
import { isKeyAt, plainEntry } from './yaml-plain.ts';

export interface Thinned {
  /** As long as the text that was given, so that every offset stays: what is hidden in one piece is one comment. */
  readonly text: string;
  /** Where in it the keys at the root must be found. */
  readonly keysAt: readonly number[];
  readonly hidden: string;
}

interface Entry {
  readonly at: number;
  readonly isPlain: boolean;
}

/**
 * An entry is hidden where both its neighbours are plain as well, so that whatever is not hidden still begins and ends beside what it began
 * and ended beside. What is under `kept` is never hidden. Undefined where nothing is.
 */
export function thin(text: string, kept: string): Thinned | undefined {
  const entries = entriesOf(text, kept);
  const isHidden = (at: number): boolean =>
    [at - 1, at, at + 1].every((index) => entries[index]?.isPlain === true);
  const pieces: string[] = [];
  const hidden: string[] = [];
  const keysAt: number[] = [];
  let copied = 0;
  for (const [index, { at }] of entries.entries()) {
    if (isHidden(index)) {
      if (!isHidden(index - 1)) {
        pieces.push(text.slice(copied, at));
        copied = at;
      }
      continue;
    }
    if (isHidden(index - 1)) {
      pieces.push('#'.repeat(at - copied - 1), '\n');
      hidden.push(text.slice(copied, at));
      copied = at;
    }
    keysAt.push(at);
  }
  if (hidden.length === 0) return undefined;
  return { text: pieces.join('') + text.slice(copied), keysAt, hidden: hidden.join('') };
}

/** From each line that begins with a letter to the next one. */
function entriesOf(text: string, kept: string): readonly Entry[] {
  const entries: Entry[] = [];
  const start = text.startsWith('\ufeff') ? 1 : 0;
  for (let at = isKeyAt(text, start) ? start : nextKey(text, start); at < text.length;) {
    const plain = plainEntry(text, at);
    entries.push({ at, isPlain: plain !== undefined && plain.key !== kept });
    at = plain?.end ?? nextKey(text, at);
  }
  return entries;
}

function nextKey(text: string, from: number): number {
  const key = /\n[A-Za-z_]/g;
  key.lastIndex = from;
  const match = key.exec(text);
  return match === null ? text.length : match.index + 1;
}

/**
 * One document, a block of keys and values, and every line that was not hidden and begins with a letter is a key of it. What was hidden stands
 * between two of those that are plain, so nothing that goes on over several lines was open there: it was keys and values as well.
 */
export function couldBeHidden(all: readonly Document.Parsed[], { keysAt }: Thinned): boolean {
  const root = all[0]?.contents;
  return (
    all.length === 1 &&
    isMap(root) &&
    root.flow !== true &&
    root.items.length === keysAt.length &&
    root.items.every(({ key }, index) => isScalar(key) && key.range[0] === keysAt[index])
  );
}
