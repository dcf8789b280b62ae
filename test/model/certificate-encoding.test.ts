/** Certificates as bytes: PEM, DER, the extension with the names, and ASN.1 that is made to hurt; rows 32-35 of the bad-input catalogue. */
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readCertificates } from '../../src/model/certificate.ts';
import {
  dns,
  keyPair,
  type Mint,
  mint,
  mintKubeadm,
  pemOf,
  rawName,
  sanExtension,
  sequence,
} from '../support/mint.ts';
import { codeOf, leafOf, minted } from '../support/read-certificate.ts';
import { processorTime } from '../support/patience.ts';

describe('row 32: PEM', () => {
  const { ca, apiserver } = mintKubeadm('ec');
  const one = apiserver.pem;
  const key = apiserver.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const body = one.split('\n').slice(1, -2).join('\n');
  const begin = '-----BEGIN CERTIFICATE-----';
  const end = '-----END CERTIFICATE-----';

  test.each([
    ['nothing', '', 'no-certificate'],
    ['prose', 'no certificate here\n', 'no-certificate'],
    ['one', one, 'ok'],
    ['one without a final line break', one.trimEnd(), 'ok'],
    ['one with empty lines after it', `${one}\n\n  \r\n`, 'ok'],
    ['CRLF', one.replaceAll('\n', '\r\n'), 'ok'],
    ['text before, as openssl -text prints it', `Certificate:\n    Data:\n${one}`, 'ok leading-text'],
    ['two', one + ca.pem, 'ok bundle'],
    ['two with comments', `# leaf\n${one}# ca\n${ca.pem}`, 'ok leading-text bundle'],
    ['two in the wrong order', ca.pem + one, 'ok bundle reversed'],
    ['the same one twice', ca.pem + ca.pem, 'ok bundle'],
    ['EC parameters before it', `${pemOf(Buffer.of(6, 0), 'EC PARAMETERS')}${one}`, 'ok other-blocks'],
    ['a request instead', pemOf(Buffer.of(48, 0), 'CERTIFICATE REQUEST'), 'no-certificate'],
    ['a key after it', one + key, 'private-key-inside'],
    ['a key before it', key + one, 'private-key-inside'],
    ['a key alone', key, 'private-key-inside'],
    ['half a key', key.slice(0, 60), 'private-key-inside'],
    ['an indented key', one + key.replaceAll(/^/gm, '  '), 'private-key-inside'],
    ['a certificate with no END', `${begin}\n${body}\n`, 'truncated'],
    ['a certificate that is cut off before the next', `${begin}\n${body.slice(0, 80)}\n${one}`, 'truncated'],
    ['base64 cut inside a group', `${begin}\n${body.slice(0, 79)}\n${end}\n`, 'truncated'],
    ['base64 cut between groups', `${begin}\n${body.slice(0, 64)}\n${end}\n`, 'truncated'],
    ['an empty block', `${begin}\n${end}\n`, 'truncated'],
    ['no base64', `${begin}\n${body.slice(0, 64)}!\n${end}\n`, 'not-base64'],
    ['PEM headers', `${begin}\nProc-Type: 4,ENCRYPTED\n\n${body}\n${end}\n`, 'not-base64'],
    ['text after it', `${one}junk`, 'trailing-junk'],
    ['another that starts on the same line', one.trimEnd() + ca.pem, 'trailing-junk'],
    ['bytes after it inside the block', pemOf(Buffer.concat([apiserver.der, Buffer.of(0)])), 'trailing-junk'],
    ['a byte-order mark', `\ufeff${one}`, 'byte-order-mark'],
    [
      'a certificate with two signature algorithms',
      pemOf(withOtherAlgorithm(mintKubeadm('ec').apiserver.der)),
      'algorithms-differ',
    ],
    ['a certificate that is none', pemOf(Buffer.of(0x30, 0)), 'not-a-certificate'],
    ['257 of them', one.repeat(257), 'too-many'],
    ['2 MB', ' '.repeat(2 ** 21), 'too-large'],
  ])('%s', (_, text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  it('refuses UTF-16 for its mark', () => {
    expect(codeOf(Buffer.from(`\ufeff${one}`, 'utf16le'))).toBe('byte-order-mark');
  });

  it('takes the first of a bundle for the leaf, and says which one is refused', () => {
    expect(leafOf(one + ca.pem).subject).toBe('CN=kube-apiserver');
    const broken = readCertificates(Buffer.from(one + pemOf(Buffer.of(0x30, 0))));
    expect(broken).toEqual({ ok: false, refusal: { code: 'not-a-certificate', position: 2 } });
  });

  it('never echoes what it refuses', () => {
    const reading = readCertificates(Buffer.from(one + key));
    expect(reading).toEqual({ ok: false, refusal: { code: 'private-key-inside' } });
  });
});

describe('row 33: DER', () => {
  const { apiserver } = mintKubeadm('ec');
  const { privateKey } = apiserver.key;
  const pkcs12 = Buffer.from('3082010002010330820101060', 'hex');

  test.each<[string, Uint8Array, string]>([
    ['a certificate', apiserver.der, 'ok'],
    ['a certificate cut off', apiserver.der.subarray(0, 200), 'truncated'],
    ['a certificate and a byte', Buffer.concat([apiserver.der, Buffer.of(0)]), 'trailing-junk'],
    ['two certificates', Buffer.concat([apiserver.der, apiserver.der]), 'trailing-junk'],
    ['PKCS#12', pkcs12, 'pkcs12'],
    ['PKCS#12 of open length', Buffer.from('30800201033080', 'hex'), 'pkcs12'],
    ['a PKCS#8 key', privateKey.export({ type: 'pkcs8', format: 'der' }), 'private-key-inside'],
    ['a SEC1 key', privateKey.export({ type: 'sec1', format: 'der' }), 'private-key-inside'],
    [
      'a short key',
      keyPair('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
      'private-key-inside',
    ],
    [
      'a PKCS#1 key',
      keyPair('rsa').privateKey.export({ type: 'pkcs1', format: 'der' }),
      'private-key-inside',
    ],
  ])('%s', (_, bytes, expected) => {
    expect(codeOf(bytes)).toBe(expected);
  });
});

describe('row 34: the extension with the names', () => {
  const dnsA = dns('a.example.com');

  it('may be absent or empty: no names', () => {
    expect(minted({}).names).toEqual([]);
    expect(minted({ names: [] }).names).toEqual([]);
  });

  it('may be critical', () => {
    expect(minted({ moreExtensions: [sanExtension([dnsA], true)] }).names).toEqual([
      { type: 'dns', value: 'a.example.com' },
    ]);
  });

  test.each<[string, Mint, string]>([
    [
      'twice',
      { names: [dnsA], moreExtensions: [sanExtension([dns('b.example.com')])] },
      'two-san-extensions',
    ],
    ['twice the same', { names: [dnsA], moreExtensions: [sanExtension([dnsA])] }, 'two-san-extensions'],
    ['with something that is no name', { names: [sequence()] }, 'bad-names'],
    ['with a name of no known type', { names: [rawName(9, 'x')] }, 'bad-names'],
  ])('is refused %s', (_, options, expected) => {
    expect(codeOf(mint(options).der)).toBe(expected);
  });
});

function wrap(content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(0x30, length), content]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const shortest = bytes.subarray(bytes.findIndex((byte) => byte > 0));
  return Buffer.concat([Buffer.of(0x30, 0x80 + shortest.length), shortest, content]);
}

function nested(levels: number): Buffer {
  let inner: Buffer = Buffer.of(5, 0);
  for (let level = 0; level < levels; level += 1) inner = wrap(inner);
  return inner;
}

describe('row 35: ASN.1 that is made to hurt', () => {
  const filler = Buffer.alloc(200_000, Buffer.of(5, 0));

  test.each<[string, Buffer, string]>([
    ['64 levels', nested(64), 'too-deep'],
    ['5,000 levels', nested(5000), 'too-deep'],
    ['an open length', Buffer.from('3080300000000000', 'hex'), 'indefinite-length'],
    [
      'an open length inside',
      wrap(Buffer.concat([Buffer.from('30800000', 'hex'), filler])),
      'indefinite-length',
    ],
    ['a length of 4 GB', Buffer.from('3084ffffffff00', 'hex'), 'truncated'],
    ['a length of 127 bytes', Buffer.concat([Buffer.of(0x30, 0xff), filler]), 'not-der'],
    ['a length that is padded', Buffer.from('30820002050000', 'hex'), 'not-der'],
    [
      'a value longer than its parent',
      wrap(Buffer.concat([Buffer.from('30040503', 'hex'), filler])),
      'not-der',
    ],
    ['a BMP string of odd length', wrap(Buffer.concat([Buffer.from('1e0141', 'hex'), filler])), 'not-der'],
    ['a tag of several bytes', wrap(Buffer.concat([Buffer.from('1f8101000500', 'hex'), filler])), 'not-der'],
    ['100,000 values', wrap(filler), 'not-a-certificate'],
    ['more than a TLS client takes', wrap(Buffer.alloc(300_000)), 'too-large'],
  ])('%s', async (_, bytes, expected) => {
    const took = await processorTime(() => {
      expect(codeOf(bytes)).toBe(expected);
      expect(codeOf(pemOf(bytes))).toBe(expected);
    });
    expect(took).toBeLessThan(500);
  });

  it('takes any bytes and any text without a throw', () => {
    const certificate = mintKubeadm('ec').apiserver;
    const damage = fc.record({
      at: fc.nat(certificate.der.length - 1),
      byte: fc.nat(255),
      cut: fc.nat(3),
    });
    fc.assert(
      fc.property(
        damage,
        fc.uint8Array(),
        fc.string({ unit: 'binary' }),
        ({ at, byte, cut }, bytes, text) => {
          const damaged = Buffer.from(certificate.der.subarray(0, certificate.der.length - cut));
          damaged[at] = byte;
          const noise = Buffer.concat([Buffer.of(0x30, 0x81), bytes]);
          const torn = `${certificate.pem.slice(0, at)}${text}${certificate.pem.slice(at)}`;
          for (const input of [damaged, noise, torn]) expect(codeOf(input)).toMatch(/^[a-z0-9 -]+$/);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** ecdsa-with-SHA256 becomes -SHA384 in the outer field only: the last time that it stands in the certificate. */
function withOtherAlgorithm(der: Buffer): Buffer {
  const oid = Buffer.from('06082a8648ce3d040302', 'hex');
  const changed = Buffer.from(der);
  changed[changed.lastIndexOf(oid) + oid.length - 1] = 3;
  return changed;
}
