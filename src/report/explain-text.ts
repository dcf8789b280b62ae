/** A diagnosis for a person at a terminal: the answer first, then who, what to do, and what to type. */
import { causes } from '../model/cause.ts';
import type { Diagnosis, FoundCause, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import type { Look } from './look.ts';
import { paint, type Paint } from './paint.ts';
import { headline, placeOf, saidBy, sentence, someOf, times } from './words.ts';
import { wrap, wrapCommand } from './wrap.ts';

const mostShown = 20;

interface Page {
  readonly ink: Paint;
  readonly width: number;
}

export function explainAsText(diagnosis: Diagnosis, { colour, width }: Look): string {
  const page: Page = { ink: paint(colour), width };
  const parts = [
    wrap(headline(diagnosis), width).map(page.ink.bold),
    nameLines(diagnosis.names, page),
    ...diagnosis.causes.map((cause) => causeLines(cause, headline(diagnosis), page)),
    certificateLines(diagnosis, page),
    diagnosis.notes.flatMap(({ text }) => wrap(`Note: ${text}.`, width, '', '  ')),
    unparsedLines(diagnosis, page),
    nextLines(diagnosis, page),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function nameLines(names: readonly NamedSan[], { ink, width }: Page): string[] {
  const shown = names.slice(0, mostShown);
  const lines = shown.flatMap((name) => {
    const isAdd = name.verdict === 'add';
    const verdict = isAdd ? 'add         ' : 'do not add  ';
    const [first = '', ...rest] = wrap(
      `${display(name.value, 80)}: ${saidBy(name)}`,
      width,
      `  ${verdict}`,
      ' '.repeat(14),
    );
    return [
      first.replace(verdict, isAdd ? ink.red(verdict) : verdict),
      ...rest,
      ...name.remarks.flatMap((remark) => wrap(remark, width, ' '.repeat(14))),
      ...(name.held.length > 0
        ? wrap(`the certificate holds ${someOf(name.held, 8)}`, width, ' '.repeat(14))
        : []),
    ];
  });
  const more = names.length - shown.length;
  return more > 0
    ? [...lines, `  … and ${more.toLocaleString('en-GB')} more; --format json lists them`]
    : lines;
}

function causeLines(cause: FoundCause, told: string, { ink, width }: Page): string[] {
  const { code, certainty, count, affected, advice, endpoints } = cause;
  const suspected = certainty === 'suspected' && code !== 'unknown' ? ', suspected' : '';
  const often = count > 0 ? `, ${times(count)}${suspected}` : '';
  const at = affected.length === 0 && endpoints.length > 0 ? ` (${someOf(endpoints)})` : '';
  // The headline may have said it already.
  const means = told.includes(causes[code].means) ? '' : `: ${causes[code].means}`;
  const [first = '', ...rest] = wrap(`${code}${often}${means}${at}`, width, '', '  ');
  const lines = [first.replace(code, ink.bold(code)), ...rest];
  const states = { broken: ink.red, possible: ink.yellow, unaffected: ink.dim } as const;
  for (const { who, state, dials } of affected) {
    const label = `  ${state.padEnd(12)}`;
    const [row = '', ...more] = wrap(`${who}, dialling ${display(dials, 100)}`, width, label, ' '.repeat(14));
    lines.push(row.replace(state, states[state](state)), ...more);
  }
  return [...lines, ...wrap(`What to do: ${advice}.`, width, '  ', '    ')];
}

function certificateLines({ certificates }: Diagnosis, { width }: Page): string[] {
  return certificates.flatMap(({ subject, issuer, notAfter, names, isCa }) =>
    wrap(
      `Certificate in the text: ${isCa ? 'CA ' : ''}${display(subject, 100)}, issued by ${display(issuer, 100)}, until ${notAfter}${names.length > 0 ? `, for ${someOf(names, mostShown)}` : ''}`,
      width,
      '',
      '  ',
    ),
  );
}

function unparsedLines({ unparsedLines: count, causes: found }: Diagnosis, { width }: Page): string[] {
  if (count === 0 || found[0]?.code === 'unknown') return [];
  const lines = count === 1 ? '1 more line speaks' : `${count.toLocaleString('en-GB')} more lines speak`;
  return wrap(`${lines} of certificates or TLS in words that this version does not know.`, width);
}

function nextLines({ next }: Diagnosis, { ink, width }: Page): string[] {
  if (next.length === 0) return [];
  const steps = next.flatMap(({ where, why, command }, index) => [
    ...wrap(`${index + 1}. ${sentence(placeOf[where]).slice(0, -1)}: ${why}`, width, '', '   '),
    ...wrapCommand(display(command, 2000), width, '   ').map(ink.bold),
  ]);
  return [ink.bold('Next'), ...steps];
}
