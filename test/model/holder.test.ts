/** The short way of reading a client certificate, held to the whole reader. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCertificates } from '../../src/model/certificate.ts';
import { type Holder, plainHolder, readHolder } from '../../src/model/holder.ts';
import {
  dns,
  extension,
  keyPair,
  type Mint,
  mint,
  pemOf,
  primitive,
  sanExtension,
  sequence,
} from '../support/mint.ts';

const ca = mint({ subject: 'kubernetes', isCa: true });
const clientAuth = '1.3.6.1.5.5.7.3.2';
const base: Mint = {
  subject: 'kubernetes-admin',
  organization: 'kubeadm:cluster-admins',
  issuer: ca,
  extendedKeyUsage: [clientAuth],
  moreExtensions: [
    extension('2.5.29.15', primitive(3, '\x05\xa0'), true),
    extension('2.5.29.19', sequence(), true),
  ],
};

function byWholeReader(bytes: Uint8Array): Holder | undefined {
  const reading = readCertificates(bytes);
  if (!reading.ok) return undefined;
  const [{ subject, notAfter }] = reading.certificates;
  return { subject, notAfter };
}

const usual: readonly (readonly [string, Mint])[] = [
  ['of kubeadm with an EC key', base],
  [
    'of kubeadm with an RSA key',
    { ...base, key: keyPair('rsa', 1), issuer: mint({ key: keyPair('rsa'), isCa: true }) },
  ],
  ['with a larger EC key', { ...base, key: keyPair('p384') }],
  ['with an Ed25519 key', { ...base, key: keyPair('ed25519') }],
  ['of a node', { ...base, subject: 'system:node:cp-1.example', organization: 'system:nodes' }],
  ['that is valid beyond 2049', { ...base, notAfter: '20771231235959Z' }],
  ['of the last century', { ...base, notBefore: '19500101000000Z', notAfter: '19991231235959Z' }],
  ['of a leap day', { ...base, notAfter: '20280229120000Z' }],
];

test.each(usual)(
  'a client certificate %s is read the short way, and as the whole reader has it',
  (_, options) => {
    const { der, pem } = mint(options);
    expect(plainHolder(der)).toEqual(byWholeReader(der));
    expect(plainHolder(der)).toBeDefined();
    expect(readHolder(Buffer.from(pem))).toEqual(byWholeReader(der));
  },
);

const odd: readonly (readonly [string, Mint])[] = [
  ['with names', { ...base, names: [dns('a.example')] }],
  [
    'with two extensions of names',
    { ...base, names: [dns('a')], moreExtensions: [sanExtension([dns('b')])] },
  ],
  ['with a comma in its subject', { ...base, subject: 'a, O=system:masters' }],
  ['with a line break in its subject', { ...base, subject: 'a\nO=system:masters' }],
  ['with a space at the end of its subject', { ...base, subject: 'admin ' }],
  ['with a hash sign at its head', { ...base, subject: '#admin' }],
  ['with letters beyond ASCII', { ...base, subject: 'dürer' }],
  ['with no subject at all', { ...base, subject: '' }],
  ['of an issuer with a comma', { ...base, issuer: mint({ subject: 'a,b', isCa: true }) }],
  ['of version 1', { ...base, version: 1 }],
  ['of a day that is none', { ...base, notAfter: '20270230000000Z' }],
  ['of an hour that is none', { ...base, notAfter: '20270228240000Z' }],
  ['of a year with three digits', { ...base, notAfter: '09990101000000Z' }],
  ['with a serial number of zeros', { ...base, serial: Buffer.from([0, 0, 1]) }],
  ['with a negative serial number', { ...base, serial: Buffer.from([0xff, 1]) }],
  ['without extensions', { ...base, extendedKeyUsage: [], moreExtensions: [] }],
];

test.each(odd)('a certificate %s is for the whole reader, which has the word', (_, options) => {
  const { der, pem } = mint(options);
  expect(plainHolder(der)).toBeUndefined();
  expect(readHolder(der)).toEqual(byWholeReader(der));
  expect(readHolder(Buffer.from(pem))).toEqual(byWholeReader(Buffer.from(pem)));
});

test('of a file with several certificates the first counts, and one bad one refuses all', () => {
  const [first, second] = [mint(base), mint({ ...base, subject: 'second' })];
  expect(readHolder(Buffer.from(first.pem + second.pem))?.subject).toContain('CN=kubernetes-admin');
  expect(readHolder(Buffer.from(first.pem + pemOf(Buffer.from('no certificate'))))).toBeUndefined();
  expect(readHolder(Buffer.from('nothing'))).toBeUndefined();
  expect(readHolder(new Uint8Array())).toBeUndefined();
});

test('the content of a primitive value is not taken for values', () => {
  const content = Buffer.from([0x01, 0x87, ...Array.from({ length: 8 }, () => 0xff)]);
  for (const tag of [0x04, 0x03, 0x84]) {
    const inner = Buffer.from([tag, content.length, ...content]);
    expect(plainHolder(Buffer.from([0x30, inner.length, ...inner]))).toBeUndefined();
  }
});

test('whichever byte of a certificate is another one, both ways say the same', () => {
  const { der: original } = mint(base);
  const differing: string[] = [];
  for (const [at, byte] of original.entries()) {
    for (const to of [0x00, 0x04, 0x0c, 0x1e, 0x30, 0x80, 0x84, 0xff, byte ^ 0x01, byte ^ 0x20]) {
      const der = Buffer.from(original);
      der[at] = to;
      const holder = plainHolder(der);
      const whole = holder && byWholeReader(der);
      if (JSON.stringify(holder) !== JSON.stringify(whole)) differing.push(`${at}: ${byte} to ${to}`);
    }
  }
  expect(differing).toEqual([]);
});

test('whatever bytes of a certificate are changed, the short way never says what the whole reader does not', () => {
  const ders = usual.map(([, options]) => mint(options).der);
  let short = 0;
  const change = fc.record({ at: fc.nat(600), to: fc.nat(255) });
  fc.assert(
    fc.property(
      fc.constantFrom(...ders),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (original, changes) => {
        const der = Buffer.from(original);
        for (const { at, to } of changes) der[at % der.length] = to;
        const holder = plainHolder(der);
        if (holder === undefined) return;
        short += 1;
        expect(holder).toEqual(byWholeReader(der));
      },
    ),
    { numRuns: 3000 },
  );
  // Else this would show nothing.
  expect(short).toBeGreaterThan(250);
});
