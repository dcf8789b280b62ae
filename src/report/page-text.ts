/** A page for a person at a terminal: the answer first; tables in columns; commands that can be pasted. */
import { display } from '../model/display.ts';
import type { Look } from './look.ts';
import type { Block, Cell, Item, Page, Phrase, Row, Step, Tone } from './page.ts';
import { paint, type Paint } from './paint.ts';
import { sentence } from './words.ts';
import { wrap, wrapCommand } from './wrap.ts';

interface Sheet {
  readonly ink: Paint;
  readonly width: number;
}

export function pageAsText(page: Page, { colour, width }: Look): string {
  const sheet: Sheet = { ink: paint(colour), width };
  const parts = [
    wrap(sentence(textOf(page.answer)), width).map((line) =>
      inked(page.tone, sheet.ink.bold(line), sheet.ink),
    ),
    page.about.flatMap((phrase) => wrap(textOf(phrase), width).map(sheet.ink.dim)),
    ...page.sections
      .filter(({ depth, blocks }) => depth !== 'ticket' && blocks.length > 0)
      .map(({ title, blocks }) => [
        sheet.ink.bold(title),
        ...blocks.flatMap((block) => linesOf(block, sheet)),
      ]),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

export function textOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : display(part.code, 253))).join('');
}

function linesOf(block: Block, sheet: Sheet): string[] {
  switch (block.kind) {
    case 'prose':
      return wrap(textOf(block.phrase), sheet.width, '  ');
    case 'items':
      return block.items.flatMap((item) => itemLines(item, block.items, sheet));
    case 'table':
      return tableLines(block.columns, block.rows, sheet);
    case 'steps':
      return block.steps.flatMap((step, index) => stepLines(step, index, sheet));
  }
}

function itemLines(item: Item, all: readonly Item[], { ink, width }: Sheet): string[] {
  const label = item.label.padEnd(Math.max(...all.map((one) => one.label.length)));
  const indent = ' '.repeat(label.length + 4);
  const [first = '', ...rest] = wrap(sentence(textOf(item.head)), width, `  ${label}  `, indent);
  return [
    first.replace(label, () => inked(item.tone, label, ink)),
    ...rest,
    ...item.below.flatMap((phrase) => wrap(sentence(textOf(phrase)), width, indent, `${indent}  `)),
  ];
}

function tableLines(columns: readonly string[], rows: readonly Row[], { ink, width }: Sheet): string[] {
  const texts = rows.map((row) => row.map(({ phrase }) => textOf(phrase)));
  const widths = columns.map((title, index) =>
    Math.min(40, Math.max(title.length, ...texts.map((row) => (row[index] ?? '').length))),
  );
  const last = columns.length - 1;
  const head = `  ${columns.map((title, index) => (index === last ? title : title.padEnd(widths[index] ?? 0))).join('  ')}`;
  const start = 2 + widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  const lines = texts.map((row, at) => {
    const front = row
      .slice(0, last)
      .map((text, index) => toned(rows[at]?.[index], text.padEnd(widths[index] ?? 0), ink));
    const tail = wrap(row[last] ?? '', Math.max(20, width - start)).map((line) =>
      toned(rows[at]?.[last], line, ink),
    );
    return [
      `  ${[...front, tail[0] ?? ''].join('  ')}`,
      ...tail.slice(1).map((line) => ' '.repeat(start) + line),
    ]
      .map((line) => line.trimEnd())
      .join('\n');
  });
  return [ink.dim(head.trimEnd()), ...lines];
}

function stepLines({ where, why, command }: Step, index: number, { ink, width }: Sheet): string[] {
  return [
    ...wrap(`${index + 1}. ${sentence(where).slice(0, -1)}: ${textOf(why)}`, width, '  ', '     '),
    ...wrapCommand(display(command, 2000), width, '     ').map(ink.bold),
  ];
}

function toned(of: Cell | undefined, text: string, ink: Paint): string {
  return of?.tone === undefined ? text : inked(of.tone, text, ink);
}

function inked(tone: Tone, text: string, ink: Paint): string {
  const inks = { good: ink.green, bad: ink.red, careful: ink.yellow, quiet: ink.dim } as const;
  return inks[tone](text);
}
