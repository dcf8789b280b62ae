/** A page for a ticket: what comes from outside stands in code spans, where Markdown and HTML are inert. */
import { display } from '../model/display.ts';
import type { Block, Item, Page, Phrase, Step } from './page.ts';
import { sentence } from './words.ts';

export function pageAsMarkdown(page: Page): string {
  const parts = [
    `# ${inline(page.title)}`,
    `**${sentence(markdownOf(page.answer))}**`,
    ...(page.about.length > 0 ? [page.about.map((phrase) => `- ${markdownOf(phrase)}`).join('\n')] : []),
    ...page.sections
      .filter(({ depth, blocks }) => depth !== 'terminal' && blocks.length > 0)
      .flatMap(({ title, blocks }) => [`## ${inline(title)}`, ...blocks.map(blockOf)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function blockOf(block: Block): string {
  switch (block.kind) {
    case 'prose':
      return markdownOf(block.phrase);
    case 'items':
      return block.items.map(itemOf).join('\n');
    case 'table':
      return [
        row(block.columns.map(inline)),
        row(block.columns.map(() => '---')),
        ...block.rows.map((cells) =>
          row(cells.map(({ phrase }) => markdownOf(phrase).replaceAll('\n', ' '))),
        ),
      ].join('\n');
    case 'steps':
      return block.steps.map(stepOf).join('\n\n');
  }
}

function itemOf({ label, head, below }: Item): string {
  const lines = [`- **${inline(label)}** ${sentence(markdownOf(head))}`];
  for (const phrase of below) lines.push(`  - ${sentence(markdownOf(phrase))}`);
  return lines.join('\n');
}

function stepOf({ where, why, command }: Step, index: number): string {
  return `${index + 1}. ${sentence(inline(where)).slice(0, -1)}: ${markdownOf(why)}\n\n   \`\`\`sh\n   ${display(command, 2000)}\n   \`\`\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function markdownOf(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? inline(part) : code(part.code))).join('');
}

/** A code span that its content cannot leave: the fence is longer than any run of backticks inside. */
function code(text: string): string {
  const shown = display(text, 253).replaceAll('|', '\\|');
  if (shown.trim() === '') return '(empty)';
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  return runs.length > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

/** Our own words, in which angle brackets and the like are meant as such. */
function inline(text: string): string {
  return display(text, 2000).replace(/[\\`*_[\]<>|]/g, (character) => `\\${character}`);
}
