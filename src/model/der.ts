/** DER as a tree: what is too large, too deep or not quite DER is refused before the parser sees it. */
import asn1, { type Asn1 } from 'node-forge/lib/asn1.js';

type DerFault = 'not-der' | 'indefinite-length' | 'truncated' | 'trailing-junk' | 'too-large' | 'too-deep';
type DerReading =
  | { readonly ok: true; readonly root: Asn1 }
  | { readonly ok: false; readonly fault: DerFault };

/** Go's TLS reads no longer certificate message (maxHandshakeCertificateMsg): https://github.com/golang/go/blob/go1.26.0/src/crypto/tls/common.go */
const largestCertificate = 256 * 1024;
/** A certificate needs about ten levels. */
const deepest = 32;

/**
 * node-forge takes more than DER (open lengths, padded lengths, odd BMP strings that swallow the next byte, any depth up
 * to 256: https://github.com/digitalbazaar/forge/blob/main/CHANGELOG.md, CVE-2025-66031), so only what the scan has found
 * strict is given to it, and it then reads exactly these bytes and no others.
 */
export function readDer(bytes: Uint8Array): DerReading {
  const fault = derFault(bytes);
  if (fault) return { ok: false, fault };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    return { ok: true, root: asn1.fromDer(text, { decodeBitStrings: false, maxDepth: deepest + 1 }) };
  } catch {
    return { ok: false, fault: 'not-der' };
  }
}

/** One pass over the tags and lengths, without recursion and without copying. */
export function derFault(bytes: Uint8Array): DerFault | undefined {
  if (bytes.length > largestCertificate) return 'too-large';
  if (bytes[0] !== 0x30) return 'not-der';
  const ends = [bytes.length];
  let at = 0;
  while (at < bytes.length) {
    while (ends.length > 1 && ends.at(-1) === at) ends.pop();
    if (ends.length === 1 && at > 0) return 'trailing-junk';
    const tag = bytes[at] ?? 0;
    const header = readLength(bytes, at + 1);
    if (typeof header === 'string') return header;
    const end = header.contentAt + header.length;
    // Only the outermost length says how long the certificate is; an inner one that leaves its parent lies.
    if (end > (ends.at(-1) ?? 0)) return ends.length === 1 ? 'truncated' : 'not-der';
    const isConstructed = (tag & 0x20) !== 0;
    const number = tag & 0x1f;
    if (number === 0x1f) return 'not-der';
    if (number === 30 && !isConstructed && header.length % 2 === 1) return 'not-der';
    if (isConstructed && ends.length > deepest) return 'too-deep';
    if (isConstructed) ends.push(end);
    at = isConstructed ? header.contentAt : end;
  }
  return undefined;
}

type Length = { readonly length: number; readonly contentAt: number };

function readLength(bytes: Uint8Array, at: number): Length | DerFault {
  const first = bytes[at];
  if (first === undefined) return 'truncated';
  if (first < 0x80) return { length: first, contentAt: at + 1 };
  if (first === 0x80) return 'indefinite-length';
  const count = first & 0x7f;
  if (count > 4) return 'not-der';
  if (at + 1 + count > bytes.length) return 'truncated';
  let length = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte;
  const isShortest = length >= 0x80 && length >= 256 ** (count - 1);
  return isShortest ? { length, contentAt: at + 1 + count } : 'not-der';
}

/** The values inside a constructed one; none inside a primitive. */
export function childrenOf(node: Asn1 | undefined): readonly Asn1[] {
  return node === undefined || typeof node.value === 'string' ? [] : node.value;
}

/** The bytes of a primitive, one character each. */
export function contentOf(node: Asn1 | undefined): string {
  return node !== undefined && typeof node.value === 'string' ? node.value : '';
}

/** `2.5.29.17`, or the bytes in hex when they are no object identifier. */
export function oidOf(content: string): string {
  try {
    return asn1.derToOid(content) ?? '';
  } catch {
    return hexOf(content);
  }
}

export function hexOf(content: string): string {
  return Buffer.from(content, 'latin1').toString('hex');
}

export function derOf(node: Asn1): Uint8Array {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}
