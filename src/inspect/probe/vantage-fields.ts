/** Reads the fields of a file that another machine wrote, one kind at a time, so that nothing gets in that was not looked at. */

export class VantageFault extends Error {
  constructor(where: string, what: string) {
    super(`${where} ${what}`);
    this.name = 'VantageFault';
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new VantageFault(where, 'is no object');
  return value as Fields;
}

export function list(value: unknown, where: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new VantageFault(where, 'is no list');
  if (value.length > most) throw new VantageFault(where, `has more than ${most} entries`);
  return value;
}

export function text(value: unknown, where: string, longest: number): string {
  if (typeof value !== 'string') throw new VantageFault(where, 'is no text');
  if (value.length > longest) throw new VantageFault(where, `is longer than ${longest} characters`);
  return value;
}

export function whole(value: unknown, where: string, least: number, most: number): number {
  if (!Number.isInteger(value)) throw new VantageFault(where, 'is no whole number');
  const number = value as number;
  if (number < least || number > most) throw new VantageFault(where, `is not between ${least} and ${most}`);
  return number;
}

export function oneOf<T extends string>(value: unknown, where: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new VantageFault(where, `is none of ${choices.join(', ')}`);
  return found;
}

/** `2026-11-21T06:00:00Z` */
export function time(value: unknown, where: string): string {
  const given = text(value, where, 40);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(given))
    throw new VantageFault(where, 'is no time in UTC');
  return given;
}

/** An object with the key, or one without it: an optional field is never there as undefined. */
export function optional<K extends string, T>(
  from: Fields,
  key: K,
  read: (value: unknown, where: string) => T,
  where: string,
): { readonly [Key in K]?: T } {
  const value = from[key];
  if (value === undefined || value === null) return {};
  return { [key]: read(value, `${where}.${key}`) } as { [Key in K]?: T };
}
