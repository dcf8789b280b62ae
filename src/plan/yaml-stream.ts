/** A text as Ansible and Kubernetes read it, or why it is not read: what two programs read otherwise is not edited. */
import { Composer, type CST, type Document, LineCounter, Parser } from 'yaml';
import { findExcess } from '../model/safe-yaml.ts';
import type { ListRefused } from './yaml-place.ts';
import { couldBeHidden, thin } from './yaml-thin.ts';

const mostBytes = 1024 * 1024;

export const start = { line: 1, column: 1 } as const;

function spotIn(text: string, at: number): Pick<ListRefused, 'line' | 'column'> {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

export function placeIn(lines: LineCounter, at: number): Pick<ListRefused, 'line' | 'column'> {
  const { line, col } = lines.linePos(at);
  return { line, column: col };
}

export interface Stream {
  readonly all: readonly Document.Parsed[];
  readonly lines: LineCounter;
  /** Plain lines that were not parsed. None of them is on the way to the list. */
  readonly hidden: string;
}

/**
 * What is nested by thousands ends the whole process, as safe-yaml.ts says. To nest takes brackets, indentation or signs in a row, and
 * only where there are many of them is the time spent to count levels.
 */
function mayBeDeep(text: string): boolean {
  if ((text.match(/[[{]/g)?.length ?? 0) > 400) return true;
  return text
    .split('\n')
    .some(
      (line) =>
        line.length > 120 && (/^[ \t]{100}/.test(line) || (line.match(/[-?:][ \t]/g)?.length ?? 0) > 60),
    );
}

/** In YAML 1.1 they end a line, and a comment with it; in 1.2, and for the parser used here, they do not: https://yaml.org/spec/1.1/#id871136 */
const otherBreaks = /[\u0085\u2028\u2029]/;

/** What is not even parsed. */
function oddIn(text: string): ListRefused | undefined {
  if (text.length > mostBytes)
    return { ok: false, refusal: 'too-large', ...start, detail: `${text.length} characters` };
  const excess = mayBeDeep(text) ? findExcess(text, Infinity) : undefined;
  if (excess !== undefined)
    return { ok: false, refusal: 'too-large', ...spotIn(text, excess.offset), detail: excess.fault };
  const odd = text.search(otherBreaks);
  if (odd !== -1)
    return {
      ok: false,
      refusal: 'layout',
      ...spotIn(text, odd),
      detail: 'a line break of another kind (NEL, LS, PS) ends a line for some programs only',
    };
  return undefined;
}

/** Of what is no YAML at all every character may be an error, and the library makes an exception with its stack of each. */
const mostErrors = 20;

function* toFirstErrors(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  let errors = 0;
  for (const token of tokens) {
    yield token;
    if (token.type === 'error') errors += 1;
    if (errors === mostErrors) return;
  }
}

/** As Ansible and Kubernetes read it (YAML 1.1). Keys are compared along the path only: for all it takes quadratic time. */
export function parseStream(text: string): Stream | ListRefused {
  const odd = oddIn(text);
  if (odd !== undefined) return odd;
  const lines = new LineCounter();
  // Warnings would show the text, with whatever secret is in it.
  const composer = new Composer({ version: '1.1', merge: true, uniqueKeys: false, logLevel: 'error' });
  // Nothing but comments is a document as well: something to write into.
  const all = [
    ...composer.compose(toFirstErrors(new Parser(lines.addNewLine).parse(text)), true, text.length),
  ];
  for (const { errors, directives } of all) {
    if (directives.yaml.explicit === true && directives.yaml.version !== '1.1')
      return {
        ok: false,
        refusal: 'layout',
        ...start,
        detail: `it says that it is YAML ${directives.yaml.version}, and is read as 1.1 by others`,
      };
    const [error] = errors;
    if (error === undefined) continue;
    const [detail = ''] = error.message.slice(0, 200).split('\n');
    return { ok: false, refusal: 'not-yaml', ...placeIn(lines, error.pos[0]), detail };
  }
  return { all, lines, hidden: '' };
}

/** Undefined where it must be parsed as a whole; also where there is an error, which the whole words better. */
export function parseThinned(text: string, kept: string): Stream | undefined {
  // What is left out is plain, so that it is not deep; how lines end in it is looked at as well.
  const thinned = text.length > mostBytes || otherBreaks.test(text) ? undefined : thin(text, kept);
  if (thinned === undefined) return undefined;
  const stream = parseStream(thinned.text);
  if ('ok' in stream || !couldBeHidden(stream.all, thinned)) return undefined;
  const lines = new LineCounter();
  for (let at = 0; at !== 0 || lines.lineStarts.length === 0; at = text.indexOf('\n', at) + 1)
    lines.addNewLine(at);
  return { ...stream, lines, hidden: thinned.hidden };
}
