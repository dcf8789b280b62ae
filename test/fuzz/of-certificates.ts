/** Certificates, requests and keys, as files and as DER. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readCertificates, validity } from '../../src/model/certificate.ts';
import { certificateNoteSentence, certificateRefusalSentence } from '../../src/model/certificate-refusal.ts';
import { derFault, readDer } from '../../src/model/der.ts';
import { isHostile } from '../../src/model/display.ts';
import { plainHolder, readHolder } from '../../src/model/holder.ts';
import { splitCertificates } from '../../src/model/pem.ts';
import { readRequest, readStaged } from '../../src/apply/replies.ts';
import { readChain } from '../../src/inspect/probe/chain.ts';
import { sanKey } from '../../src/model/san.ts';
import {
  directoryName,
  dns,
  email,
  ip,
  mint,
  otherName,
  pemOf,
  primitive,
  rawName,
  registeredId,
  uri,
} from '../support/mint.ts';
import { must, type Parser } from './parser.ts';

/** Ed25519 signs the same text the same way, so that an input of this seed is the same tomorrow. */
const head = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = createPrivateKey({
  key: Buffer.concat([head, createHash('sha256').update('fuzz').digest()]),
  format: 'der',
  type: 'pkcs8',
});
const key = { privateKey, publicKey: createPublicKey(privateKey) };
const ca = mint({ subject: 'kubernetes', isCa: true, key });
const usual = [dns('kubernetes'), dns('kubernetes.default.svc'), ip('10.96.0.1'), ip('fd00::1')];
const all = [
  dns('*.a.example'),
  email('a@b'),
  uri('spiffe://x'),
  registeredId('1.2.3'),
  rawName(0x87, 'abc'),
];
const ders = [
  ca,
  mint({ key, issuer: ca, names: usual, extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }),
  mint({
    key,
    names: [...all, otherName('1.2.3', primitive(12, 'x')), directoryName('x')],
    organization: 'system:masters',
  }),
  mint({ key, version: 1 }),
].map(({ der }) => Buffer.from(der));
const pems = ders.map((der) => Buffer.from(pemOf(der)));

function looked(bytes: Buffer): void {
  const reading = readCertificates(bytes);
  if (!reading.ok) {
    must(!isHostile(certificateRefusalSentence(reading.refusal)), 'a refusal that is not safe to show');
    must(readHolder(bytes) === undefined, 'a holder of what is no certificate');
    return;
  }
  for (const note of reading.notes) certificateNoteSentence(note);
  const [first] = reading.certificates;
  validity(first, new Date(0));
  const holder = readHolder(bytes);
  must(holder?.subject === first.subject && holder.notAfter === first.notAfter, 'another holder');
  for (const { certificates } of [readingOf(first.der)])
    must(
      certificates[0]?.fingerprint === first.fingerprint &&
        JSON.stringify(certificates[0].names) === JSON.stringify(first.names),
      'its own DER reads otherwise',
    );
  for (const one of reading.certificates)
    for (const { value } of one.names)
      must(typeof value === 'string' && sanKey({ type: 'dns', value }) !== '', 'no name');
}

function readingOf(der: string) {
  const reading = readCertificates(Buffer.from(der, 'base64'));
  return { certificates: reading.ok ? reading.certificates : [] };
}

function frame(name: string, bytes: Uint8Array) {
  return { frames: [{ name, bytes }], talk: '' };
}

export const certificateParsers: readonly Parser[] = [
  {
    name: 'certificates in PEM',
    seeds: [...pems, Buffer.concat(pems)],
    pieces: [
      '-----BEGIN CERTIFICATE-----\n',
      '-----END CERTIFICATE-----\n',
      '-----BEGIN X-----\n',
      '-----END X-----\n',
      'MIIB',
      '=',
      '-----BEGIN RSA PRIVATE KEY-----',
    ],
    inputs: 6000,
    read: looked,
  },
  {
    name: 'certificates in DER',
    seeds: ders,
    pieces: [
      '\u0030\u0082',
      '0\u0080\0\0',
      '\u0002\u0001',
      '\u0006\u0003\u0055\u001d\u0011',
      '\u00a0\u0003',
      '\0\0',
      '1\u0000',
    ],
    inputs: 12_000,
    read: looked,
  },
  {
    name: 'DER',
    seeds: ders,
    pieces: [
      '\u0030\u0002',
      '\u0030\u0003',
      '\u0031\u0080',
      '\u0004\u0001x',
      '\u001e\u0001x',
      '\u0003\u0001\0',
      '\u001f\u00ff',
    ],
    inputs: 12_000,
    read: (bytes) => {
      const fault = derFault(bytes);
      const reading = readDer(bytes);
      must(fault === undefined || !reading.ok, 'read although its lengths are wrong');
      plainHolder(bytes);
      splitCertificates(bytes);
      readChain([bytes, bytes]);
    },
  },
  {
    name: 'requests and staged certificates',
    seeds: [...pems, pemOf(ders[0] ?? Buffer.alloc(0), 'CERTIFICATE REQUEST')],
    pieces: ['-----BEGIN CERTIFICATE REQUEST-----\n', '-----END CERTIFICATE REQUEST-----\n', 'MIIB\n', '='],
    inputs: 3000,
    read: (bytes) => {
      const request = readRequest(frame('csr', bytes));
      // It is written to a file and printed: nothing but a block is let through.
      must(!request.ok || /^[-A-Za-z0-9+/=\n ]+$/.test(request.value), 'a request with more in it');
      must(!readStaged(frame('staged', bytes)).ok, 'staged without a key and sums');
    },
  },
];
