/** A certificate as a plain value: what is in it, who signed it, and until when. */
import { X509Certificate, createHash, type KeyObject } from 'node:crypto';
import { type FoundName, readNames } from './alt-names.ts';
import type { CertificateNote, CertificateRefusal, CertificateRefusalCode } from './certificate-refusal.ts';
import { childrenOf, contentOf, derOf, oidOf, readDer } from './der.ts';
import { dnsFault } from './dns-name.ts';
import { splitCertificates } from './pem.ts';
import { signatureAlgorithmOf } from './signature-algorithm.ts';

export type { FoundName } from './alt-names.ts';

/** All text is as the certificate has it, so display() it when it is shown. Fingerprints are SHA-256, in lower-case hex. */
export interface Certificate {
  readonly version: number;
  /** `O=system:masters, CN=kube-apiserver`, in the order of the certificate, with commas and controls escaped. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint: string;
  /** `2026-11-21T03:48:00Z` */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly key: PublicKey;
  /** Of the SubjectPublicKeyInfo, as in kubeadm's `--discovery-token-ca-cert-hash`; the same for the matching private key. */
  readonly keyFingerprint: string;
  readonly signatureAlgorithm: string;
  /** Object identifiers; none means any use. */
  readonly extendedKeyUsage: readonly string[];
  readonly isCa: boolean;
  readonly names: readonly FoundName[];
  /** The certificate itself, in base64. */
  readonly der: string;
}

export type PublicKey =
  | { readonly type: 'rsa'; readonly bits: number }
  | { readonly type: 'ec'; readonly curve: string }
  | { readonly type: 'other'; readonly algorithm: string };

export type CertificateReading =
  | {
      readonly ok: true;
      /** The first is the leaf. */
      readonly certificates: readonly [Certificate, ...Certificate[]];
      readonly notes: readonly CertificateNote[];
    }
  | { readonly ok: false; readonly refusal: CertificateRefusal };

/** All nodes of a cluster have the same CA, and each of a node's kubeconfigs has it again: what was read last is remembered. */
const readings = new Map<string, CertificateReading>();
const mostReadings = 128;
const largestRemembered = 16 * 1024;

/** Reads a file of one or more certificates, PEM or DER. One that is refused refuses the file. */
export function readCertificates(bytes: Uint8Array): CertificateReading {
  if (bytes.length > largestRemembered) return readAfresh(bytes);
  const digest = sha256(bytes);
  const reading = readings.get(digest) ?? readAfresh(bytes);
  // Last in line again: a map keeps the order of its entries, and its first is the longest unused.
  readings.delete(digest);
  readings.set(digest, reading);
  const [oldest] = readings.keys();
  if (readings.size > mostReadings && oldest !== undefined) readings.delete(oldest);
  return reading;
}

function readAfresh(bytes: Uint8Array): CertificateReading {
  const split = splitCertificates(bytes);
  if (!split.ok) return split;
  const certificates: Certificate[] = [];
  for (const der of split.ders) {
    const certificate = readCertificate(der);
    if (typeof certificate !== 'string') certificates.push(certificate);
    else if (split.ders.length === 1) return { ok: false, refusal: { code: certificate } };
    else return { ok: false, refusal: { code: certificate, position: certificates.length + 1 } };
  }
  const [leaf, ...others] = certificates;
  if (leaf === undefined) return { ok: false, refusal: { code: 'no-certificate' } };
  const [next] = others;
  const isReversed = next !== undefined && next.der !== leaf.der && isSignedBy(next, leaf);
  const notes: readonly CertificateNote[] = isReversed ? [...split.notes, 'reversed'] : split.notes;
  return { ok: true, certificates: [leaf, ...others], notes };
}

