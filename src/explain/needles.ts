/**
 * Looks for many fixed words at once, in any case, in one pass (Aho and Corasick 1975): a regular expression with as
 * many alternatives takes some twenty times as long, and a log has a hundred megabytes.
 */

/** Answers where the first of the words at or after `from` ends, or -1. */
export type Finder = (text: string, from: number, to: number) => number;

/** Letters in both cases and the typographic apostrophe are one class; whatever no word holds is class 0. */
function classesOf(words: readonly string[]): { readonly classes: Uint8Array; readonly count: number } {
  const classes = new Uint8Array(128);
  let count = 1;
  for (const character of new Set(words.join(''))) {
    const code = character.charCodeAt(0);
    classes[code] = count;
    classes[character.toUpperCase().charCodeAt(0)] = count;
    count++;
  }
  return { classes, count };
}

/** The words are ASCII in lower case; a bar stands between words that share a row. */
export function compileFinder(rows: readonly string[]): Finder {
  const words = rows.flatMap((row) => row.split('|'));
  const { classes, count } = classesOf(words);
  const size = words.reduce((sum, word) => sum + word.length, 1);
  const step = new Int32Array(size * count);
  const isEnd = new Uint8Array(size);
  let states = 1;
  for (const word of words) {
    let state = 0;
    for (let index = 0; index < word.length; index++) {
      const slot = state * count + (classes[word.charCodeAt(index)] ?? 0);
      if (step[slot] === 0) step[slot] = states++;
      state = step[slot] ?? 0;
    }
    isEnd[state] = 1;
  }
  linkFailures(step, isEnd, count, states);
  const apostrophe = classes[39] ?? 0;

  return (text, from, to) => {
    let state = 0;
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index);
      let kind = classes[code] ?? 0;
      if (code === 0x2019) kind = apostrophe;
      state = step[state * count + kind] ?? 0;
      if (isEnd[state] === 1) return index + 1;
    }
    return -1;
  };
}

/** Breadth first: where a word breaks off, go on with the longest other word that its end begins. */
function linkFailures(step: Int32Array, isEnd: Uint8Array, count: number, states: number): void {
  const fail = new Int32Array(states);
  const queue: number[] = [];
  for (let kind = 0; kind < count; kind++) {
    const child = step[kind] ?? 0;
    if (child !== 0) queue.push(child);
  }
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const fallback = fail[state] ?? 0;
    if (isEnd[fallback] === 1) isEnd[state] = 1;
    for (let kind = 0; kind < count; kind++) {
      const slot = state * count + kind;
      const child = step[slot] ?? 0;
      const other = step[fallback * count + kind] ?? 0;
      if (child === 0) {
        step[slot] = other;
      } else {
        fail[child] = other;
        queue.push(child);
      }
    }
  }
}
