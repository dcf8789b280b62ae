/** Takes the certificates out of a file, PEM or DER, as strictly as the servers that will load it. */
import type { CertificateNote, CertificateRefusal } from './certificate-refusal.ts';

/** Bundles of public roots have a quarter of this. */
const largestFile = 1024 * 1024;
const mostCertificates = 256;

type PemReading =
  | { readonly ok: true; readonly ders: readonly Uint8Array[]; readonly notes: readonly CertificateNote[] }
  | { readonly ok: false; readonly refusal: CertificateRefusal };

/** The DER of each certificate, in the order of the file; whether it *is* DER is not looked at here. */
export function splitCertificates(bytes: Uint8Array): PemReading {
  if (bytes.length > largestFile) return refuse('too-large');
  if (startsAsDer(bytes)) return readBinary(bytes);
  if (startsWithMark(bytes)) return refuse('byte-order-mark');
  return readText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
}

/** No text starts with a `0` and one of these bytes; DER of 128 bytes or more does, and so does a short key. */
function startsAsDer(bytes: Uint8Array): boolean {
  const [tag = 0, length = 0, next = 0] = bytes;
  return tag === 0x30 && (length >= 0x80 || next === 0x02);
}

/** UTF-8 and both of UTF-16. Go looks for BEGIN at the beginning of a line: https://pkg.go.dev/encoding/pem#Decode */
function startsWithMark(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return true;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Keys and key stores start with a version number where a certificate has its first sequence. */
function readBinary(bytes: Uint8Array): PemReading {
  const lengthByte = bytes[1] ?? 0;
  const start = lengthByte > 0x80 ? 2 + (lengthByte & 0x7f) : 2;
  if (bytes[start] === 0x02 && bytes[start + 1] === 0x01) {
    const version = bytes[start + 2];
    // PKCS#12 is version 3: https://www.rfc-editor.org/rfc/rfc7292#section-4; private keys are 0 or 1.
    if (version === 3) return refuse('pkcs12');
    if (version === 0 || version === 1) return refuse('private-key-inside');
  }
  return { ok: true, ders: [bytes], notes: [] };
}

function readText(text: string): PemReading {
  // Wherever it stands: even a key that is indented or cut off is a key.
  if (/PRIVATE KEY-----/.test(text)) return refuse('private-key-inside');
  const ders: Uint8Array[] = [];
  const notes = new Set<CertificateNote>();
  let from = 0;
  for (;;) {
    const begin = findBegin(text, from);
    if (begin === undefined) break;
    const position = ders.length + 1;
    if (text.slice(from, begin.at).trim() !== '') notes.add('leading-text');
    const end = text.indexOf(`\n-----END ${begin.label}-----`, begin.bodyAt - 1);
    if (end === -1) return refuse('truncated', position);
    from = end + `\n-----END ${begin.label}-----`.length;
    if (begin.label !== 'CERTIFICATE') {
      notes.add('other-blocks');
      continue;
    }
    if (position > mostCertificates) return refuse('too-many');
    const body = text.slice(begin.bodyAt, end).replace(/[ \t\r\n]+/g, '');
    if (body.includes('-----BEGIN')) return refuse('truncated', position);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body)) return refuse('not-base64', position);
    if (body.length === 0 || body.length % 4 !== 0) return refuse('truncated', position);
    ders.push(Buffer.from(body, 'base64'));
  }
  if (ders.length === 0) return refuse('no-certificate');
  if (text.slice(from).trim() !== '') return refuse('trailing-junk', ders.length);
  if (ders.length > 1) notes.add('bundle');
  return { ok: true, ders, notes: [...notes] };
}

interface Begin {
  readonly at: number;
  readonly label: string;
  readonly bodyAt: number;
}

/** The next `-----BEGIN …-----` that is alone on its line. */
function findBegin(text: string, from: number): Begin | undefined {
  const line = /^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n/gm;
  line.lastIndex = from;
  const found = line.exec(text);
  if (!found) return undefined;
  return { at: found.index, label: found[1] ?? '', bodyAt: found.index + found[0].length };
}

function refuse(code: CertificateRefusal['code'], position?: number): PemReading {
  return { ok: false, refusal: position === undefined ? { code } : { code, position } };
}
