/** Finds a list inside YAML text, and says why it cannot be edited where it cannot. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  parseDocument,
  type ParsedNode,
  type Scalar,
  visit,
} from 'yaml';
import { couldBeHidden, thin } from './yaml-thin.ts';

export interface ListPlace {
  /** Keys from the root of the document to the list. */
  readonly path: readonly string[];
  /** Which document of the stream: the one whose `kind` is this. The first if not given. */
  readonly kind?: string;
}

export const listRefusals = [
  'not-yaml',
  'no-such-document',
  'not-a-map',
  'not-a-list',
  'not-a-text',
  'template',
  'vault',
  'alias',
  'anchor',
  'merged',
  'twice',
  'layout',
  'too-large',
  'unproven',
] as const;

export type ListRefusal = (typeof listRefusals)[number];

export interface ListRefused {
  readonly ok: false;
  readonly refusal: ListRefusal;
  readonly line: number;
  readonly column: number;
  readonly detail: string;
}

export type ListReading =
  | { readonly ok: true; readonly items: readonly string[] | undefined; readonly line: number }
  | ListRefused;

const mostBytes = 1024 * 1024;

interface Stream {
  readonly all: readonly Document.Parsed[];
  readonly lines: LineCounter;
  /** Plain lines that were not parsed. None of them is on the way to the list. */
  readonly hidden: string;
}

export interface Found extends Stream {
  readonly document: Document.Parsed;
  /** The nodes along the path, as far as they are there; the root first. */
  readonly chain: readonly (ParsedNode | null)[];
  /** The pair of each step that is there. */
  readonly pairs: readonly Pair<ParsedNode, ParsedNode | null>[];
}

/** The list as it is; undefined where it is not set. */
export function readList(text: string, place: ListPlace): ListReading {
  const found = find(text, place);
  return 'ok' in found ? found : listIn(found, place);
}

export function listIn(found: Found, { path }: ListPlace): ListReading {
  const { chain, pairs } = found;
  if (pairs.length < path.length) return { ok: true, items: undefined, line: 0 };
  const list = chain.at(-1) ?? null;
  const line = lineOf(found, pairs.at(-1)?.key.range[0] ?? 0);
  if (list === null || isNull(list)) return { ok: true, items: [], line };
  const fault = listFault(list, found);
  if (fault !== undefined) return fault;
  const items = isSeq(list) ? list.items.map((item) => (isScalar(item) ? String(item.value) : '')) : [];
  return { ok: true, items, line };
}

/** In a long text without the lines that can be left out, unless the `whole` is asked for. */
export function find(text: string, { path, kind }: ListPlace, whole = false): Found | ListRefused {
  const thinned = whole || kind !== undefined ? undefined : parseThinned(text, path[0] ?? '');
  const stream = thinned ?? parseStream(text);
  if ('ok' in stream) return stream;
  const { all } = stream;
  const document = kind === undefined ? all[0] : all.find(({ contents }) => kindOf(contents) === kind);
  if (document === undefined)
    return { ok: false, refusal: 'no-such-document', ...start, detail: `no document of kind ${kind ?? ''}` };
  const chain: (ParsedNode | null)[] = [document.contents];
  const pairs: Pair<ParsedNode, ParsedNode | null>[] = [];
  const found: Found = { ...stream, document, chain, pairs };
  for (const key of path) {
    const map = chain.at(-1) ?? null;
    if (map === null || isNull(map)) break;
    const way = path.slice(0, pairs.length).join('.') || 'the document';
    if (isAlias(map)) return refusal(found, 'alias', map.range[0], `${way} is an alias`);
    if (!isMap(map)) return refusal(found, 'not-a-map', map.range[0], `${way} is no map`);
    const [pair, second] = map.items.filter((one) => isKey(one, key));
    if (second !== undefined)
      return refusal(found, 'twice', second.key.range[0], `${key} is set twice; the last one counts`);
    if (pair === undefined) {
      const merge = map.items.find((one) => isKey(one, '<<'));
      if (merge !== undefined)
        return refusal(found, 'merged', merge.key.range[0], `${key} may come from a merged map`);
      break;
    }
    pairs.push(pair);
    chain.push(pair.value);
  }
  return found;
}

