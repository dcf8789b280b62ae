/** Finds the error messages in one logical line: one pass over it, and each anchor is read by the one rule it belongs to. */
import { evidenceWords } from './evidence.ts';
import { compileFinder, type Finder } from './needles.ts';
import type { Reading, Rule } from './reading.ts';
import { goRules } from './rules/go.ts';
import { languageRules } from './rules/languages.ts';
import { nativeRules } from './rules/native.ts';
import { reachRules } from './rules/reach.ts';

const ruleOf = new Map<string, Rule>();
for (const rule of [...goRules, ...nativeRules, ...languageRules, ...reachRules]) {
  for (const anchor of rule.anchors) ruleOf.set(anchor, rule);
}

export const anchors: readonly string[] = [...ruleOf.keys()];

// The longest first, so that of two anchors at one place the more telling one is read.
const anchorPattern = new RegExp(
  anchors
    .toSorted((one, other) => other.length - one.length)
    .map((anchor) => anchor.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|'),
  'gi',
);

export const findAnchor: Finder = compileFinder(anchors);
export const longestAnchor: number = Math.max(...anchors.map((anchor) => anchor.length));

/** The left-most anchor at or after `from`; the quick look spares most of the line the slow one. */
function nextAnchor(text: string, from: number): RegExpExecArray | null {
  const end = findAnchor(text, from, text.length);
  if (end === -1) return null;
  anchorPattern.lastIndex = Math.max(from, end - longestAnchor);
  return anchorPattern.exec(text);
}

/** Each anchor holds one of these, and so does each line that is worth a look; others are not looked at again. */
const triggers: readonly string[] = [
  'cert|x509|tls|ssl|altname|subject name|subject alt|subjectalt|hostname|host name|dnsname',
  "common name|principal|forname|namemismatch|name matching|n't match|not match|mismatch|valid for",
  'pretending to be|failed to match|not match|ip sans|authority|untrusted|trust anchor|issuer|pkix|partialchain|expired|nottimevalid|not yet',
  'key usage|verif|unknown ca|invalid_ca|invalidpurpose|asendentity|prove that|server name type',
  'refused|timeout|timed out|etimedout|no route|unreachable|no such host|reset by peer|eof',
  'deadline exceeded|resolve host|misbehaving|econn|ehost|enotfound|eai_|failed to connect',
  'connect to server|unauthorized|logged in|anonymous|http response|http request|http_request',
  'oversized record|wrong version|packet length|unknown protocol|corrupt message|frame size|http: proxy',
  // What stands beside errors and matters too.
  ...evidenceWords,
];
export const findTrigger: Finder = compileFinder(triggers);

export function hasTrigger(line: string): boolean {
  return findTrigger(line, 0, line.length) !== -1;
}

export interface Found {
  readonly reading: Reading;
  readonly start: number;
  /** Where the message before this one ended. */
  readonly from: number;
}

/** What reading cost so far; whoever reads stops when it is too much. */
export interface Effort {
  /** Anchors looked at in the present line. */
  looks: number;
  /** How often lines may still be joined; grows with the text. */
  joins: number;
}

export function scan(text: string, before: string, after: string, effort: Effort): Found[] {
  const found: Found[] = [];
  let from = 0;
  for (let match = nextAnchor(text, 0); match; match = nextAnchor(text, anchorPattern.lastIndex)) {
    effort.looks++;
    const start = match.index;
    const end = start + match[0].length;
    const anchor = match[0].toLowerCase();
    const reading = ruleOf.get(anchor)?.read({ text, start, end, from, before, after });
    if (reading === undefined) {
      anchorPattern.lastIndex = start + 1;
      continue;
    }
    found.push({ reading, start, from });
    from = Math.max(reading.end, end);
    anchorPattern.lastIndex = from;
  }
  return found;
}
