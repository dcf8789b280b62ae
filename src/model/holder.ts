/** Whose a client certificate is and until when, without reading all of it: a fleet's kubeconfigs hold thousands. */
import { readCertificates } from './certificate.ts';
import { derFault } from './der.ts';
import { splitCertificates } from './pem.ts';

/** As Certificate has them. */
export interface Holder {
  readonly subject: string;
  readonly notAfter: string;
}

/** Of the first certificate in the file; undefined where readCertificates() refuses the file. */
export function readHolder(bytes: Uint8Array): Holder | undefined {
  const split = splitCertificates(bytes);
  const [der, ...others] = split.ok ? split.ders : [];
  const holder = der === undefined || others.length > 0 ? undefined : plainHolder(der);
  if (holder !== undefined) return holder;
  const reading = readCertificates(bytes);
  if (!reading.ok) return undefined;
  const [{ subject, notAfter }] = reading.certificates;
  return { subject, notAfter };
}

/** Where the content of a value is. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

const sequence = 0x30;
const oid = 0x06;
const utf8String = 0x0c;
const printableString = 0x13;
const subjectAltName = '551d11';
const attributes: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'],
  ['55040a', 'O'],
  ['55040b', 'OU'],
]);

/**
 * Only of a certificate that has nothing unusual in any place which OpenSSL looks at, as kubeadm's have nothing; all others,
 * good or bad, are for the whole reader. A property holds that both say the same.
 */
export function plainHolder(bytes: Uint8Array): Holder | undefined {
  if (derFault(bytes) !== undefined) return undefined;
  const der = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [whole] = within(der, { tag: sequence, from: 0, to: der.length });
  const [tbs, algorithm, signature, ...after] = within(der, whole);
  const [version, serial, inner, issuer, validity, subject, key, extensions, ...more] = within(der, tbs);
  const isPlain =
    tbs?.tag === sequence &&
    isAlgorithm(der, algorithm) &&
    isBitString(der, signature) &&
    version?.tag === 0xa0 &&
    hex(der, version) === '020102' &&
    isPositive(der, serial) &&
    inner?.tag === sequence &&
    hex(der, inner) === hex(der, algorithm) &&
    isKey(der, key) &&
    hasPlainExtensions(der, extensions) &&
    nameOf(der, issuer) !== undefined &&
    after.length + more.length === 0;
  if (!isPlain || validity?.tag !== sequence) return undefined;
  const [notBefore, notAfter, ...others] = within(der, validity).map((time) => timeOf(der, time));
  const name = nameOf(der, subject);
  if (notBefore === undefined || notAfter === undefined || others.length > 0 || name === undefined)
    return undefined;
  return { subject: name, notAfter };
}

/** The values inside a constructed one, which derFault() has seen to fill it; none inside a primitive. */
function within(der: Buffer, element: Element | undefined): readonly Element[] {
  const found: Element[] = [];
  if (element === undefined || (element.tag & 0x20) === 0) return found;
  for (let at = element.from; at < element.to;) {
    const first = der[at + 1] ?? 0;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const from = at + 2 + count;
    const to = from + (count === 0 ? first : der.readUIntBE(at + 2, count));
    found.push({ tag: der[at] ?? 0, from, to });
    at = to;
  }
  return found;
}

function hex(der: Buffer, element: Element | undefined): string {
  return element === undefined ? '' : der.toString('hex', element.from, element.to);
}

/** What OpenSSL takes: https://github.com/openssl/openssl/blob/openssl-3.0.15/crypto/asn1/a_object.c (ossl_c2i_ASN1_OBJECT) */
function isOid(der: Buffer, element: Element | undefined): boolean {
  if (element?.tag !== oid) return false;
  const bytes = der.subarray(element.from, element.to);
  return (bytes.at(-1) ?? 0x80) < 0x80 && !bytes.includes(0x80);
}

function isAlgorithm(der: Buffer, element: Element | undefined): boolean {
  if (element?.tag !== sequence) return false;
  const [id, parameters, ...more] = within(der, element);
  const isNull = parameters?.tag === 0x05 && parameters.from === parameters.to;
  return (
    isOid(der, id) && (parameters === undefined || isNull || isOid(der, parameters)) && more.length === 0
  );
}

function isBitString(der: Buffer, element: Element | undefined): boolean {
  return element?.tag === 0x03 && element.to - element.from > 1 && der[element.from] === 0;
}

function isPositive(der: Buffer, element: Element | undefined): boolean {
  if (element?.tag !== 0x02) return false;
  const [first = 0x80, second = 0x80] = der.subarray(element.from, element.to);
  return first < 0x80 && (first > 0 || second >= 0x80);
}

function isKey(der: Buffer, element: Element | undefined): boolean {
  if (element?.tag !== sequence) return false;
  const [algorithm, bits, ...more] = within(der, element);
  return isAlgorithm(der, algorithm) && isBitString(der, bits) && more.length === 0;
}

/** None of them has names, so nothing in them could refuse the certificate. */
function hasPlainExtensions(der: Buffer, element: Element | undefined): boolean {
  const [list, ...more] = element?.tag === 0xa3 ? within(der, element) : [];
  if (list?.tag !== sequence || more.length > 0 || list.from === list.to) return false;
  return within(der, list).every((extension) => {
    if (extension.tag !== sequence) return false;
    const parts = within(der, extension);
    const [id, critical] = parts;
    const isCritical = critical?.tag === 0x01 && hex(der, critical) === 'ff';
    const isWhole = parts.length === 2 || (parts.length === 3 && isCritical);
    return isWhole && isOid(der, id) && hex(der, id) !== subjectAltName && parts.at(-1)?.tag === 0x04;
  });
}

/** `O=system:masters, CN=kubernetes-admin`: one attribute after the other, of characters that nothing escapes. */
function nameOf(der: Buffer, element: Element | undefined): string | undefined {
  if (element?.tag !== sequence || element.from === element.to) return undefined;
  const parts: string[] = [];
  for (const set of within(der, element)) {
    const [attribute, ...more] = within(der, set);
    if (set.tag !== 0x31 || attribute?.tag !== sequence || more.length > 0) return undefined;
    const [id, value, ...rest] = within(der, attribute);
    const key = id?.tag === oid ? attributes.get(hex(der, id)) : undefined;
    const isText = value?.tag === utf8String || value?.tag === printableString;
    if (key === undefined || !isText || rest.length > 0) return undefined;
    const text = der.toString('latin1', value.from, value.to);
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9 .:/_-]*[A-Za-z0-9])?$/.test(text)) return undefined;
    parts.push(`${key}=${text}`);
  }
  return parts.join(', ');
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
function timeOf(der: Buffer, { tag, from, to }: Element): string | undefined {
  const text = der.toString('latin1', from, to);
  const isShort = tag === 0x17 && /^\d{12}Z$/.test(text);
  if (!isShort && !(tag === 0x18 && /^[1-9]\d{13}Z$/.test(text))) return undefined;
  const century = /^[5-9]/.test(text) ? '19' : '20';
  const long = isShort ? century + text : text;
  const iso = long.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = new Date(iso);
  // The thirtieth of February is no date.
  const isDate = !Number.isNaN(time.getTime()) && time.toISOString().replace('.000Z', 'Z') === iso;
  return isDate ? iso : undefined;
}
