/** Lays a table out in columns that fit a terminal: the widest give way first, and where nothing fits, the rows are told one below the other. */

const gap = 2;
/** Up to which length words are kept whole, tried one after the other. The first column is a name that somebody may want to copy. */
const longestWords = [
  { first: 44, other: 28 },
  { first: 44, other: 21 },
  { first: 40, other: 13 },
] as const;

/** How wide each column may be so that all fit in `room`; undefined where they cannot. */
export function columnWidths(
  rows: readonly (readonly string[])[],
  room: number,
): readonly number[] | undefined {
  for (const longest of longestWords) {
    const widths = widthsWith(longest, rows, room);
    if (widths !== undefined) return widths;
  }
  return undefined;
}

function widthsWith(
  longest: (typeof longestWords)[number],
  rows: readonly (readonly string[])[],
  room: number,
): readonly number[] | undefined {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const cells = Array.from({ length: count }, (_, column) => rows.map((row) => row[column] ?? ''));
  const wanted = cells.map((texts) => Math.max(1, ...texts.map((text) => text.length)));
  const widths = cells.map((texts, column) => {
    const most = column === 0 ? longest.first : longest.other;
    return Math.min(most, Math.max(1, ...texts.flatMap((text) => text.split(' ').map(lengthOf))));
  });
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

/** The lines of one cell; a word that is longer than the column is broken behind a slash, dot or the like. */
export function cellLines(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => brokenWord(one, width))) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function brokenWord(word: string, width: number): readonly string[] {
  const parts: string[] = [];
  let rest = word;
  while (rest.length > width) {
    const soft = Math.max(...['/', '.', '-', ':', ',', '@'].map((mark) => rest.lastIndexOf(mark, width - 1)));
    const hard = isHighSurrogate(rest.charCodeAt(width - 1)) ? width - 1 || 2 : width;
    const at = soft > 0 ? soft + 1 : hard;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...parts, rest];
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

/** The first half of a character that JavaScript counts as two. */
function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function lengthOf(text: string): number {
  return text.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
