/** A page for a ticket, in Markdown as GitHub, GitLab and Jira's importers read it. */
import * as markdown from './markdown.ts';
import { type Block, type Item, type Page, type Phrase, sentenceOf, type Step } from './page.ts';
import { capital } from './words.ts';

export function pageAsMarkdown(page: Page): string {
  const parts = [
    `# ${markdown.inline(page.title)}`,
    `**${markdownOf(sentenceOf(page.answer))}**`,
    ...(page.about.length > 0 ? [page.about.map((phrase) => `- ${markdownOf(phrase)}`).join('\n')] : []),
    ...page.sections
      .filter(({ depth, blocks }) => depth !== 'terminal' && blocks.length > 0)
      .flatMap(({ title, blocks }) => [`## ${markdown.inline(title)}`, ...blocks.map(blockOf)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function blockOf(block: Block): string {
  switch (block.kind) {
    case 'prose':
      return markdownOf(sentenceOf(block.phrase));
    case 'list':
      return block.phrases.map((phrase) => `- ${markdownOf(sentenceOf(phrase))}`).join('\n');
    case 'items':
      return block.items.map(itemOf).join('\n');
    case 'table':
      return [
        `${markdown.inline(block.about)}:\n`,
        markdown.head(block.columns.map((column) => markdownOf([column], markdown.codeInTable))),
        ...block.rows.map((cells) =>
          markdown.row(cells.map(({ phrase }) => markdownOf(phrase, markdown.codeInTable))),
        ),
      ].join('\n');
    case 'steps':
      return block.steps.map(stepOf).join('\n\n');
  }
}

function itemOf({ label, id, head, below, todo }: Item): string {
  const lines = [`- **${markdown.inline(label)}** (${markdown.code(id)}): ${markdownOf(sentenceOf(head))}`];
  for (const phrase of below) lines.push(`  - ${markdownOf(sentenceOf(phrase))}`);
  if (todo !== undefined) lines.push(`  - **To do:** ${markdownOf(sentenceOf(todo))}`);
  return lines.join('\n');
}

function stepOf({ where, why, command }: Step, index: number): string {
  const number = `${index + 1}. `;
  return `${number}${markdown.inline(capital(where))}: ${markdownOf(why)}\n\n${markdown.block(command, ' '.repeat(number.length))}`;
}

export function markdownOf(phrase: Phrase, code = markdown.code): string {
  return phrase.map((part) => (typeof part === 'string' ? markdown.inline(part) : code(part.code))).join('');
}
