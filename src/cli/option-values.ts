/** Reads the values of flags: what is no number, duration or known word is a user's mistake, said before anything is contacted. */
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import type { Options } from './command.ts';

export function textOf(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(options: Options, name: string): readonly string[] {
  const value = options[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export function isSet(options: Options, name: string): boolean {
  return options[name] === true;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `10s`, `500ms`, `2m`: a bare number is refused, since 5 could be five of anything. */
export function durationOf(options: Options, name: string, flag: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const match = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text);
  const milliseconds = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  if (!(milliseconds >= 1 && milliseconds <= 3_600_000)) {
    const meant = /^\d{1,4}$/.test(text)
      ? `did you mean ${flag} ${text}s?`
      : 'write it as 500ms, 10s or 2m, at most 60m';
    throw new UserError(`${flag} ${display(text, 60)} is no duration`, meant);
  }
  return milliseconds;
}

const longUnits: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `24h`, `7d`: for what lies about between two people's working days. */
export function ageOf(options: Options, name: string, flag: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(text);
  const milliseconds = Number(match?.[1]) * (longUnits[match?.[2] ?? ''] ?? Number.NaN);
  if (!(milliseconds <= 366 * 86_400_000)) {
    const meant = /^\d{1,3}$/.test(text)
      ? `did you mean ${flag} ${text}h?`
      : 'write it as 90m, 24h or 7d, at most 366d';
    throw new UserError(`${flag} ${display(text, 60)} is no age`, meant);
  }
  return milliseconds;
}

export function countOf(
  options: Options,
  name: string,
  { flag, most }: { readonly flag: string; readonly most: number },
): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= 1 && count <= most))
    throw new UserError(
      `${flag} ${display(text, 60)} is no number from 1 to ${most}`,
      'leave it out for the usual',
    );
  return count;
}
