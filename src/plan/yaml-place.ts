/** Finds a list inside YAML text, and says why it cannot be edited where it cannot. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type Scalar,
  visit,
} from 'yaml';
import { parseStream, parseThinned, placeIn, start, type Stream } from './yaml-stream.ts';

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
  const line = placeIn(found.lines, pairs.at(-1)?.key.range[0] ?? 0).line;
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
  const again = kind === undefined ? undefined : secondKind(all);
  if (again !== undefined)
    return refusal(found, 'twice', again.range[0], 'kind is set twice; the last one counts');
  for (const key of path) {
    const map = chain.at(-1) ?? null;
    if (map === null || isNull(map)) break;
    const way = path.slice(0, pairs.length).join('.') || 'the document';
    if (isAlias(map)) return refusal(found, 'alias', map.range[0], `${way} is an alias`);
    if (!isMap(map)) return refusal(found, 'not-a-map', map.range[0], `${way} is no map`);
    const odd = map.items.find((one) => isAlias(one.key));
    if (odd !== undefined)
      return refusal(found, 'alias', odd.key.range[0], 'a key is an alias, and may be this very one');
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

/** In any document: the one that is looked for may be there under another kind. */
function secondKind(all: readonly Document.Parsed[]): ParsedNode | undefined {
  for (const { contents } of all) {
    const second = isMap(contents) ? contents.items.filter((one) => isKey(one, 'kind'))[1] : undefined;
    if (second !== undefined) return second.key;
  }
  return undefined;
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
