/** YAML from a node or from the API, read with caps: what was made to exhaust a reader is a fault like any other. */
import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { findExcess } from '../model/safe-yaml.ts';

const start: Place = { line: 1, column: 1 };
const largestText = 256 * 1024;
/** More than any object of Kubernetes's has; keys are compared each with each. */
const widest = 1000;

interface Place {
  readonly line: number;
  readonly column: number;
}

export type YamlReading =
  | { readonly ok: true; readonly documents: readonly Document.Parsed[]; readonly lines: LineCounter }
  | { readonly ok: false; readonly at: Place; readonly fault: string };

export function readYaml(text: string): YamlReading {
  if (text.length > largestText) return { ok: false, at: start, fault: 'is larger than 256 KiB' };
  const excess = findExcess(text, widest);
  if (excess !== undefined) {
    const before = text.slice(0, excess.offset).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    return { ok: false, at: place, fault: excess.fault };
  }
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: true });
    if (!Array.isArray(documents)) return { ok: true, documents: [], lines };
    for (const document of documents) {
      const [error] = document.errors;
      if (error) return { ok: false, at: placeIn(lines, error.pos[0]), fault: firstLine(error.message) };
    }
    return { ok: true, documents: documents as readonly Document.Parsed[], lines };
  } catch (error) {
    return { ok: false, at: start, fault: error instanceof Error ? firstLine(error.message) : 'is no YAML' };
  }
}

export function placeIn(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  // Of a text without any line it says 0.
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Plain values, or undefined where there is none; aliases count, so that nine lines cannot become a billion values. */
export function plainValue(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch {
    return undefined;
  }
}

/** A value of a plain object, own properties only. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

function firstLine(text: string): string {
  const [first = ''] = text.split('\n');
  return first.replace(/:$/, '').slice(0, 200);
}
