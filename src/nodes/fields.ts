/** Typed access to a map out of a YAML file: what has the wrong type is refused with its line, and nothing is ever coerced. */
import type { YamlReading } from '../model/safe-yaml.ts';
import { UserError } from '../model/user-error.ts';

export interface Fields {
  readonly text: (key: string) => string | undefined;
  readonly flag: (key: string) => boolean;
  readonly texts: (key: string) => readonly string[];
  readonly fields: (key: string) => Fields | undefined;
  readonly list: (key: string) => readonly Fields[];
  readonly has: (key: string) => boolean;
  readonly refuse: (key: string, fault: string) => UserError;
}

type Read = Extract<YamlReading, { ok: true }>;

/** An absent value, null and an empty text are the same thing here, as for client-go. */
export function fieldsOf(
  reading: Read,
  what: string,
  hint: string,
  at: readonly (string | number)[] = [],
  value: unknown = reading.value,
): Fields {
  const refuse = (keys: readonly (string | number)[], fault: string): UserError => {
    const { line, column } = reading.placeOf([...at, ...keys]);
    const name = keys.length === 0 ? '' : `${keys.join('.')} `;
    return new UserError(`${what}, line ${line}, column ${column}: ${name}${fault}`, hint);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse([], 'is no map');
  const get = (key: string): unknown =>
    Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  const listOf = (key: string): readonly unknown[] => {
    const found = get(key) ?? [];
    if (!Array.isArray(found)) throw refuse([key], 'is no list');
    return found;
  };
  return {
    has: (key) => get(key) !== undefined && get(key) !== null,
    refuse: (key, fault) => refuse([key], fault),
    text: (key) => {
      const found = get(key) ?? '';
      if (typeof found !== 'string')
        throw refuse([key], `is a ${typeof found}, not a text; put it in quotes`);
      return found === '' ? undefined : found;
    },
    flag: (key) => {
      const found = get(key) ?? false;
      if (typeof found !== 'boolean') throw refuse([key], 'is neither true nor false');
      return found;
    },
    texts: (key) =>
      listOf(key).map((item, index) => {
        if (typeof item !== 'string') throw refuse([key, index], 'is no text; put it in quotes');
        return item;
      }),
    fields: (key) => {
      const found = get(key);
      return found === undefined || found === null
        ? undefined
        : fieldsOf(reading, what, hint, [...at, key], found);
    },
    list: (key) => listOf(key).map((item, index) => fieldsOf(reading, what, hint, [...at, key, index], item)),
  };
}
