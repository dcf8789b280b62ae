import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellLines, columnWidths, fitsIn, tableLine } from '../../src/report/columns.ts';

describe('column widths', () => {
  test('where all fits, each column is as wide as its widest cell', () => {
    expect(
      columnWidths(
        [
          ['name', 'on'],
          ['kubernetes', 'all'],
        ],
        80,
      ),
    ).toEqual([10, 3]);
  });

  test('where it does not, sentences give way and names stay whole', () => {
    const rows = [
      ['name', 'why'],
      ['kubernetes.default.svc.cluster.local', 'a reason that takes more than the room that is left here'],
    ];
    expect(columnWidths(rows, 60)).toEqual([36, 22]);
  });

  test('where nothing fits, there are none', () => {
    expect(
      columnWidths([['kubernetes.default.svc.cluster.local', 'MISSING', 'implied', 'reason']], 40),
    ).toBeUndefined();
  });

  test('of no rows and of empty cells', () => {
    expect(columnWidths([], 80)).toEqual([]);
    expect(columnWidths([['', '']], 80)).toEqual([1, 1]);
  });
});

const word = fc.string({
  minLength: 1,
  maxLength: 60,
  unit: fc.constantFrom('a', 'b', 'c', '/', '.', '-', ':', '@'),
});
const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));

test('whatever the cells hold, lines fit, no word is broken and no character is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 20, max: 140 }),
      (rows, room) => {
        const widths = columnWidths(rows, room);
        if (widths === undefined) return;
        expect(fitsIn(rows[0] ?? [], widths)).toBe(true);
        for (const row of rows.filter((one) => fitsIn(one, widths))) {
          const cells = row.map((cell, column) => cellLines(cell, widths[column] ?? 1));
          for (const [column, lines] of cells.entries()) {
            for (const line of lines) expect(line.length).toBeLessThanOrEqual(widths[column] ?? 0);
            expect(lines.flatMap((line) => line.split(' '))).toEqual((row[column] ?? '').split(' '));
          }
          const height = Math.max(...cells.map((lines) => lines.length));
          for (let line = 0; line < height; line += 1)
            expect(
              tableLine(
                cells.map((one) => one[line] ?? ''),
                widths,
              ).length,
            ).toBeLessThanOrEqual(room);
        }
      },
    ),
  );
});

test('a row with a word that no column has room for is told by itself, and takes none from the others', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
  const rows = [
    ['name', 'why'],
    ['kubernetes', 'Service kubernetes'],
    [long, 'added by hand, or unknown'],
    ['cp1', 'node name'],
  ];
  const widths = columnWidths(rows, 78);
  expect(widths).toEqual([10, 18]);
  expect(rows.map((row) => fitsIn(row, widths ?? []))).toEqual([true, true, false, true]);
});

test('where most rows are such, no columns are made', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
  expect(columnWidths([['name'], [long], [long], ['cp1']], 78)).toBeUndefined();
});

test('colours are added after the columns were filled up', () => {
  expect(tableLine(['a', 'b', ''], [3, 3, 3], (cell, column) => `<${column}${cell}>`)).toBe('<0a  >  <1b>');
});
