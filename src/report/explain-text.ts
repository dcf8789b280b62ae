/** A diagnosis for a person at a terminal. */
import { causes } from '../model/cause.ts';
import type { Diagnosis, FoundCause, NamedSan } from '../model/diagnosis.ts';
import { display } from '../model/display.ts';
import type { Look } from './index.ts';
import { paint, type Paint } from './paint.ts';
import { headline, saidBy, times } from './words.ts';

const mostNames = 20;

export function explainAsText(diagnosis: Diagnosis, { colour }: Look): string {
  const ink = paint(colour);
  const parts = [
    ink.bold(headline(diagnosis)),
    nameLines(diagnosis.names, ink),
    ...diagnosis.causes.map((cause) => causeLines(cause, ink)),
    diagnosis.notes.map(({ text }) => `Note: ${text}.`).join('\n'),
    unparsed(diagnosis),
    nextLines(diagnosis, ink),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function nameLines(names: readonly NamedSan[], ink: Paint): string {
  const shown = names.slice(0, mostNames);
  const width = Math.max(...shown.map(({ value }) => display(value, 80).length), 0);
  const lines = shown.flatMap((name) => {
    const verdict = name.verdict === 'add' ? ink.red('add        ') : ink.dim('do not add ');
    const line = `  ${verdict} ${display(name.value, 80).padEnd(width)}  ${saidBy(name)}`;
    return [line, ...name.remarks.map((remark) => ink.dim(`              ${remark}`))];
  });
  if (names.length > mostNames)
    lines.push(ink.dim(`  … and ${names.length - mostNames} more (--format json lists them)`));
  return lines.join('\n');
}

function causeLines(cause: FoundCause, ink: Paint): string {
  const { code, certainty, count, affected, advice } = cause;
  const suspected = certainty === 'suspected' && code !== 'unknown' ? ' (suspected)' : '';
  const lines = [`${ink.bold(code)}${suspected}: ${causes[code].means}; ${times(count)}`];
  if (code === 'unknown' || code === 'unreachable' || affected.length === 0) {
    lines[0] = `${lines[0]}${cause.endpoints.length > 0 ? `, ${saidBy(cause).replace(/^said (?:once|twice|[\d,]+ times) ?/, '')}` : ''}`;
  }
  const states = { broken: ink.red, possible: ink.yellow, unaffected: ink.dim } as const;
  for (const { who, state, dials } of affected) {
    lines.push(
      `  ${states[state](state.padEnd(10))}  ${who}: ${state === 'possible' ? 'if they dial it; ' : ''}${dialled(state, dials)}`,
    );
  }
  lines.push(`  ${advice}`);
  return lines.join('\n');
}

function dialled(state: string, dials: string): string {
  return state === 'broken' ? `dial ${display(dials, 100)}` : `they dial ${display(dials, 120)}`;
}

function unparsed({ unparsedLines, causes: found }: Diagnosis): string {
  if (unparsedLines === 0 || found[0]?.code === 'unknown') return '';
  return `${unparsedLines.toLocaleString('en-GB')} more ${unparsedLines === 1 ? 'line speaks' : 'lines speak'} of certificates or TLS in words that this version does not know.`;
}

function nextLines({ next }: Diagnosis, ink: Paint): string {
  if (next.length === 0) return '';
  const lines = next.flatMap(({ why, command }) => [ink.dim(`  # ${why}`), `  ${command}`]);
  return [ink.bold('Next'), ...lines].join('\n');
}
