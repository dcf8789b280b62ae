/** The small parts of Markdown: what comes from outside stands in code spans that it cannot leave, our own words are escaped. */
import { display } from '../model/display.ts';

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function head(titles: readonly string[]): string {
  return `${row(titles)}\n${row(titles.map(() => '---'))}`;
}

/** The fence is longer than any run of backticks inside. */
export function code(text: string): string {
  const shown = display(text, 253);
  if (shown.trim() === '') return '(empty)';
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(longest(runs) + 1);
  // One space at either end is taken off again: https://spec.commonmark.org/0.31.2/#code-spans
  return runs.length > 0 || shown.startsWith(' ') || shown.endsWith(' ')
    ? `${fence} ${shown} ${fence}`
    : `${fence}${shown}${fence}`;
}

/**
 * In a table a bar ends the cell, also in a code span, and a backslash before it may be taken for an escaped backslash, so it
 * is spelled out: https://github.github.com/gfm/#tables-extension-
 */
export function codeInTable(text: string): string {
  return code(text).replaceAll('|', '\\u{7c}');
}

/** Our own words, in which angle brackets and the like are meant as such. */
export function inline(text: string): string {
  return display(text, 2000).replace(/[\\`*_[\]<>|&~#]/g, (character) => `\\${character}`);
}

export function block(command: string, indent = ''): string {
  const shown = display(command, 2000);
  const fence = '`'.repeat(Math.max(3, longest(shown.match(/`+/g) ?? []) + 1));
  return [`${fence}sh`, shown, fence].map((line) => `${indent}${line}`).join('\n');
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
