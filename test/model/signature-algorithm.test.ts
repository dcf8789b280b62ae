/** RSA-PSS by its parameters, in the bytes that OpenSSL writes: three combinations are what Go takes, and SHA-1 is what is left out. */
import { expect, test } from 'vitest';
import { readDer } from '../../src/model/der.ts';
import { signatureAlgorithmOf } from '../../src/model/signature-algorithm.ts';

const pss = '06092a864886f70d01010a';
const sha = (last: string): string => `300d06096086480165030402${last}0500`;
const mgf = (last: string): string => `a11c301a06092a864886f70d010108${sha(last)}`;
const hash = (last: string): string => `a00f${sha(last)}`;

test.each([
  ['SHA-256', `3041${pss}3034${hash('01')}${mgf('01')}a203020120`, 'rsa-pss'],
  ['SHA-384', `3041${pss}3034${hash('02')}${mgf('02')}a203020130`, 'rsa-pss'],
  ['SHA-512', `3041${pss}3034${hash('03')}${mgf('03')}a203020140`, 'rsa-pss'],
  ['nothing said, which is SHA-1', `300d${pss}3000`, 'sha1-rsa-pss'],
  ['no parameters at all', `300b${pss}`, 'sha1-rsa-pss'],
  ['a salt of another length', `303c${pss}302f${hash('01')}${mgf('01')}`, 'rsa-pss-unusual'],
  ['a mask by SHA-1', `3023${pss}3016${hash('01')}a203020120`, 'rsa-pss-unusual'],
  ['a mask by another hash', `3041${pss}3034${hash('01')}${mgf('02')}a203020120`, 'rsa-pss-unusual'],
  ['PKCS #1', '300d06092a864886f70d01010b0500', 'sha256-rsa'],
  ['what nobody knows', '300506032a0304', '1.2.3.4'],
])('%s', (_, hex, name) => {
  const reading = readDer(Buffer.from(hex, 'hex'));
  if (!reading.ok) throw new Error(reading.fault);
  expect(signatureAlgorithmOf(reading.root)).toBe(name);
});
