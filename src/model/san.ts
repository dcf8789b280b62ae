/** A name in a certificate: how it is read, spelled, compared and covered. Pure values, no policy. */
import { display, isHostile } from './display.ts';
import { type DnsFault, dnsFault, idnToAscii, idnToUnicode, mixesScripts } from './dns-name.ts';
import { canonicalIp, ipKind } from './ip.ts';
import type { SanNote, SanRefusal, SanRefusalCode } from './san-refusal.ts';

/** A canonical name: lower-case DNS without a final dot, or an address in its one spelling. */
export interface San {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

export type SanReading =
  | { readonly ok: true; readonly san: San; readonly notes: readonly SanNote[] }
  | { readonly ok: false; readonly refusal: SanRefusal };

/** A list of wishes beyond this is refused: each handshake would carry them all. */
export const mostNames = 1000;
/** From this many names on, Go's error no longer lists them: https://github.com/golang/go/issues/76445 */
const manyNames = 100;

/** Reads one name as a wish: strictly, and never taking a mistyped address for a DNS name. */
export function parseSan(input: string): SanReading {
  if (input.length > 1024) return refuse('too-long', input);
  const text = input.replace(/^[ \t]+|[ \t]+$/g, '');
  const notes: SanNote[] = text === input ? [] : ['trimmed'];
  if (text === '' || text === ',') return refuse('empty', input);
  if (isHostile(text)) return refuse('control-character', input);
  if (/\s/u.test(text)) {
    const inner = text.trim();
    return refuse('white-space', input, inner === text ? undefined : suggestFrom(inner));
  }
  const ip = canonicalIp(text);
  if (ip !== undefined) return readIp(input, text, ip, notes);
  return refuseShape(input, text) ?? readDns(input, text, notes);
}

function readIp(input: string, text: string, ip: string, notes: SanNote[]): SanReading {
  const san: San = { type: 'ip', value: ip };
  const kind = ipKind(ip);
  if (kind === 'unspecified' || kind === 'multicast' || kind === 'broadcast' || kind === 'metadata') {
    return refuse(`${kind}-address`, input, undefined, san);
  }
  if (kind === 'link-local') notes.push('link-local');
  if (text.includes(':') && !ip.includes(':')) notes.push('ipv4-mapped');
  return { ok: true, san, notes };
}

/** Things that hold a name but are none: a URL, a host with its port, a range. Each offers the name inside. */
function refuseShape(input: string, text: string): SanReading | undefined {
  if (text.startsWith('--')) return refuse('option', input);
  // https://https://… is what comes of pasting a URL behind a prefix.
  const url = /^(?:[a-z][a-z0-9+.-]*:\/\/){1,3}(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(text);
  if (url) return refuse('url', input, suggestFrom((url[1] ?? '').replace(/^\[|\]$/g, '')));
  const [beforeSlash = ''] = text.split('/');
  if (beforeSlash !== text) {
    const isRange = canonicalIp(beforeSlash) !== undefined;
    // The first address of a range is nobody's.
    const meant = isRange && /(?:\.0|::)$/.test(beforeSlash) ? undefined : suggestFrom(beforeSlash);
    return refuse(isRange ? 'range' : 'url', input, meant);
  }
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(text);
  if (bracketed)
    return refuse(text.endsWith(']') ? 'brackets' : 'port', input, suggestFrom(bracketed[1] ?? ''));
  if (text.includes('%')) return refuse('zone', input, suggestFrom(text.slice(0, text.indexOf('%'))));
  const port = /^([^:]*):\d*$/.exec(text);
  if (port) return refuse('port', input, suggestFrom(port[1] ?? ''));
  return undefined;
}

function readDns(input: string, text: string, notes: SanNote[]): SanReading {
  let name = text;
  if (/[^\u0000-\u007f]/.test(name)) {
    const idn = idnToAscii(name);
    if ('fault' in idn) return refuse('idn-invalid', input);
    if ('mapsTo' in idn) return refuse('idn-maps', input, suggestFrom(idn.mapsTo));
    if (mixesScripts(name)) notes.push('mixed-scripts');
    notes.push('idn');
    name = idn.ascii;
  }
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (lower !== name) notes.push('lower-cased');
  name = lower.replace(/\.$/, '');
  if (name !== lower) {
    notes.push('final-dot');
    // `1.2.3.4.` is no address, but as a name it would read like one.
    if (canonicalIp(name) !== undefined) return refuse('number-like', input, suggestFrom(name));
  }
  if (name === '') return refuse('empty', input);
  const fault = dnsFault(name);
  if (fault) return refuse(fault, input, suggestFor(fault, name));
  if (/(?:^|\.)xn--/.test(name) && !notes.includes('idn')) {
    const letters = idnToUnicode(name.replace(/^\*\./, ''));
    if (letters === undefined) return refuse('idn-invalid', input);
    if (mixesScripts(letters)) notes.push('mixed-scripts');
    notes.push('idn');
  }
  const san: San = { type: 'dns', value: name };
  if (name === 'metadata.google.internal') return refuse('metadata-address', input, undefined, san);
  if (name.startsWith('*.')) {
    if (!name.slice(2).includes('.')) return refuse('wildcard-broad', input, undefined, san);
    notes.push('wildcard');
  }
  return { ok: true, san, notes };
}

function suggestFor(fault: DnsFault, name: string): string | undefined {
  if (fault !== 'number-like') return undefined;
  // 010.0.0.1: kubeadm would read it as 10.0.0.1, others as octal.
  const plain = name.replace(/(^|\.)0+(?=\d)/g, '$1');
  return canonicalIp(plain);
}

function refuse(code: SanRefusalCode, input: string, suggestion?: string, san?: San): SanReading {
  return {
    ok: false,
    refusal: {
      code,
      input: input.slice(0, 1024),
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(san === undefined ? {} : { san }),
    },
  };
}

function suggestFrom(text: string): string | undefined {
  const reading = parseSan(text);
  return reading.ok ? reading.san.value : undefined;
}

export interface SanListReading {
  readonly sans: readonly San[];
  readonly notes: readonly { readonly input: string; readonly note: SanNote }[];
  readonly refusals: readonly SanRefusal[];
}

/** Reads many wishes at once: each named once, in the order given; all refusals, not only the first. */
export function parseSans(inputs: readonly string[]): SanListReading {
  const byKey = new Map<string, San>();
  const notes: { input: string; note: SanNote }[] = [];
  const refusals: SanRefusal[] = [];
  for (const input of inputs) {
    const reading = parseSan(input);
    if (!reading.ok) {
      refusals.push(reading.refusal);
      continue;
    }
    for (const note of reading.notes) notes.push({ input, note });
    const key = sanKey(reading.san);
    if (byKey.has(key)) notes.push({ input, note: 'duplicate' });
    else byKey.set(key, reading.san);
  }
  const sans = [...byKey.values()];
  if (sans.length > mostNames)
    return { sans: [], notes, refusals: [...refusals, { code: 'too-many', input: `${sans.length} names` }] };
  if (sans.length >= manyNames) notes.push({ input: `${sans.length} names`, note: 'many-names' });
  return { sans, notes, refusals };
}

/** The type is part of the name: an address and a DNS entry that reads like it are two names. */
export function formatSan(san: San): string {
  return `${san.type}:${display(san.value)}`;
}

/** Equal keys, equal names. */
export function sanKey(san: San): string {
  return `${san.type}:${san.value.replace(/[A-Z]/g, (letter) => letter.toLowerCase())}`;
}

export function sameSan(one: San, other: San): boolean {
  return sanKey(one) === sanKey(other);
}

/**
 * Whether a client that dials `wanted` is content with a certificate that holds `held`, as Go's verifier decides it:
 * https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go (VerifyHostname)
 */
export function covers(held: San, wanted: San): boolean {
  if (held.type !== wanted.type) return false;
  // Found names are kept as they stand in the certificate, so both sides are spelled canonically here.
  if (wanted.type === 'ip')
    return (canonicalIp(held.value) ?? held.value) === (canonicalIp(wanted.value) ?? wanted.value);
  const pattern = held.value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const host = wanted.value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const bare = host.replace(/\.$/, '');
  // Most pairs are nothing alike, and a thousand nodes have many.
  if (!pattern.startsWith('*') && pattern !== host && pattern !== bare) return false;
  if (!isHostName(bare, false) || !isHostName(pattern, true)) {
    return pattern !== '' && pattern !== '.' && pattern === host;
  }
  const patternLabels = pattern.split('.');
  const hostLabels = bare.split('.');
  if (patternLabels.length !== hostLabels.length) return false;
  return patternLabels.every((part, index) => (index === 0 && part === '*') || part === hostLabels[index]);
}

export function isCovered(held: readonly San[], wanted: San): boolean {
  return held.some((san) => covers(san, wanted));
}

/** The names of the kubernetes Service, which kubeadm writes into every API server certificate. */
export function isApiserverName(name: string): boolean {
  return /^kubernetes(?:\.default(?:\.svc(?:\..+)?)?)?$/i.test(name);
}

/** What Go takes for a host name: looser than RFC 1123 (underscores), stricter than what a certificate can hold. */
function isHostName(name: string, isPattern: boolean): boolean {
  if (name === '*') return false;
  return name.split('.').every((part, index) => {
    if (isPattern && index === 0 && part === '*') return true;
    return /^[a-z0-9_][a-z0-9_-]*$/.test(part);
  });
}

/** A name as some text wrote it, forgiven its brackets, port and final dot; undefined when no name is in it. */
export function looseSan(text: string): San | undefined {
  const reading = parseSan(text);
  if (reading.ok) return reading.san;
  if (reading.refusal.san) return reading.refusal.san;
  const { suggestion, code } = reading.refusal;
  if (suggestion !== undefined && (code === 'port' || code === 'brackets')) return looseSan(suggestion);
  const withoutDot = text.trim().replace(/\.$/, '');
  if (code === 'underscore' && /^[\w.*-]+$/.test(withoutDot))
    return { type: 'dns', value: withoutDot.toLowerCase() };
  if (code === 'number-like' && canonicalIp(withoutDot) !== undefined) return looseSan(withoutDot);
  return undefined;
}
