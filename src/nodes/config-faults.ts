/** What is wrong with fix-sans.yaml, one sentence with its path, from what the schema says. */
import * as z from 'zod/mini';
import { display } from '../model/display.ts';
import { configSchema } from './config-schema.ts';
import { meant } from './did-you-mean.ts';

export interface ConfigFault {
  readonly path: readonly PropertyKey[];
  readonly at: 'key' | 'value';
  readonly sentence: string;
}

type Issue = z.core.$ZodIssue;

export function faultsOf(value: unknown): readonly ConfigFault[] {
  const hidden = protoIn(value, []);
  if (hidden) return [{ path: hidden, at: 'key', sentence: '__proto__ is no key here' }];
  const result = z.safeParse(configSchema, value);
  return result.success ? [] : result.error.issues.flatMap((issue) => faultOf(issue, [], value));
}

/** A record of the schema's would drop it without a word. */
function protoIn(value: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === '__proto__' ? [...path, key] : protoIn(inner, [...path, key]);
    if (found) return found;
  }
  return undefined;
}

function faultOf(issue: Issue, above: readonly PropertyKey[], whole: unknown): readonly ConfigFault[] {
  const path = [...above, ...issue.path];
  const one = (sentence: string, at: ConfigFault['at'] = 'value'): readonly ConfigFault[] => [
    { path, at, sentence: `${nameOf(path)}${sentence}` },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        sentence: `${nameOf(path)}has no key ${display(key, 60)}${meant(key, keysAt(path))}`,
      }));
    case 'invalid_type': {
      const found = valueAt(whole, path);
      if (found === undefined) return one('is missing');
      return one(
        `is ${kindOf(found)}, not ${kinds[issue.expected] ?? issue.expected}${quoteHint(issue.expected, found)}`,
      );
    }
    case 'invalid_value':
      if (valueAt(whole, path) === undefined) return one('is missing');
      return one(`is not ${issue.values.map((choice) => JSON.stringify(choice)).join(' or ')}`);
    case 'too_big':
      return one(
        issue.origin === 'string'
          ? 'is too long'
          : `is more than ${issue.maximum}${issue.origin === 'array' ? ' entries' : ''}`,
      );
    case 'too_small':
      return one(issue.origin === 'string' ? 'is empty' : `is less than ${issue.minimum}`);
    case 'invalid_key':
      return one('is no usable name: letters, digits, dots, dashes and underscores, 63 at most', 'key');
    case 'invalid_union': {
      // The branch of the type that was written; the others only say that it is not theirs.
      const branch = issue.errors.find((errors) =>
        errors.every(({ path: inner, code }) => code !== 'invalid_type' || inner.length > 0),
      );
      if (branch) return branch.flatMap((inner) => faultOf(inner, path, whole));
      return one('is neither a text nor a map');
    }
    default:
      return one('is not understood');
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' ? 'a number' : (kinds[typeof value] ?? typeof value);
}

function quoteHint(expected: string, found: unknown): string {
  return expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')
    ? '; put it in quotes'
    : '';
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the file ' : `${display(path.map(String).join('.'), 120)} `;
}

function valueAt(whole: unknown, path: readonly PropertyKey[]): unknown {
  let here = whole;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return here;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let here: z.core.$ZodType = configSchema;
  for (const key of path) {
    const next = inside(here, key);
    if (next === undefined) return [];
    here = next;
  }
  const map = mapIn(here);
  return map === undefined ? [] : Object.keys(map.def.shape);
}

function inside(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodMiniRecord) return bare.def.valueType;
  if (bare instanceof z.ZodMiniArray) return bare.def.element;
  return mapIn(bare)?.def.shape[String(key)];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodMiniOptional ? unwrap(schema.def.innerType) : schema;
}

function mapIn(schema: z.core.$ZodType): z.ZodMiniObject | undefined {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodMiniObject) return bare;
  if (!(bare instanceof z.ZodMiniUnion)) return undefined;
  return bare.def.options.map(unwrap).find((option) => option instanceof z.ZodMiniObject);
}
