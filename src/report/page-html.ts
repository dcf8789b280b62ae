/** A page as one HTML file: no script, nothing loaded, dark and light, fit to print and to be read aloud. */
import { display } from '../model/display.ts';
import { pageStyle } from './page-style.ts';
import { type Block, type Item, type Page, type Phrase, sentenceOf, type Step, type Table } from './page.ts';
import { capital } from './words.ts';

export function pageAsHtml(page: Page): string {
  const sections = page.sections.filter(({ depth, blocks }) => depth !== 'terminal' && blocks.length > 0);
  const contents = sections.map(
    ({ title }, index) => `<li><a href="#s${index + 1}">${escape(title)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escape(page.title)}</title>
<style>
${pageStyle}</style>
</head>
<body>
<header class="${page.tone}">
<h1>${escape(page.title)}</h1>
<p class="answer">${htmlOf(sentenceOf(page.answer))}</p>
<ul class="about">${page.about.map((phrase) => `<li>${htmlOf(phrase)}</li>`).join('')}</ul>
</header>
<nav aria-label="Contents"><ol>${contents.join('')}</ol></nav>
<main>
${sections
  .map(
    ({ title, blocks }, index) =>
      `<section aria-labelledby="s${index + 1}">\n<h2 id="s${index + 1}">${escape(title)}</h2>\n${blocks.map(blockOf).join('\n')}\n</section>`,
  )
  .join('\n')}
</main>
</body>
</html>
`;
}

function blockOf(block: Block): string {
  switch (block.kind) {
    case 'prose':
      return `<p>${htmlOf(sentenceOf(block.phrase))}</p>`;
    case 'list':
      return `<ul>${block.phrases.map((phrase) => `<li>${htmlOf(sentenceOf(phrase))}</li>`).join('')}</ul>`;
    case 'items':
      return `<ul class="items">\n${block.items.map(itemOf).join('\n')}\n</ul>`;
    case 'table':
      return tableOf(block);
    case 'steps':
      return `<ol class="steps">\n${block.steps.map(stepOf).join('\n')}\n</ol>`;
  }
}

function itemOf({ label, tone, id, head, below, todo }: Item): string {
  const more = below.map((phrase) => `<p>${htmlOf(sentenceOf(phrase))}</p>`).join('');
  const toDo = todo === undefined ? '' : `<p><strong>To do:</strong> ${htmlOf(sentenceOf(todo))}</p>`;
  return `<li class="${tone}"><p class="id"><span class="label">${escape(label)}</span> ${escape(id)}</p><p class="head">${htmlOf(sentenceOf(head))}</p>${more}${toDo}</li>`;
}

/** The first cell of a row names it; a wide table scrolls by itself, also by keyboard. */
function tableOf({ about, isMatrix = false, columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${htmlOf([column])}</th>`).join('');
  const body = rows.map((cells) => {
    const tds = cells.map(({ phrase, tone }, index) => {
      const mark = tone === undefined ? '' : ` class="${tone}"`;
      return index === 0
        ? `<th scope="row"${mark}>${htmlOf(phrase)}</th>`
        : `<td${mark}>${htmlOf(phrase)}</td>`;
    });
    return `<tr>${tds.join('')}</tr>`;
  });
  const kind = isMatrix ? ' class="matrix"' : '';
  return `<div class="wide" tabindex="0" role="region" aria-label="${escape(about)}"><table${kind}><caption>${escape(about)}</caption><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function stepOf({ where, why, command }: Step): string {
  return `<li><p><strong>${escape(capital(where))}:</strong> ${htmlOf(why)}</p><pre tabindex="0"><code>${escape(display(command, 2000))}</code></pre></li>`;
}

export function htmlOf(phrase: Phrase): string {
  return phrase
    .map((part) =>
      typeof part === 'string' ? escape(part) : `<code>${escape(display(part.code, 253))}</code>`,
    )
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return display(text, 4000).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
