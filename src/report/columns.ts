/** Lays a table out in columns that fit a terminal: the widest give way first, no word is broken, and what does not fit is told one below the other. */

const gap = 2;
/** Up to which length words have a column of their own, tried one after the other. The first column is a name that somebody may want to copy. */
const longestWords = [
  { first: Infinity, other: Infinity },
  { first: 64, other: 40 },
  { first: 44, other: 28 },
  { first: 40, other: 20 },
] as const;

/**
 * How wide each column may be so that all fit in `room`; undefined where they cannot. No word is ever broken: a row with one that is
 * longer than its column (`fitsIn`) is told by itself. The first row is the titles.
 */
export function columnWidths(
  rows: readonly (readonly string[])[],
  room: number,
): readonly number[] | undefined {
  for (const longest of longestWords) {
    const fitting = rows.filter((row, at) => at === 0 || isShort(row, longest));
    // Where most rows are told by themselves, the others look lost between them.
    if (fitting.length > 0 && (fitting.length - 1) * 2 < rows.length - 1) return undefined;
    const widths = widthsFor(fitting, room);
    if (widths !== undefined) return widths;
  }
  return undefined;
}

function isShort(row: readonly string[], { first, other }: (typeof longestWords)[number]): boolean {
  return row.every((text, column) => longestWord(text) <= (column === 0 ? first : other));
}

export function fitsIn(row: readonly string[], widths: readonly number[]): boolean {
  return row.every((text, column) => longestWord(text) <= (widths[column] ?? 0));
}

function widthsFor(rows: readonly (readonly string[])[], room: number): readonly number[] | undefined {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const cells = Array.from({ length: count }, (_, column) => rows.map((row) => row[column] ?? ''));
  const wanted = cells.map((texts) => Math.max(1, ...texts.map((text) => text.length)));
  const widths = cells.map((texts) => Math.max(1, ...texts.map(longestWord)));
  let spare = room - sum(widths) - gap * (count - 1);
  if (spare < 0) return undefined;
  // To the narrowest of those that want more, so that short columns are whole before long ones spread.
  while (spare > 0) {
    const needy = widths.flatMap((width, column) => (width < (wanted[column] ?? 0) ? [column] : []));
    const [first, ...others] = needy;
    if (first === undefined) break;
    const narrowest = others.reduce(
      (one, other) => ((widths[other] ?? 0) < (widths[one] ?? 0) ? other : one),
      first,
    );
    widths[narrowest] = (widths[narrowest] ?? 0) + 1;
    spare -= 1;
  }
  return widths;
}

/** The lines of one cell, broken between words only. */
export function cellLines(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** One line of the table; `ink` colours a cell after it was filled up, so that colours take no place. */
export function tableLine(
  cells: readonly string[],
  widths: readonly number[],
  ink: (text: string, column: number) => string = (text) => text,
): string {
  const last = cells.findLastIndex((text) => text !== '');
  return cells
    .slice(0, last + 1)
    .map((text, column) => ink(column === last ? text : text.padEnd(widths[column] ?? 0), column))
    .join(' '.repeat(gap));
}

function longestWord(text: string): number {
  return Math.max(...text.split(' ').map((word) => word.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
