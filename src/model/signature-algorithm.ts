/** What a certificate is signed with, by the names that Go has for them; RSA-PSS is what its parameters make of it. */
import { childrenOf, contentOf, oidOf } from './der.ts';
import type { Asn1 } from 'node-forge/lib/asn1.js';

const signatureAlgorithms: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'md5-rsa'],
  ['1.2.840.113549.1.1.5', 'sha1-rsa'],
  ['1.2.840.113549.1.1.11', 'sha256-rsa'],
  ['1.2.840.113549.1.1.12', 'sha384-rsa'],
  ['1.2.840.113549.1.1.13', 'sha512-rsa'],
  ['1.2.840.10045.4.1', 'sha1-ecdsa'],
  ['1.2.840.10045.4.3.2', 'sha256-ecdsa'],
  ['1.2.840.10045.4.3.3', 'sha384-ecdsa'],
  ['1.2.840.10045.4.3.4', 'sha512-ecdsa'],
  ['1.3.101.112', 'ed25519'],
]);

const pss = '1.2.840.113549.1.1.10';
const sha1 = '1.3.14.3.2.26';
const mgf1 = '1.2.840.113549.1.1.8';
/** The length of its digest is that of the salt. */
const hashes: ReadonlyMap<string, readonly [name: string, length: number]> = new Map([
  [sha1, ['sha1', 20]],
  ['2.16.840.1.101.3.4.2.1', ['sha256', 32]],
  ['2.16.840.1.101.3.4.2.2', ['sha384', 48]],
  ['2.16.840.1.101.3.4.2.3', ['sha512', 64]],
]);

export function signatureAlgorithmOf(algorithm: Asn1): string {
  const [oid, parameters] = childrenOf(algorithm);
  const name = oidOf(contentOf(oid));
  return name === pss ? pssOf(parameters) : (signatureAlgorithms.get(name) ?? name);
}

/**
 * Whatever is left out is SHA-1 (https://www.rfc-editor.org/rfc/rfc4055#section-3.1), and Go takes three combinations of all that there are:
 * https://github.com/golang/go/blob/go1.24.0/src/crypto/x509/x509.go#L425
 */
function pssOf(parameters: Asn1 | undefined): string {
  const field = (type: number): Asn1 | undefined =>
    childrenOf(childrenOf(parameters).find((one) => one.tagClass === 0x80 && one.type === type))[0];
  const hashField = field(0);
  const hashOid = hashField === undefined ? sha1 : oidOf(contentOf(childrenOf(hashField)[0]));
  const [name, length] = hashes.get(hashOid) ?? ['other', 0];
  if (name === 'sha1') return 'sha1-rsa-pss';
  const [maskOid, maskHash] = childrenOf(field(1));
  const isSameMask =
    oidOf(contentOf(maskOid)) === mgf1 && oidOf(contentOf(childrenOf(maskHash)[0])) === hashOid;
  const salt = contentOf(field(2));
  const isUsual = isSameMask && salt.length === 1 && salt.codePointAt(0) === length && field(3) === undefined;
  return isUsual ? 'rsa-pss' : 'rsa-pss-unusual';
}
