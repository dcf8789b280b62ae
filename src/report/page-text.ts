/** A page for a person at a terminal: the answer first; tables in columns; commands that can be pasted. */
import { display } from '../model/display.ts';
import { cellLines, columnWidths, fitsIn, tableLine } from './columns.ts';
import type { Look } from './look.ts';
import {
  type Block,
  type Item,
  join,
  type Page,
  type Phrase,
  plain,
  type Row,
  sentenceOf,
  type Step,
  type Table,
  type Tone,
} from './page.ts';
import { paint, type Paint } from './paint.ts';
import { capital } from './words.ts';
import { verbatimLines } from './verbatim.ts';
import { wrap, wrapCommand } from './wrap.ts';

interface Sheet {
  readonly ink: Paint;
  readonly width: number;
}

export function pageAsText(page: Page, { colour, width }: Look): string {
  const sheet: Sheet = { ink: paint(colour), width };
  const parts = [
    wrap(textOf(sentenceOf(page.answer)), width).map((line) =>
      inked(page.tone, sheet.ink.bold(line), sheet.ink),
    ),
    page.about.flatMap((phrase) => wrap(textOf(phrase), width).map(sheet.ink.dim)),
    ...page.sections
      .filter(({ depth, blocks }) => depth !== 'ticket' && blocks.length > 0)
      .map(({ title, blocks }) => [
        sheet.ink.bold(display(title)),
        ...blocks.flatMap((block) => linesOf(block, sheet)),
      ]),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Our own words too: a plan that is shown comes from a file that anybody may have written. */
export function textOf(phrase: Phrase): string {
  return phrase
    .map((part) => (typeof part === 'string' ? display(part, 4000) : display(part.code, 253)))
    .join('');
}

function linesOf(block: Block, sheet: Sheet): string[] {
  switch (block.kind) {
    case 'prose':
      return wrap(textOf(sentenceOf(block.phrase)), sheet.width, '  ');
    case 'list':
      return block.phrases.flatMap((phrase) => wrap(textOf(sentenceOf(phrase)), sheet.width, '  - ', '    '));
    case 'items':
      return block.items.flatMap((item) => itemLines(item, block.items, sheet));
    case 'table':
      return tableLines(block, sheet);
    case 'steps':
      return block.steps.flatMap((step, index) => stepLines(step, index, sheet));
    case 'verbatim':
      return [
        ...wrap(textOf(sentenceOf(block.about)), sheet.width, '  '),
        ...verbatimLines(block.text).map((line) => `    ${line}`.trimEnd()),
      ];
  }
}

function itemLines(item: Item, all: readonly Item[], { ink, width }: Sheet): string[] {
  const label = item.label.padEnd(Math.max(...all.map((one) => one.label.length)));
  const indent = ' '.repeat(label.length + 4);
  const [first = '', ...rest] = wrap(textOf(sentenceOf(item.head)), width, `  ${label}  `, indent);
  const todo = item.todo === undefined ? [] : [join(plain('To do: '), sentenceOf(item.todo))];
  return [
    // By its place: the head may hold the same word, or what a replacement would take for a pattern.
    `  ${inked(item.tone, label, ink)}${first.slice(2 + label.length)}`,
    ...rest,
    ...[...item.below.map(sentenceOf), ...todo].flatMap((phrase) =>
      wrap(textOf(phrase), width, indent, `${indent}  `),
    ),
  ];
}

function tableLines({ columns, rows }: Table, { ink, width }: Sheet): string[] {
  const titles = columns.map((column) => textOf([column]));
  const texts = rows.map((row) => row.map(({ phrase }) => textOf(phrase)));
  const widths = columnWidths([titles, ...texts], width - 2);
  const lines = rows.flatMap((row, at) => {
    const own = texts[at] ?? [];
    return widths !== undefined && fitsIn(own, widths)
      ? rowLines(row, own, widths, ink)
      : listLines(row, titles, { ink, width });
  });
  return widths === undefined ? lines : [`  ${ink.dim(tableLine(titles, widths))}`, ...lines];
}

function rowLines(
  row: Row,
  texts: readonly string[],
  widths: readonly number[],
  ink: Paint,
): readonly string[] {
  const cells = texts.map((text, column) => cellLines(text, widths[column] ?? 1));
  const height = Math.max(...cells.map((one) => one.length));
  return Array.from({ length: height }, (_, line) => {
    const shown = cells.map((one) => one[line] ?? '');
    return `  ${tableLine(shown, widths, (text, column) => toned(row[column]?.tone, text, ink))}`;
  });
}

/** One below the other, each with its title: a row that holds more than its columns can. */
function listLines(row: Row, titles: readonly string[], { ink, width }: Sheet): readonly string[] {
  return row.flatMap(({ phrase, tone }, index) => {
    const [before, indent] = index === 0 ? ['  ', '    '] : [`    ${titles[index] ?? ''}: `, '      '];
    return wrap(textOf(phrase), width, before, indent).map((line) => toned(tone, line, ink));
  });
}

function stepLines({ where, why, command }: Step, index: number, { ink, width }: Sheet): string[] {
  return [
    ...wrap(`${index + 1}. ${capital(where)}: ${textOf(why)}`, width, '  ', '     '),
    ...wrapCommand(display(command, 2000), width, '     ').map(ink.bold),
  ];
}

function toned(tone: Tone | undefined, text: string, ink: Paint): string {
  return tone === undefined || text === '' ? text : inked(tone, text, ink);
}

function inked(tone: Tone, text: string, ink: Paint): string {
  const inks = { good: ink.green, bad: ink.red, careful: ink.yellow, quiet: ink.dim } as const;
  return inks[tone](text);
}
