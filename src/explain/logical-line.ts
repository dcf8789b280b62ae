/** Puts a message together again that a terminal, a mail or a chat window broke over several lines. */
import { parseSan } from '../model/san.ts';
import { cleanLine, startsFresh, withoutMargin } from './clean-line.ts';
import { type Effort, type Found, scan } from './scan.ts';

const mostLines = 6;
/** Wrapped text has short lines; a long line is whole. */
const longestWrapped = 600;
const widths: ReadonlySet<number> = new Set([72, 79, 80, 99, 100, 119, 120, 131, 132, 159, 160]);

export interface LogicalLine {
  readonly text: string;
  readonly found: readonly Found[];
  /** How many of the following lines were part of it. */
  readonly used: number;
}

/** Reads one line, going on into those after it only where its message is not at its end. */
export function readLogicalLine(line: string, before: string, after: string, effort: Effort): LogicalLine {
  const found = scan(line, before, after, effort);
  if (line.length > longestWrapped || nothingFollows(after)) return { text: line, found, used: 0 };
  const following = continuations(after);
  const [next] = following;
  if (next === undefined) return { text: line, found, used: 0 };
  const last = found.at(-1);
  if (last === undefined)
    return joined(line, before, after, following, effort) ?? { text: line, found, used: 0 };
  if (endsIn(line, last.reading.host) && goesOn(line, before, next)) {
    return joined(line, before, after, following.slice(0, 1), effort) ?? { text: line, found, used: 0 };
  }
  return { text: line, found, used: 0 };
}

function nothingFollows(after: string): boolean {
  const newline = after.indexOf('\n');
  const next = newline === -1 ? after : after.slice(0, newline);
  return startsFresh(next.startsWith('>') ? withoutMargin(next) : next);
}

function continuations(after: string): string[] {
  const lines: string[] = [];
  for (const raw of after.split('\n', mostLines)) {
    if (raw.length > longestWrapped) break;
    const line = withoutMargin(cleanLine(raw));
    if (startsFresh(line)) break;
    lines.push(line);
  }
  return lines;
}

/** A terminal breaks anywhere and drops nothing; a mail breaks at blanks and drops them: both ways are tried. */
function joined(
  line: string,
  before: string,
  after: string,
  following: readonly string[],
  effort: Effort,
): LogicalLine | undefined {
  for (const glue of ['', ' ']) {
    let text = withoutMargin(line).trimEnd();
    for (const [index, next] of following.entries()) {
      text += glue + (glue === '' ? next.trimEnd() : next.trim());
      const found = scan(
        text,
        before,
        after
          .split('\n')
          .slice(index + 1)
          .join('\n'),
        effort,
      );
      const spans = found.some(({ reading, start }) => start < line.length && reading.end > line.length - 1);
      if (spans) {
        const rest = following[index + 1];
        const isCut =
          rest !== undefined &&
          endsIn(text, found.at(-1)?.reading.host) &&
          goesOn(text, `${line}\n`, rest, next);
        if (!isCut) return { text, found, used: index + 1 };
      }
    }
  }
  return undefined;
}

function endsIn(text: string, host: string | undefined): boolean {
  return (
    host !== undefined &&
    text
      .trimEnd()
      .replace(/[.:]+$/, '')
      .endsWith(host.replace(/[.:]+$/, ''))
  );
}

/** Whether the name at the end of a line was cut: it is no name yet, or the line is as wide as a terminal and the rest fits. */
function goesOn(text: string, before: string, next: string, line = text): boolean {
  const rest = /^[\w.:-]{1,60}/.exec(next)?.[0];
  const tail = /[\w*.:-]{1,253}$/.exec(text.trimEnd())?.[0];
  if (rest === undefined || tail === undefined) return false;
  const whole = parseSan(tail.replace(/[.:]$/, ''));
  const longer = parseSan((tail + rest).replace(/[.:]+$/, ''));
  if (!longer.ok) return false;
  if (!whole.ok) return true;
  if (whole.san.type !== longer.san.type) return false;
  const width = line.trimEnd().length;
  const previous = before.trimEnd().split('\n').at(-1)?.length;
  return widths.has(width) || (previous === width && width > 50);
}
