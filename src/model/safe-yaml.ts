/** Reads hostile YAML within bounds of size, depth, width and aliases, and says by line and column what is wrong with it. */
import { type CST, type Document, Lexer, LineCounter, Parser, parseDocument, type ScalarTag } from 'yaml';

export interface YamlPlace {
  readonly line: number;
  readonly column: number;
}

export type YamlReading =
  | {
      readonly ok: true;
      readonly document: Document.Parsed;
      /** Plain objects, arrays and scalars. A key `__proto__` is an ordinary own key in it. */
      readonly value: unknown;
      /** Where the value at a path stands, or the nearest one around it; from 1. */
      readonly placeOf: (path: readonly PropertyKey[], what?: 'key' | 'value') => YamlPlace;
      readonly placeOfOffset: (offset: number) => YamlPlace;
    }
  | ({ readonly ok: false; readonly fault: string } & YamlPlace);

export interface YamlOptions {
  /** Whether `<<` merges, as in Ansible's files. */
  readonly merge?: boolean;
  readonly customTags?: readonly ScalarTag[];
  readonly largest?: number;
}

const deepest = 64;
const widest = 5000;
const mostAliases = 100;
/** Of what is no YAML at all every character may be one, and the library makes an exception with its stack of each. */
const mostErrors = 20;

export function readYaml(
  text: string,
  { merge = false, customTags = [], largest = 1024 * 1024 }: YamlOptions = {},
): YamlReading {
  const lines = new LineCounter();
  const place = (offset: number): YamlPlace => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (fault: string, offset: number): YamlReading => ({ ok: false, fault, ...place(offset) });
  if (text.length > largest) return refuse(`it is larger than ${largest} characters`, 0);
  const excess = findExcess(text);
  if (excess !== undefined) {
    lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at !== -1 && at < excess.offset; at = text.indexOf('\n', at + 1))
      lines.addNewLine(at + 1);
    return refuse(excess.fault, excess.offset);
  }
  const document = parseDocument(text, {
    merge,
    customTags: (tags) => [...tags, ...customTags],
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: true,
  });
  const [error] = [...document.errors, ...document.warnings];
  if (error) return refuse(sentence(error.message), error.pos[0]);
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    return {
      ok: true,
      document,
      value,
      placeOf: (path, what = 'value') => place(offsetOf(document, path, what)),
      placeOfOffset: place,
    };
  } catch (fault) {
    return refuse(sentence((fault as Error).message), 0);
  }
}

/** The library's messages start with a capital and may quote what is in the file, which may be a secret. */
function sentence(message: string): string {
  if (message.startsWith('Unresolved alias')) return 'unresolved alias';
  const first = message.split('\n')[0] ?? '';
  return first.charAt(0).toLowerCase() + first.slice(1, 200).replace(/\.$/, '');
}

/**
 * What is nested too deep, or has too many entries. The library composes by recursion, and near the end of the stack V8
 * ends the whole process ("RegExpCompiler Allocation failed"), which nobody can catch. The parser below it recurses only where a
 * token closes what is open, so it is stopped as soon as too much is.
 */
export function findExcess(
  text: string,
  most: number = widest,
): { readonly fault: string; readonly offset: number } | undefined {
  const parser = new Parser();
  const errors: CST.ErrorToken[] = [];
  for (const token of tokensOf(text, parser)) {
    if (token === 'deep') return whatIsDeep(parser);
    if (token.type === 'error') {
      const [first = token] = errors;
      if (errors.push(token) > mostErrors) return { fault: sentence(first.message), offset: first.offset };
    }
    const open: [CST.Token, number][] = [[token, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [here, depth] = next;
      if (depth > deepest)
        return { fault: `it is nested deeper than ${deepest} levels`, offset: here.offset };
      if (here.type === 'document' && here.value) open.push([here.value, depth]);
      if (!('items' in here)) continue;
      if (here.items.length > most)
        return { fault: `a list or map in it has more than ${most} entries`, offset: here.offset };
      for (const { key, value } of here.items) {
        if (key && ('items' in key || key.type === 'block-scalar'))
          return { fault: keyFault, offset: key.offset };
        if (value) open.push([value, depth + 1]);
      }
    }
  }
  return undefined;
}

const keyFault = 'a key is no plain text; a template needs quotes around it';

/** The document, and every map and list that may be open in it. */
const mostOpen = deepest + 2;

function whatIsDeep({ stack, offset }: Parser): { readonly fault: string; readonly offset: number } {
  const key = stack.find((_, at) => {
    const above = stack[at - 1];
    return above?.type === 'block-map' && above.items.at(-1)?.sep === undefined;
  });
  if (key !== undefined) return { fault: keyFault, offset: key.offset };
  return { fault: `it is nested deeper than ${deepest} levels`, offset: stack[mostOpen]?.offset ?? offset };
}

function* tokensOf(text: string, parser: Parser): Generator<CST.Token | 'deep'> {
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > mostOpen) yield 'deep';
  }
  yield* parser.end();
}

/** Of the deepest node that exists along the path. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], what: 'key' | 'value'): number {
  for (let length = path.length; length >= 0; length--) {
    const [keys, last] = [path.slice(0, length - 1), path[length - 1]];
    const parent: unknown = length === 0 ? undefined : document.getIn(keys, true);
    if (what === 'key' && length === path.length && hasItems(parent)) {
      const pair = parent.items.find(({ key }) => key?.value === last);
      if (pair?.key?.range) return pair.key.range[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

interface HasItems {
  readonly items: readonly {
    readonly key?: { readonly value?: unknown; readonly range?: readonly number[] };
  }[];
}

function hasItems(node: unknown): node is HasItems {
  return typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);
}
