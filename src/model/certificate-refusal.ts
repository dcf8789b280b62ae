/** Why bytes are refused as a certificate, and what is remarked on those taken: stable codes, each with its one sentence. */

const refusals = {
  'no-certificate': 'none is in it; one starts with -----BEGIN CERTIFICATE----- at the beginning of a line',
  'private-key-inside': 'it holds a private key, which is never read; give a file with the certificate alone',
  pkcs12: 'it is a PKCS#12 key store; openssl pkcs12 -in FILE -clcerts -nokeys takes the certificate out',
  'byte-order-mark':
    'it starts with a byte-order mark, before which neither Go nor OpenSSL finds a certificate',
  truncated: 'its end is missing',
  'trailing-junk': 'something follows its end',
  'not-base64': 'the text between BEGIN and END is not base64',
  'not-der': 'its bytes are not DER',
  'indefinite-length': 'it leaves a length open, which DER forbids',
  'too-large': 'it is larger than any TLS client accepts',
  'too-many': 'the file holds more than 256 certificates',
  'too-deep': 'its values are nested too deep',
  'not-a-certificate': 'its bytes are DER but not an X.509 certificate',
  'algorithms-differ': 'it names two different signature algorithms, so no Go client would read it',
  'two-san-extensions': 'it has two lists of names, and programs differ in which one they believe',
  'bad-names': 'its list of names is broken',
  'bad-date': 'its dates are broken',
} as const;

export type CertificateRefusalCode = keyof typeof refusals;

/** What was refused is never repeated: it may be a key. */
export interface CertificateRefusal {
  readonly code: CertificateRefusalCode;
  /** Which certificate of a bundle, from 1; absent when the whole file is meant. */
  readonly position?: number;
}

const notes = {
  bundle: 'it holds several certificates; the first one is the leaf',
  reversed: 'its first certificate signed the second; a server must send its own certificate first',
  'leading-text': 'text before a certificate was skipped',
  'other-blocks': 'blocks that are no certificates were skipped',
} as const;

export type CertificateNote = keyof typeof notes;

export const certificateRefusalCodes: readonly CertificateRefusalCode[] = Object.keys(
  refusals,
) as CertificateRefusalCode[];

/** `certificate 2 is refused: its end is missing` */
export function certificateRefusalSentence(refusal: CertificateRefusal): string {
  const which = refusal.position === undefined ? 'the certificate' : `certificate ${refusal.position}`;
  return `${which} is refused: ${refusals[refusal.code]}`;
}

export function certificateNoteSentence(note: CertificateNote): string {
  return notes[note];
}
