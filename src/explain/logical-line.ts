/** Puts a message together again that a terminal, a mail or a chat window broke over several lines. */
import { parseSan } from '../model/san.ts';
import { cleanLine, startsFresh, withoutMargin } from './clean-line.ts';
import { type Effort, findAnchor, type Found, longestAnchor, scan } from './scan.ts';

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
  const alone: LogicalLine = { text: line, found, used: 0 };
  if (line.length > longestWrapped || effort.joins <= 0 || nothingFollows(after)) return alone;
  const last = found.at(-1);
  if (last !== undefined && !endsIn(line, last.reading.host)) return alone;
  const following = continuations(after);
  const [next] = following;
  if (next === undefined) return alone;
  if (last !== undefined)
    return goesOn(line, before, next) ? (join(line, before, following, effort) ?? alone) : alone;
  return isBroken(line, next) ? (join(line, before, following, effort) ?? alone) : alone;
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

/** An anchor that nothing could be read from, one that the break runs through, or one that needs what stands before the break. */
function isBroken(line: string, next: string): boolean {
  if (findAnchor(line, 0, line.length) !== -1) return true;
  const end = line.slice(-longestAnchor).trimEnd();
  const start = next.slice(0, longestAnchor);
  return ['', ' '].some((glue) => {
    const seam = end + glue + (glue === '' ? start : start.trimStart());
    return findAnchor(seam, 0, seam.length) !== -1;
  });
}

/** A terminal breaks anywhere and drops nothing; a mail breaks at blanks and drops them: both ways are tried. */
function join(
  line: string,
  before: string,
  following: readonly string[],
  effort: Effort,
): LogicalLine | undefined {
  const first = withoutMargin(line).trimEnd();
  for (const glue of ['', ' ']) {
    let text = first;
    let isInName = false;
    for (const [index, next] of following.entries()) {
      if (effort.joins-- <= 0) return undefined;
      const reach = text.length;
      // What is indented was indented by whoever quoted it, not by the terminal that broke the line.
      const seam = isInName ? '' : glue;
      text += seam + (seam === '' ? next.trimEnd().replace(/^\s{2,}/, '') : next.trim());
      const found = scan(text, before, following.slice(index + 1).join('\n'), effort);
      const rest = following[index + 1];
      if (!found.some((one) => isAcross(one, first.length, following[0] ?? '', effort))) continue;
      const host = found.at(-1)?.reading.host;
      isInName =
        rest !== undefined &&
        endsIn(text, host) &&
        goesOn(text, `${before}${line}\n`, rest, text.slice(reach));
      if (!isInName) return { text, found, used: index + 1 };
    }
  }
  return undefined;
}

/** The message runs over the break, or stands behind it but cannot be read without what stands before. */
function isAcross({ reading, start }: Found, boundary: number, next: string, effort: Effort): boolean {
  if (start < boundary) return reading.end > boundary - 1;
  return scan(next, '', '', effort).length === 0;
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

/** Whether the name at the end of a text was cut: the URL knows; else it is no name yet, or the line is as wide as a terminal. */
function goesOn(text: string, before: string, next: string, line = text): boolean {
  const rest = /^[\w.:-]{1,60}/.exec(next.trimStart())?.[0];
  const tail = /[\w*.:-]{1,253}$/.exec(text.trimEnd())?.[0];
  if (rest === undefined || tail === undefined) return false;
  const bare = tail.replace(/[.:]$/, '');
  const known = hostsIn(before.slice(-600) + text);
  if (known.has(bare)) return false;
  for (const host of known) {
    if (host.startsWith(tail) && next.trimStart().startsWith(host.slice(tail.length))) return true;
  }
  const whole = parseSan(bare);
  const longer = parseSan((tail + rest).replace(/[.:]+$/, ''));
  if (!longer.ok) return false;
  if (!whole.ok) return true;
  // What goes on is the end of a name, not the next sentence.
  const isEnd = /^[0-9a-z.:-]{1,60}(?:["'`’”)\]},;.\\]|$)/.test(next);
  if (whole.san.type !== longer.san.type || !isEnd) return false;
  const width = line.trimEnd().length;
  const previous = before.trimEnd().split('\n').at(-1)?.length;
  return widths.has(width) || (previous === width && width > 50);
}

/** Hosts of URLs and dial targets: they stand elsewhere in the message, so they are rarely cut at the same place. */
function hostsIn(text: string): Set<string> {
  const hosts = [
    ...text.matchAll(/(?::\/\/|dial tcp |-connect )(?:\[([\da-f:.]{3,45})\]|([\w.-]{3,253}))/gi),
  ];
  return new Set(hosts.map(([, address, name]) => address ?? name ?? ''));
}
