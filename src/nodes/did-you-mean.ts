/** The known word that somebody meant who mistyped it. */

/** The nearest one within two edits, and never one that shares nothing with what was typed. */
export function closest(typed: string, known: readonly string[]): string | undefined {
  const folded = typed.toLowerCase();
  // The time is bounded by the longest known word.
  if (typed.length > 100) return undefined;
  const ranked = known
    .filter((word) => word.length <= 200)
    .map((word) => ({ word, edits: distance(folded, word.toLowerCase()) }))
    .toSorted((one, other) => one.edits - other.edits);
  const [best] = ranked;
  if (best === undefined || best.edits > Math.max(1, Math.min(2, Math.floor(typed.length / 3))))
    return undefined;
  return best.word;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function distance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && column > 1 && isSwap) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      next.push(edits);
    }
    beforeLast = last;
    last = next;
  }
  return last[other.length] ?? 0;
}

/** `; did you mean "prod"?`, or nothing. */
export function meant(typed: string, known: readonly string[]): string {
  const word = closest(typed, known);
  return word === undefined ? '' : `; did you mean "${word}"?`;
}
