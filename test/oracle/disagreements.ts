/** Where OpenSSL, and Node with it, are known to decide otherwise than Go and this program: each class with its reason. */
import { commonName, type Pair } from './pairs.ts';

/** One pair on which another verifier did not decide as we do. */
export interface Disagreement {
  readonly pair: Pair;
  readonly ours: boolean;
}

export interface DisagreementClass {
  readonly code: string;
  readonly reason: string;
  readonly explains: (disagreement: Disagreement) => boolean;
}

/** OpenSSL's rules are in https://github.com/openssl/openssl/blob/openssl-3.0.19/crypto/x509/v3_utl.c */
export const hostClasses: readonly DisagreementClass[] = [
  {
    code: 'common-name',
    reason: 'without a DNS name they fall back on the subject; Go has not since 1.15',
    explains: ({ pair, ours }) => !ours && !holdsDnsName(pair) && wantedText(pair) === commonName,
  },
  {
    code: 'leading-dot',
    reason:
      'for them a wanted name that starts with a dot means any name below it; for Go it is no host name',
    explains: ({ pair, ours }) => !ours && wantedText(pair).startsWith('.'),
  },
  {
    code: 'partial-wildcard',
    reason: 'they let a* stand for a part of a label; Go knows whole labels only',
    explains: ({ pair, ours }) => !ours && dnsTexts(pair).some((text) => /^(?:[^.*]+\*|\*[^.*]+)/.test(text)),
  },
  {
    code: 'hyphen-first',
    reason: 'they let a wildcard stand for a label that starts with a hyphen; for Go it is no host name',
    explains: ({ pair, ours }) => !ours && wantedText(pair).startsWith('-') && holdsWildcard(pair),
  },
  {
    code: 'final-dot',
    reason: 'Go drops the final dot of a wanted name; they compare it',
    explains: ({ pair, ours }) => ours && wantedText(pair).endsWith('.'),
  },
  {
    code: 'wildcard-broad',
    reason: 'they want two labels after a wildcard; Go is content with one',
    explains: ({ pair, ours }) => ours && dnsTexts(pair).some((text) => /^\*\.[^.]+$/.test(text)),
  },
  {
    code: 'hyphen-last',
    reason: 'they take no wildcard above a label that ends with a hyphen; Go does',
    explains: ({ pair, ours }) => ours && dnsTexts(pair).some((text) => /^\*\..*-(?:\.|$)/.test(text)),
  },
  {
    code: 'underscore',
    reason: 'they take no wildcard for or above a label with an underscore; Go does',
    explains: ({ pair, ours }) => ours && wantedText(pair).includes('_') && holdsWildcard(pair),
  },
];

export const addressClasses: readonly DisagreementClass[] = [
  {
    code: 'ipv4-mapped',
    reason: 'they compare 4 bytes with 16 and find them different; for Go ::ffff:10.0.0.1 equals 10.0.0.1',
    explains: ({ pair, ours }) => ours && isMapped(pair),
  },
];

/** An address asked for as if it were a host name, which is how programs that know only one question ask. */
export const misuseClasses: readonly DisagreementClass[] = [
  {
    code: 'address-as-host',
    reason: 'a host question never looks at the addresses of a certificate',
    explains: ({ pair, ours }) => ours && pair.wanted.type === 'ip',
  },
  {
    // https://github.com/openssl/openssl/issues/31377 (closed: won't fix)
    code: 'dns-typed-address',
    reason:
      'a host question finds an address that stands among the DNS names; Go never takes it for the address',
    explains: ({ pair, ours }) => !ours && dnsTexts(pair).includes(wantedText(pair)),
  },
  {
    code: 'wildcard-for-address',
    reason: 'a host question lets a wildcard stand for the first number of an address',
    explains: ({ pair, ours }) => !ours && dnsTexts(pair).includes(wantedText(pair).replace(/^\d+/, '*')),
  },
];

function wantedText(pair: Pair): string {
  return pair.wanted.value.toLowerCase();
}

function dnsTexts(pair: Pair): readonly string[] {
  return pair.held.filter(({ type }) => type === 'dns').map(({ value }) => value.toLowerCase());
}

function holdsWildcard(pair: Pair): boolean {
  return dnsTexts(pair).some((text) => text.startsWith('*.'));
}

/** Malformed ones included: OpenSSL asks for the type only. */
function holdsDnsName(pair: Pair): boolean {
  return pair.certificate.names.some(
    (name) => name.type === 'dns' || (name.type === 'malformed' && name.of === 'dns'),
  );
}

function isMapped(pair: Pair): boolean {
  return [...pair.texts, pair.wanted.value].some((text) => text.startsWith('::ffff:'));
}
