/** Walks through a text in pieces of any size, finds the lines that matter, and hands on what each message says. */
import { cleanLine } from './clean-line.ts';
import { readLogicalLine } from './logical-line.ts';
import { clientOfLine, type Context, type Observation, observationOf } from './observation.ts';
import { type Effort, findTrigger, type Found, hasTrigger } from './scan.ts';

export interface Listener {
  readonly observed: (observation: Observation) => void;
  /** A line that speaks of trouble in words no rule knows. */
  readonly unparsed: () => void;
  /** Any line that passed the first look, for what stands in it besides errors. */
  readonly line: (text: string) => void;
  /** A certificate in PEM that stands in the text. */
  readonly block: (pem: string) => void;
  /** The rest of a line was not read: it held more messages than any log has in one line. */
  readonly gaveUp: () => void;
}

const trouble =
  /x509:|(?:cert(?:ificate)?|\btls|\bssl)\b.{0,80}?(?:\berror|\bfail|invalid|mismatch|unverified|not valid|untrusted|refus|reject|denied)|(?:\berror|\bfail(?:ed|ure)?|invalid|mismatch).{0,80}?(?:cert(?:ificate)?|\btls|\bssl)\b/i;

/** Text before and after a line that its message may reach into. */
const largestPiece = 262_144;
const contextBefore = 1500;
const contextAfter = 1500;
/** A line longer than this is looked at in pieces. */
const longestLine = 32_768;
/** Lines are joined where wrapping is likely: so often at once, and once more for so many characters. */
const mostJoins = 2000;
const charactersPerJoin = 200;
/** A single line with more messages than this was made to be slow; the rest of it is passed over. */
const mostLooks = 50_000;
/** So much of a piece is held back until the next one has come: a certificate in PEM, or the lines after an error. */
const heldBack = 8192;

/** The last line and what was observed in it, for the runs of equal lines that logs are full of. */
interface Memo {
  line: string;
  times: number;
  observations: readonly Observation[];
}

/** What one text is read with. */
interface Run {
  readonly listener: Listener;
  readonly effort: Effort;
  readonly memo: Memo;
}

export interface Observer {
  readonly push: (piece: string) => void;
  readonly end: () => void;
}

export function observe(listener: Listener): Observer {
  const run: Run = {
    listener,
    effort: { looks: 0, joins: mostJoins },
    memo: { line: '', times: 0, observations: [] },
  };
  let buffer = '';
  let done = 0;

  function advance(limit: number): void {
    done = readUpTo(buffer, done, limit, run);
    const keep = Math.max(0, done - contextBefore);
    buffer = buffer.slice(keep);
    done -= keep;
  }

  return {
    push(piece) {
      if (piece.length > largestPiece) {
        for (let start = 0; start < piece.length; start += largestPiece)
          this.push(piece.slice(start, start + largestPiece));
        return;
      }
      buffer += piece;
      const safe = buffer.lastIndexOf('\n', buffer.length - heldBack);
      // A line without an end is taken in pieces too, or it would have to be kept whole.
      if (safe > done) advance(safe + 1);
      else if (buffer.length - done > 4 * longestLine) advance(buffer.length - heldBack);
    },
    end() {
      advance(buffer.length);
      buffer = '';
      done = 0;
    },
  };
}

/** Reads the lines of `buffer` that start in [start, limit); answers where reading should go on. */
function readUpTo(buffer: string, start: number, limit: number, run: Run): number {
  const { listener, effort } = run;
  let index = start;
  while (index < limit) {
    const found = findTrigger(buffer, index, limit);
    if (found === -1) return limit;
    const match = found - 1;
    const lineStart = Math.max(index, buffer.lastIndexOf('\n', match) + 1);
    const newline = buffer.indexOf('\n', match);
    const lineEnd = newline === -1 ? buffer.length : newline;
    const end = lineEnd - lineStart > longestLine ? cutPoint(buffer, lineStart, match) : lineEnd;
    if (effort.looks > mostLooks) {
      if (newline === -1) return limit;
      index = newline + 1;
    } else {
      index = readLine(buffer, Math.max(lineStart, match - longestLine), Math.min(end, buffer.length), run);
      if (effort.looks > mostLooks) listener.gaveUp();
    }
    effort.joins = Math.min(mostJoins, effort.joins + (index - lineStart) / charactersPerJoin);
    if (newline !== -1 && index > newline) effort.looks = 0;
  }
  return index;
}

