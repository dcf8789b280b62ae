/** What one error message says, before anybody judges it; and the shape of the rules that read it. */
import type { CauseCode } from '../model/cause.ts';
import { startsFresh } from './clean-line.ts';

/** The sayings that are no cause still have to be judged: whose certificate was it? */
export type Saying = CauseCode | 'name-mismatch' | 'no-names' | 'no-certificate';

export interface Reading {
  readonly says: Saying;
  /** The name that was dialled, as the text spells it. */
  readonly host?: string;
  /** The names that the certificate holds, where the text lists them. */
  readonly listed?: readonly string[];
  /** The list is whole: not shortened with dots by whoever typed it. */
  readonly listIsWhole?: boolean;
  /** host:port, where the message itself says it. */
  readonly endpoint?: string;
  readonly client?: string;
  /** Where reading went on to; the next message starts there or later. */
  readonly end: number;
}

/** A place where a rule's anchor stands. */
export interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Where the message before this one ended: what stands before belongs to that one. */
  readonly from: number;
  /** The text lines around, for wordings that spread over several. */
  readonly before: string;
  readonly after: string;
}

export interface Rule {
  /** Fixed wordings, in lower case; each is looked for by itself. */
  readonly anchors: readonly string[];
  readonly read: (place: Place) => Reading | undefined;
}

/** No message that matters is longer around its anchor; keeps each look bounded on hostile input. */
const lookBack = 600;
const lookAhead = 900;

export function textBefore(place: Place): string {
  return place.text.slice(Math.max(place.from, place.start - lookBack), place.start);
}

export function textAfter(place: Place): string {
  return place.text.slice(place.end, place.end + lookAhead);
}

/** The text after the anchor, going on into the lines that follow. */
export function textOnwards(place: Place): string {
  return `${textAfter(place)}\n${place.after}`.slice(0, lookAhead);
}

/** A rule for wordings that say one thing and no name. */
export function plainRule(says: Saying, anchors: readonly string[], client?: string): Rule {
  return {
    anchors,
    read: (place) => ({ says, end: place.end, ...(client === undefined ? {} : { client }) }),
  };
}

interface HostRule {
  readonly anchors: readonly string[];
  readonly says?: Saying;
  readonly client?: string;
  /** Each has the host in its first group; the first that fits wins. */
  readonly before?: RegExp;
  readonly after?: RegExp;
  /** Without a host the reading does not count. */
  readonly needsHost?: boolean;
  /** The certificate has no SANs at all, so that the client looked at its common name. */
  readonly isNameless?: (before: string, after: string) => boolean;
  /** Reads the list of names out of what follows. */
  readonly list?: RegExp;
}

/** A rule for wordings in which the dialled name stands at a fixed place before or after the anchor. */
export function hostRule(rule: HostRule): Rule {
  return {
    anchors: rule.anchors,
    read(place) {
      const onwards = textOnwards(place);
      const after = rule.after?.exec(onwards);
      if (after ? isCutQuote(after, onwards) : rule.after !== undefined && isCutBefore(place))
        return undefined;
      const host = after?.[1] ?? rule.before?.exec(textBefore(place))?.[1];
      if (host === undefined && rule.needsHost === true) return undefined;
      const list = rule.list?.exec(onwards)?.[1];
      const consumed = after ? after.index + after[0].length : 0;
      const says = rule.says ?? 'name-mismatch';
      // An empty list is a certificate without names, which kubeadm never makes.
      const isEmpty = says === 'name-mismatch' && list?.trim() === '';
      return {
        says: isEmpty || rule.isNameless?.(textBefore(place), onwards) === true ? 'no-names' : says,
        end: Math.min(place.end + consumed, place.text.length),
        ...(host === undefined ? {} : { host: tidyHost(host) }),
        ...(list === undefined
          ? {}
          : { listed: namesInList(list), listIsWhole: !/\.\.|…/.test(list) && !isCutList(list, place) }),
        ...(rule.client === undefined ? {} : { client: rule.client }),
      };
    },
  };
}

/** A name whose closing quote is not in its line was cut. */
function isCutQuote(match: RegExpExecArray, text: string): boolean {
  const host = match[1] ?? '';
  const opening = match[0].at(match[0].lastIndexOf(host) - 1) ?? '';
  const next = text[match.index + match[0].length];
  return /["'‘`“]/.test(opening) && (next === undefined || next === '\n');
}

/** The line ends right where the name should begin. */
function isCutBefore(place: Place): boolean {
  return place.after !== '' && /(?:["'‘“`]|\b(?:for|name|address))$/.test(textAfter(place).trimEnd());
}

/** A list that runs to the end of a line may go on in the next one. */
function isCutList(list: string, { text, after }: Place): boolean {
  const [next = ''] = after.split('\n', 1);
  return text.trimEnd().endsWith(list.trimEnd()) && !startsFresh(next) && !/^\s/.test(next);
}

/** A dialled name as it stands between quotes, brackets and punctuation, without them. */
export function tidyHost(host: string): string {
  if (/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/i.test(host)) return host;
  const bare = host.replace(/^[\s"'`‘’‚“”„«»<([{]+|[\s"'`‘’‚“”„«»>)\]},;!?\\]+$/gu, '');
  const inner = bare.replace(/^[\u200b-\u200f\u2060\ufeff\u00ad]+|[\u200b-\u200f\u2060\ufeff\u00ad]+$/g, '');
  return inner
    .replace(/%(?![A-Za-z]{2,}\d)[0-9A-Fa-f]{2}.*$/, '')
    .replace(/[.…_-]+>?$/, '')
    .replace(/([^:]):$/, '$1');
}

/** Names out of `DNS:a, IP Address:1.2.3.4`, `"a", "b"`, `DnsName("a") or IpAddress(1.2.3.4)` and the like. */
export function namesInList(list: string): string[] {
  return list
    .split(/[,;\s]+|\bor\b|\band\b/)
    .map((item) => item.replace(/^(?:DNS(?:Name)?|IP(?:\s*Address)?|Address)\s*[:(]\s*/i, ''))
    .map((item) => tidyHost(item.replace(/^(?:DnsName|IpAddress)\(/i, '').replace(/\)$/, '')))
    .filter((item) => /[\p{L}\p{N}]/u.test(item) && !/^(?:IP|Address|DNS)$/i.test(item));
}