/** Undefined where it must be parsed as a whole; also where there is an error, which the whole words better. */
export function parseThinned(text: string, kept: string): Stream | undefined {
  const thinned = text.length > mostBytes ? undefined : thin(text, kept);
  if (thinned === undefined) return undefined;
  const stream = parseStream(thinned.text);
  if ('ok' in stream || !couldBeHidden(stream.all, thinned)) return undefined;
  const lines = new LineCounter();
  for (let at = 0; at !== 0 || lines.lineStarts.length === 0; at = text.indexOf('\n', at) + 1)
    lines.addNewLine(at);
  return { ...stream, lines, hidden: thinned.hidden };
}

/** As Ansible and Kubernetes read it (YAML 1.1). Keys are compared along the path only: for all it takes quadratic time. */
export function parseStream(text: string): Stream | ListRefused {
  if (text.length > mostBytes)
    return { ok: false, refusal: 'too-large', ...start, detail: `${text.length} characters` };
  const lines = new LineCounter();
  const options = {
    version: '1.1',
    merge: true,
    lineCounter: lines,
    uniqueKeys: false,
    // Warnings would show the text, with whatever secret is in it.
    logLevel: 'error',
  } as const;
  const parsed = parseAllDocuments(text, options);
  // Nothing but comments is no document to parseAllDocuments, but something to write into.
  const all = parsed.length === 0 ? [parseDocument(text, options)] : parsed;
  for (const { errors } of all) {
    const [error] = errors;
    if (error === undefined) continue;
    const [detail = ''] = error.message.split('\n');
    return { ok: false, refusal: 'not-yaml', ...placeIn(lines, error.pos[0]), detail };
  }
  return { all, lines, hidden: '' };
}

/** By its source: the value of `<<` is a symbol. */
function isKey({ key }: Pair<ParsedNode>, name: string): boolean {
  return isScalar(key) && (key.source === name || key.value === name);
}

function listFault(list: ParsedNode, found: Found): ListRefused | undefined {
  const at = list.range[0];
  if (list.tag?.startsWith('!vault') === true) return refusal(found, 'vault', at, 'the value is encrypted');
  if (isAlias(list)) return refusal(found, 'alias', at, 'the value is an alias of another');
  if (isScalar(list)) {
    const text = String(list.value);
    return /\{[{%]/.test(text)
      ? refusal(found, 'template', at, text.slice(0, 200))
      : refusal(found, 'not-a-list', at, `${text.slice(0, 200)} is one value, not a list`);
  }
  if (!isSeq(list)) return refusal(found, 'not-a-list', at, 'the value is a map, not a list');
  if (list.anchor !== undefined && hasAlias(found.document, list.anchor))
    return refusal(found, 'anchor', at, `other values are aliases of it (&${list.anchor})`);
  for (const item of list.items) {
    const itemAt = item.range[0];
    if (item.tag?.startsWith('!vault') === true)
      return refusal(found, 'vault', itemAt, 'an item is encrypted');
    if (isAlias(item)) return refusal(found, 'alias', itemAt, 'an item is an alias of another value');
    if (!isScalar(item) || typeof item.value !== 'string' || isNumberToGo(item))
      return refusal(found, 'not-a-text', itemAt, 'an item is no text; numbers and the like need quotes');
    if (/\{[{%]/.test(item.value)) return refusal(found, 'template', itemAt, item.value.slice(0, 200));
  }
  return undefined;
}

/** `0o17`, a text in YAML 1.1, which kubeadm's parser takes for fifteen: https://pkg.go.dev/strconv#ParseInt */
function isNumberToGo({ type, source = '' }: Scalar): boolean {
  return type === 'PLAIN' && /^[-+]?0[obx][0-9a-f_]+$/i.test(source);
}

function hasAlias(document: Document.Parsed, anchor: string): boolean {
  let is = false;
  visit(document, {
    Alias(_key, node) {
      if (node.source === anchor) is = true;
    },
  });
  return is;
}

function lineOf({ lines }: Found, at: number): number {
  return lines.linePos(at).line;
}

const start = { line: 1, column: 1 } as const;

function placeIn(lines: LineCounter, at: number): Pick<ListRefused, 'line' | 'column'> {
  const { line, col } = lines.linePos(at);
  return { line, column: col };
}

export function refusal(found: Found, code: ListRefusal, at: number, detail: string): ListRefused {
  return { ok: false, refusal: code, ...placeIn(found.lines, at), detail };
}

export function isNull(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null;
}

/** `kind:` of a Kubernetes object, if it is one. */
export function kindOf(contents: ParsedNode | null): string | undefined {
  if (!isMap(contents)) return undefined;
  const kind: unknown = contents.get('kind');
  return typeof kind === 'string' ? kind : undefined;
}