/** Where to cut a very long line: behind an escaped line break, else at a blank. */
function cutPoint(buffer: string, lineStart: number, matchStart: number): number {
  const furthest = Math.max(lineStart, matchStart) + longestLine;
  const escaped = buffer.lastIndexOf('\\n', furthest);
  if (escaped > matchStart + 200) return escaped + 2;
  const blank = buffer.lastIndexOf(' ', furthest);
  return blank > matchStart + 200 ? blank : furthest;
}

const begin = '-----BEGIN CERTIFICATE-----';
const finish = '-----END CERTIFICATE-----';

/** Reads the line at [start, end) and answers where the next one starts, past lines that were part of it. */
function readLine(buffer: string, start: number, end: number, run: Run): number {
  const before = buffer.slice(Math.max(0, start - contextBefore), start);
  const isWhole = buffer[end] === '\n' || end === buffer.length;
  const after = isWhole ? buffer.slice(end + 1, end + 1 + contextAfter) : '';
  const raw = buffer.slice(start, end);
  if (raw.includes(begin)) {
    const from = start + raw.indexOf(begin);
    const to = buffer.indexOf(finish, from);
    if (to !== -1 && to - from < heldBack) run.listener.block(buffer.slice(from, to + finish.length));
  }
  const parts = cleanLine(raw).split('\n');
  let used = 0;
  for (let part = 0; part < parts.length; part++) {
    const text = parts[part] ?? '';
    if (parts.length > 1 && !hasTrigger(text)) continue;
    const partsAfter = parts.slice(part + 1, part + 12);
    const textAfterPart = partsAfter.length > 0 ? `${partsAfter.join('\n')}\n${after}` : after;
    const partsBefore = parts.slice(Math.max(0, part - 12), part);
    const textBeforePart = partsBefore.length > 0 ? `${before}\n${partsBefore.join('\n')}\n` : before;
    const went = readText(text, textBeforePart, textAfterPart, run);
    used = Math.max(0, went - partsAfter.length);
    part += Math.min(went, partsAfter.length);
  }
  let next = isWhole ? end + 1 : end;
  for (let line = 0; line < used; line++) {
    const newline = buffer.indexOf('\n', next);
    next = newline === -1 ? buffer.length : newline + 1;
  }
  return next;
}

function readText(line: string, before: string, after: string, { listener, effort, memo }: Run): number {
  // Inside a run all that stands around is the same too, so nothing else can come out.
  if (memo.times > 2 && memo.line === line && after.startsWith(line)) {
    for (const observation of memo.observations) listener.observed(observation);
    return 0;
  }
  const { text, found, used } = readLogicalLine(line, before, after, effort);
  listener.line(text);
  if (found.length === 0 && trouble.test(text.slice(0, 4000))) listener.unparsed();
  const observations = found.length === 0 ? [] : observationsOf(found, { line: text, before, after });
  for (const observation of observations) listener.observed(observation);
  memo.times = memo.line === line && found.length > 0 && used === 0 ? memo.times + 1 : 0;
  memo.line = line;
  memo.observations = observations;
  return used;
}

function observationsOf(
  found: readonly Found[],
  around: Pick<Context, 'line' | 'before' | 'after'>,
): Observation[] {
  const context: Context = { ...around, client: clientOfLine(around.line, around.before) };
  const seen = new Set<string>();
  return found
    .map((one) => observationOf(one, context))
    .filter(({ host, cause }) => {
      // One event often says the same twice in a line (`i/o timeout (Client.Timeout exceeded …)`).
      if (host !== undefined) return true;
      const isNew = !seen.has(cause);
      seen.add(cause);
      return isNew;
    });
}
