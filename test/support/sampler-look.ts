/** One look at one node's pair: cheap where nothing has changed, and never deceived by a rename between two reads. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SampledNode } from './sampler.ts';

export interface Seen {
  readonly changes: number;
  readonly windows: number;
  readonly longestWindowMs: number;
  readonly faults: readonly string[];
}

export interface NodeSampler {
  look(now: number): void;
  end(now: number): Seen;
}

/** The last word of a journal between the two renames, and while the way back is tried again. */
const marker = /^(?:intent|undoing|stuck-.*)$/;

export function samplerOf(node: SampledNode, longestWindowMs: number): NodeSampler {
  const { name, certificate, key, state, mark } = node;
  const faults: string[] = [];
  let known = stampOf(node);
  let since: number | undefined;
  let wasLong = false;
  let changes = 0;
  let windows = 0;
  let longest = 0;

  function belongTogether(): boolean {
    const leaf = new X509Certificate(readFileSync(certificate));
    return leaf.checkPrivateKey(createPrivateKey(readFileSync(key)));
  }

  function over(now: number): void {
    if (since !== undefined) longest = Math.max(longest, now - since);
    since = undefined;
    wasLong = false;
  }

  function mismatched(now: number, isInWindow: boolean): void {
    if (!isInWindow)
      faults.push(`${name}: key and certificate did not belong together, outside of any window`);
    if (since === undefined) windows += 1;
    since ??= now;
    if (now - since <= longestWindowMs || wasLong) return;
    wasLong = true;
    faults.push(`${name}: key and certificate did not belong together for ${Math.round(now - since)} ms`);
  }

  function changed(now: number, before: string): void {
    // The mark is there before the first rename and until after the second: it was seen before, or is seen after, or the pair is another one by then.
    const wasMarked = isMarked(state);
    const wasEdited = isEdited(mark);
    let isWhole: boolean;
    try {
      isWhole = belongTogether();
    } catch (error) {
      if (stampOf(node) === before) faults.push(`${name}: the pair cannot be read: ${String(error)}`);
      return;
    }
    const marked = isMarked(state) || wasMarked;
    const edited = isEdited(mark) || wasEdited;
    // Renamed while it was read: the next look sees it.
    if (stampOf(node) !== before) return;
    known = before;
    if (isWhole || edited) over(now);
    else mismatched(now, marked);
  }

  if (!belongTogether()) faults.push(`${name}: key and certificate do not belong together to begin with`);
  return {
    look: (now) => {
      const stamp = stampOf(node);
      if (stamp !== known) changes += 1;
      // What does not belong together may be marked no more.
      else if (since === undefined) return;
      changed(now, stamp);
    },
    end: (now) => {
      if (since !== undefined) faults.push(`${name}: key and certificate do not belong together in the end`);
      over(now);
      return { changes, windows, longestWindowMs: longest, faults: [...new Set(faults)] };
    },
  };
}

function stampOf({ certificate, key }: SampledNode): string {
  return [certificate, key]
    .map((file) => {
      const found = statSync(file, { bigint: true, throwIfNoEntry: false });
      return found === undefined ? 'gone' : `${found.ino}.${found.mtimeNs}.${found.size}`;
    })
    .join(' ');
}

function isEdited(mark: string | undefined): boolean {
  return mark !== undefined && existsSync(mark);
}

function isMarked(state: string): boolean {
  try {
    return readdirSync(state, { withFileTypes: true }).some(
      (entry) => entry.isDirectory() && marker.test(lastWordOf(path.join(state, entry.name, 'journal'))),
    );
  } catch {
    // No run was ever here.
    return false;
  }
}

/** The last line is the sum of all others. */
function lastWordOf(journal: string): string {
  try {
    return readFileSync(journal, 'utf8').trimEnd().split('\n').at(-2)?.split(' ')[0] ?? '';
  } catch {
    return '';
  }
}
