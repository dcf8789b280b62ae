/** A diagnosis for a ticket. Everything from the text stands in code spans, where Markdown and HTML are inert. */
import { causes } from '../model/cause.ts';
import type { Diagnosis, FoundCause } from '../model/diagnosis.ts';
import { block, code, codeInTable, inline, row } from './markdown.ts';
import { headline, placeOf, sentence, times } from './words.ts';

const mostNames = 200;

export function explainAsMarkdown(diagnosis: Diagnosis): string {
  const { names, causes: found, certificates, notes, next, unparsedLines } = diagnosis;
  const parts = ['# API server certificate: diagnosis', inline(headline(diagnosis))];
  if (names.length > 0) {
    const rows = names
      .slice(0, mostNames)
      .map(({ verdict, type, value, count, cause, endpoints, clients }) =>
        row([
          verdict.replaceAll('-', ' '),
          type,
          codeInTable(value),
          String(count),
          cause,
          codes(endpoints),
          codes(clients),
        ]),
      );
    parts.push(
      [
        '## Names',
        '',
        row(['verdict', 'type', 'name', 'said', 'cause', 'endpoints', 'clients']),
        row(Array(7).fill('---')),
        ...rows,
      ].join('\n'),
    );
  }
  if (found.length > 0) parts.push('## Causes', ...found.map(causePart));
  if (certificates.length > 0) {
    const rows = certificates.map(({ subject, issuer, notAfter, names: held }) =>
      row([codeInTable(subject), codeInTable(issuer), notAfter, codes(held)]),
    );
    const head = [row(['subject', 'issuer', 'until', 'names']), row(Array(4).fill('---'))];
    parts.push(['## Certificates in the text', '', ...head, ...rows].join('\n'));
  }
  if (notes.length > 0)
    parts.push(['## Notes', '', ...notes.map(({ text }) => `- ${inline(text)}`)].join('\n'));
  if (unparsedLines > 0)
    parts.push(`Lines about certificates or TLS that were not understood: ${unparsedLines}.`);
  if (next.length > 0) {
    parts.push(
      [
        '## Next',
        ...next.flatMap(({ where, why, command }) => [
          '',
          `${sentence(placeOf[where]).slice(0, -1)}: ${inline(why)}`,
          '',
          block(command),
        ]),
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function causePart({ code: name, certainty, count, affected, advice, endpoints }: FoundCause): string {
  const suspected = certainty === 'suspected' && name !== 'unknown' ? ', suspected' : '';
  const lines = [
    `### ${name}`,
    '',
    `${sentence(inline(causes[name].means)).slice(0, -1)}${count > 0 ? ` (${times(count)}${suspected})` : ''}.`,
  ];
  if (endpoints.length > 0) lines.push('', `Endpoints: ${codes(endpoints, code)}`);
  if (affected.length > 0) {
    lines.push('', row(['access path', 'state', 'dials']), row(Array(3).fill('---')));
    for (const { who, state, dials } of affected) lines.push(row([inline(who), state, inline(dials)]));
  }
  lines.push('', `**What to do:** ${inline(advice)}.`);
  return lines.join('\n');
}

function codes(items: readonly string[], span = codeInTable): string {
  return items.map(span).join(', ');
}
