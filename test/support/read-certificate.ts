/** What the reader of certificates says to these bytes: its code, the leaf, or the leaf of a certificate made for it. */
import { type Certificate, readCertificates } from '../../src/model/certificate.ts';
import { type Mint, mint } from './mint.ts';

export function codeOf(input: string | Uint8Array): string {
  const reading = readCertificates(typeof input === 'string' ? Buffer.from(input, 'utf8') : input);
  return reading.ok ? ['ok', ...reading.notes].join(' ') : reading.refusal.code;
}

export function leafOf(input: string | Uint8Array): Certificate {
  const reading = readCertificates(typeof input === 'string' ? Buffer.from(input, 'utf8') : input);
  if (!reading.ok) throw new Error(reading.refusal.code);
  return reading.certificates[0];
}

export function minted(options: Mint): Certificate {
  return leafOf(mint(options).der);
}