function readCertificate(der: Uint8Array): Certificate | CertificateRefusalCode {
  const reading = readDer(der);
  if (!reading.ok) return reading.fault;
  const x509 = parse(der);
  const [tbs, algorithm] = childrenOf(reading.root);
  if (x509 === undefined || tbs === undefined) return 'not-a-certificate';
  const fields = childrenOf(tbs);
  // Only v2 and v3 say their version: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
  const versionField = fields[0]?.tagClass === 0x80 ? fields[0] : undefined;
  const keyInfo = fields[versionField ? 6 : 5];
  const innerAlgorithm = fields[versionField ? 2 : 1];
  if (keyInfo === undefined || algorithm === undefined || innerAlgorithm === undefined)
    return 'not-a-certificate';
  // The two must be the same, which OpenSSL does not look at but Go does: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2
  if (!Buffer.from(derOf(algorithm)).equals(Buffer.from(derOf(innerAlgorithm)))) return 'algorithms-differ';
  const extensions = fields.find((field) => field.tagClass === 0x80 && field.type === 3);
  const names = readNames(childrenOf(childrenOf(extensions)[0]), (content) => {
    const inner = readDer(Buffer.from(content, 'latin1'));
    return inner.ok ? inner.root : undefined;
  });
  if (!names.ok) return names.fault;
  const notBefore = isoTime(x509.validFrom);
  const notAfter = isoTime(x509.validTo);
  if (notBefore === undefined || notAfter === undefined) return 'bad-date';
  return {
    version: 1 + (contentOf(childrenOf(versionField)[0]).codePointAt(0) ?? 0),
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber,
    fingerprint: sha256(der),
    notBefore,
    notAfter,
    key: describeKey(publicKeyOf(x509), oidOf(contentOf(childrenOf(childrenOf(keyInfo)[0])[0]))),
    keyFingerprint: sha256(derOf(keyInfo)),
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    // What Node calls key usage is the extended one. https://nodejs.org/api/crypto.html#x509keyusage
    extendedKeyUsage: x509.keyUsage ?? [],
    isCa: x509.ca,
    names: names.names,
    der: Buffer.from(der).toString('base64'),
  };
}

/** Node throws for what OpenSSL cannot read, and for keys of kinds that it does not know. */
function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

function describeKey(key: KeyObject | undefined, oid: string): PublicKey {
  const details = key?.asymmetricKeyDetails;
  const type = key?.asymmetricKeyType;
  if (type === 'rsa' && details?.modulusLength !== undefined) return { type, bits: details.modulusLength };
  if (type === 'ec' && details?.namedCurve !== undefined) return { type, curve: details.namedCurve };
  return { type: 'other', algorithm: type ?? oid };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov 21 03:48:00 2026 GMT`, as OpenSSL prints it (validToDate needs Node 22.10). */
function isoTime(text: string): string | undefined {
  const found = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{1,4}) GMT$/.exec(text);
  const [, monthName = '', day = '', time = '', year = ''] = found ?? [];
  const month = months.indexOf(monthName) + 1;
  if (month === 0) return undefined;
  return `${year.padStart(4, '0')}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`;
}

/** OpenSSL gives one attribute a line and escapes line breaks and commas inside values. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const parents = new WeakMap<Certificate, X509Certificate>();

/**
 * Whether `ca` made this signature and may make it, which is what Go asks of a parent:
 * https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/x509.go (CheckSignatureFrom)
 */
export function isSignedBy(certificate: Certificate, ca: Certificate): boolean {
  if (ca.version >= 3 && !ca.isCa) return false;
  const child = parse(Buffer.from(certificate.der, 'base64'));
  // One CA signs for a thousand nodes, and to parse it takes longer than to verify.
  const parent = parents.get(ca) ?? parse(Buffer.from(ca.der, 'base64'));
  if (parent !== undefined) parents.set(ca, parent);
  const key = parent && publicKeyOf(parent);
  if (!child || !parent || !key) return false;
  try {
    return child.checkIssued(parent) && child.verify(key);
  } catch {
    return false;
  }
}

/** Whether it is still valid, by its own dates, when its CA no longer is. */
export function outlives(certificate: Certificate, ca: Certificate): boolean {
  return Date.parse(certificate.notAfter) > Date.parse(ca.notAfter);
}

export type Validity = 'valid' | 'expired' | 'not-yet-valid';

/** Both ends belong to it: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
export function validity(certificate: Certificate, now: Date): Validity {
  if (now.getTime() < Date.parse(certificate.notBefore)) return 'not-yet-valid';
  return now.getTime() > Date.parse(certificate.notAfter) ? 'expired' : 'valid';
}

/** The names that a certificate made by kubeadm could not carry: it takes DNS names and addresses only, and strictly. */
export function lostByKubeadm(names: readonly FoundName[]): readonly FoundName[] {
  return names.filter((name) => {
    if (name.type === 'ip') return false;
    return name.type !== 'dns' || dnsFault(name.value.toLowerCase()) !== undefined;
  });
}
