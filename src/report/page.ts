/** A report before it has a format: sections of prose, tables, items and commands. Text, Markdown and HTML are made from this one value. */
import { capital } from './words.ts';

/** Our own words, and in between what comes from outside: `code` is hostile and each format makes it inert in its own way. */
export type Part = string | { readonly code: string };
export type Phrase = readonly Part[];

export type Tone = 'good' | 'bad' | 'careful' | 'quiet';

export interface Page {
  readonly title: string;
  readonly answer: Phrase;
  readonly tone: Tone;
  /** What the reader wants to know first about the run itself. */
  readonly about: readonly Phrase[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  /** `ticket`: only where it is read at leisure, in Markdown and HTML; `terminal`: only in text, where columns are few. */
  readonly depth: 'always' | 'ticket' | 'terminal';
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'prose'; readonly phrase: Phrase }
  | { readonly kind: 'list'; readonly phrases: readonly Phrase[] }
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | Table
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  /** Line by line as it is: a diff, a script. Hostile. */
  | {
      readonly kind: 'verbatim';
      readonly about: Phrase;
      readonly language: 'diff' | 'sh' | 'yaml' | 'text';
      readonly text: string;
    };

export interface Table {
  readonly kind: 'table';
  /** What it shows, in a few words: HTML's caption, Markdown's line above. */
  readonly about: string;
  /** Its cells are looked at more than read. */
  readonly isMatrix?: boolean;
  readonly columns: readonly Part[];
  readonly rows: readonly Row[];
}

/** A finding and the like: a label in front, one sentence, what belongs to it below. */
export interface Item {
  readonly label: string;
  readonly tone: Tone;
  readonly id: string;
  readonly head: Phrase;
  readonly below: readonly Phrase[];
  readonly todo?: Phrase;
}

export type Row = readonly Cell[];

export interface Cell {
  readonly phrase: Phrase;
  readonly tone?: Tone;
}

export interface Step {
  readonly where: string;
  readonly why: Phrase;
  readonly command: string;
}

/** said`the certificate of ${node} lacks ${names}`: what is interpolated comes from outside; a list is joined with commas. */
export function said(
  words: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): Phrase {
  const parts: (string | { readonly code: string })[] = [];
  words.forEach((word, index) => {
    if (word !== '') parts.push(word);
    const value = values[index];
    if (value === undefined) return;
    if (typeof value === 'number') parts.push(String(value));
    else if (typeof value === 'string') parts.push({ code: value });
    else parts.push(...listed(value));
  });
  return parts;
}

/** Names one after the other; a long list ends with how many more there are. */
export function listed(values: readonly string[], most = 12): Phrase {
  const shown = values
    .slice(0, most)
    .flatMap((value, index) => [...(index === 0 ? [] : [', ']), { code: value }]);
  const rest = values.length - most;
  return rest > 0 ? [...shown, ` and ${rest} more`] : shown;
}

/** With a capital and a full stop, unless it begins with a name; what comes from outside as a whole stays as it is. */
export function sentenceOf(phrase: Phrase): Phrase {
  const [first, ...rest] = phrase;
  if (first === undefined || (typeof first !== 'string' && rest.length === 0)) return phrase;
  const isName = typeof first !== 'string' || /^kube(?:adm|ctl|-)/.test(first);
  const begun: Phrase = isName ? phrase : [capital(first), ...rest];
  const last = begun.at(-1) ?? '';
  return /[.?!:]$/.test(typeof last === 'string' ? last : last.code) ? begun : [...begun, '.'];
}

/** Words of ours only. */
export function plain(text: string): Phrase {
  return [text];
}

export function join(...phrases: readonly Phrase[]): Phrase {
  return phrases.flat();
}

export function cell(phrase: Phrase | string, tone?: Tone): Cell {
  const words = typeof phrase === 'string' ? plain(phrase) : phrase;
  return { phrase: words, ...(tone === undefined ? {} : { tone }) };
}

/** The first line about a command that only looked. */
export function onlySeen(
  cluster: string | undefined,
  seen: Phrase,
  changed: Phrase = plain('nothing was changed'),
): Phrase {
  return join(cluster === undefined ? [] : said`cluster ${cluster}, `, seen, plain('; '), changed);
}

/** Nothing where there are none. */
export function itemBlocks(items: readonly Item[]): readonly Block[] {
  return items.length === 0 ? [] : [{ kind: 'items', items }];
}

/** An item that is one sentence, which was made elsewhere, about one thing or about all. */
export function remark(
  kind: Pick<Item, 'label' | 'tone' | 'id'>,
  {
    what,
    detail,
    remedy,
  }: { readonly what: string | undefined; readonly detail: string; readonly remedy?: string },
): Item {
  return {
    ...kind,
    head: join(what === undefined ? [] : said`${what}: `, [{ code: detail }]),
    below: [],
    ...(remedy === undefined ? {} : { todo: [{ code: remedy }] }),
  };
}
