/** Certificates as values: rows 19, 21 and 36-41 of the bad-input catalogue, one test a row at least. */
import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import forge from 'node-forge';
import { describe, expect, it, test } from 'vitest';
import {
  certificateNoteSentence,
  certificateRefusalCodes,
  certificateRefusalSentence,
} from '../../src/model/certificate-refusal.ts';
import {
  type Certificate,
  type FoundName,
  isSignedBy,
  lostByKubeadm,
  outlives,
  readCertificates,
  validity,
} from '../../src/model/certificate.ts';
import { display } from '../../src/model/display.ts';
import { isCovered, parseSan, type San } from '../../src/model/san.ts';
import {
  bytesOf,
  directoryName,
  dns,
  email,
  hollowRsaKey,
  ip,
  keyFingerprintOf,
  keyPair,
  type Mint,
  mint,
  type Minted,
  mintKubeadm,
  otherName,
  rawName,
  registeredId,
  sequence,
  srvName,
  uri,
} from '../support/mint.ts';
import { codeOf, leafOf, minted } from '../support/read-certificate.ts';

function namesOf(...names: ReturnType<typeof dns>[]): readonly FoundName[] {
  return minted({ names }).names;
}

function sansOf(names: readonly FoundName[]): readonly San[] {
  return names.filter((name): name is San => name.type === 'dns' || name.type === 'ip');
}

describe('a certificate as kubeadm makes it', () => {
  const { ca, apiserver } = mintKubeadm();
  const leaf = leafOf(apiserver.pem);

  it('is read into a plain value', () => {
    const reference = new X509Certificate(apiserver.der);
    expect(leaf).toEqual({
      version: 3,
      subject: 'CN=kube-apiserver',
      issuer: 'CN=kubernetes',
      serial: reference.serialNumber,
      fingerprint: reference.fingerprint256.replaceAll(':', '').toLowerCase(),
      notBefore: '2025-01-01T00:00:00Z',
      notAfter: '2026-01-01T00:00:00Z',
      key: { type: 'rsa', bits: 2048 },
      keyFingerprint: keyFingerprintOf(apiserver.key.privateKey),
      signatureAlgorithm: 'sha256-rsa',
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'],
      isCa: false,
      names: [
        { type: 'dns', value: 'cp1' },
        { type: 'dns', value: 'kubernetes' },
        { type: 'dns', value: 'kubernetes.default' },
        { type: 'dns', value: 'kubernetes.default.svc' },
        { type: 'dns', value: 'kubernetes.default.svc.cluster.local' },
        { type: 'ip', value: '10.96.0.1' },
        { type: 'ip', value: '192.168.56.11' },
      ],
      der: apiserver.der.toString('base64'),
    });
    expect(structuredClone(leaf)).toEqual(leaf);
    expect(lostByKubeadm(leaf.names)).toEqual([]);
  });

  it('is signed by its CA and expires before it', () => {
    const authority = leafOf(ca.pem);
    expect(authority.isCa).toBe(true);
    expect(isSignedBy(leaf, authority)).toBe(true);
    expect(isSignedBy(authority, authority)).toBe(true);
    expect(isSignedBy(authority, leaf)).toBe(false);
    expect(outlives(leaf, authority)).toBe(false);
    expect(outlives(authority, leaf)).toBe(true);
  });

  it('reads the same when node-forge made it', () => {
    const certificate = forge.pki.createCertificate();
    const pem = apiserver.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    certificate.publicKey = forge.pki.publicKeyFromPem(
      apiserver.key.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    );
    certificate.serialNumber = '0a';
    certificate.validity.notBefore = new Date('2026-01-01T00:00:00Z');
    certificate.validity.notAfter = new Date('2027-01-01T00:00:00Z');
    certificate.setSubject([
      { name: 'organizationName', value: 'a, b' },
      { name: 'commonName', value: 'x\nCN=y' },
    ]);
    certificate.setIssuer([{ name: 'commonName', value: 'kubernetes' }]);
    certificate.setExtensions([
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'api.example.com' },
          { type: 7, ip: 'fd00::1' },
        ],
      },
    ]);
    certificate.sign(forge.pki.privateKeyFromPem(pem), forge.md.sha256.create());
    const read = leafOf(forge.pki.certificateToPem(certificate));
    expect(read.subject).toBe(String.raw`O=a\, b, CN=x\0ACN=y`);
    expect(read.names).toEqual([
      { type: 'dns', value: 'api.example.com' },
      { type: 'ip', value: 'fd00::1' },
    ]);
    expect(read.keyFingerprint).toBe(leaf.keyFingerprint);
    expect(isSignedBy(read, { ...leafOf(ca.pem), der: leaf.der })).toBe(false);
  });
});

test('row 19: a name that reads like two names is one, kept to the byte', () => {
  const text = 'a.example, DNS:evil.example';
  const names = namesOf(dns(text));
  expect(names).toEqual([{ type: 'dns', value: text }]);
  expect(lostByKubeadm(names)).toEqual(names);
  expect(isCovered(sansOf(names), { type: 'dns', value: 'evil.example' })).toBe(false);
  expect(isCovered(sansOf(names), { type: 'dns', value: 'a.example' })).toBe(false);
});

test('row 20: a thousand names are read, and their order kept', () => {
  const values = Array.from({ length: 1000 }, (_, index) => `n${index}.example.com`);
  expect(namesOf(...values.map(dns)).map((name) => name.value)).toEqual(values);
});

test('any printable names come back to the byte and in their order', () => {
  const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (values) => {
      expect(namesOf(...values.map(dns))).toEqual(values.map((value) => ({ type: 'dns', value })));
    }),
    { numRuns: 50 },
  );
});

test('row 21: names of other types are shown, and reported as what kubeadm would lose', () => {
  const kept = [dns('api.example.com'), dns('*.EXAMPLE.com'), ip('::ffff:10.0.0.1')];
  const others = [
    uri('spiffe://cluster.local/ns/x'),
    email('root@example.com'),
    srvName('_kube.example.com'),
    directoryName('Zoë'),
    registeredId('1.2.840.113549'),
    otherName('1.3.6.1.4.1.311.20.2.3', sequence()),
  ];
  const names = namesOf(...kept, ...others);
  expect(names).toEqual([
    { type: 'dns', value: 'api.example.com' },
    { type: 'dns', value: '*.EXAMPLE.com' },
    { type: 'ip', value: '10.0.0.1' },
    { type: 'uri', value: 'spiffe://cluster.local/ns/x' },
    { type: 'email', value: 'root@example.com' },
    { type: 'other', value: 'otherName:1.3.6.1.5.5.7.8.7:_kube.example.com' },
    { type: 'other', value: 'dirName:CN=Zoë' },
    { type: 'other', value: 'registeredID:1.2.840.113549' },
    { type: 'other', value: 'otherName:1.3.6.1.4.1.311.20.2.3:' },
  ]);
  expect(lostByKubeadm(names)).toEqual(names.slice(3));
});

test('rows 5, 13: what kubeadm refuses or turns into an address would be lost too', () => {
  const names = namesOf(
    dns('a_b.example.com'),
    dns('10.0.0.1'),
    dns('api.example.com.'),
    dns('f*.example.com'),
  );
  expect(lostByKubeadm(names)).toEqual(names);
});

describe('row 36: names that are none', () => {
  test.each<[string, ReturnType<typeof dns>, FoundName]>([
    [
      'an address of 5 bytes',
      rawName(7, '\x0a\0\0\x01\x05'),
      { type: 'malformed', of: 'ip', value: '0a00000105' },
    ],
    ['an address of no bytes', rawName(7, ''), { type: 'malformed', of: 'ip', value: '' }],
    [
      'a NUL',
      dns('api.example.com\0.evil.example'),
      { type: 'malformed', of: 'dns', value: 'api.example.com\0.evil.example' },
    ],
    ['an escape sequence', dns('a\x1b[2J'), { type: 'malformed', of: 'dns', value: 'a\x1b[2J' }],
    ['a line break', dns('a\nb'), { type: 'malformed', of: 'dns', value: 'a\nb' }],
    ['a letter beyond ASCII', dns('b\xfccher.de'), { type: 'malformed', of: 'dns', value: 'bücher.de' }],
    ['nothing', dns(''), { type: 'malformed', of: 'dns', value: '' }],
    ['a URI with a NUL', uri('https://a\0b'), { type: 'malformed', of: 'uri', value: 'https://a\0b' }],
  ])('%s is shown and never matched', (_, name, expected) => {
    const names = namesOf(name, dns('kept.example.com'));
    expect(names).toEqual([expected, { type: 'dns', value: 'kept.example.com' }]);
    expect(lostByKubeadm(names)).toEqual([expected]);
    expect(sansOf(names)).toHaveLength(1);
    expect(display(expected.value)).not.toMatch(/[\0-\x1f]/);
  });
});

describe('row 37: certificates that are unusual', () => {
  test.each<[string, Mint, Partial<Certificate>]>([
    ['version 1', { version: 1 }, { version: 1, isCa: false, names: [], extendedKeyUsage: [] }],
    ['a CA as leaf', { isCa: true, names: [dns('a')] }, { isCa: true, names: [{ type: 'dns', value: 'a' }] }],
    ['no extended key usage', { extendedKeyUsage: [] }, { extendedKeyUsage: [] }],
    ['SHA-1 and RSA', { key: keyPair('rsa'), hash: 'sha1' }, { signatureAlgorithm: 'sha1-rsa' }],
    ['SHA-1 and ECDSA', { hash: 'sha1' }, { signatureAlgorithm: 'sha1-ecdsa' }],
    ['RSA 1024', { key: keyPair('rsa-1024') }, { key: { type: 'rsa', bits: 1024 } }],
    ['RSA 8192', { publicKey: hollowRsaKey(8192) }, { key: { type: 'rsa', bits: 8192 } }],
    [
      'P-256',
      { key: keyPair('ec') },
      { key: { type: 'ec', curve: 'prime256v1' }, signatureAlgorithm: 'sha256-ecdsa' },
    ],
    ['P-384', { key: keyPair('p384') }, { key: { type: 'ec', curve: 'secp384r1' } }],
    [
      'Ed25519',
      { key: keyPair('ed25519') },
      { key: { type: 'other', algorithm: 'ed25519' }, signatureAlgorithm: 'ed25519' },
    ],
  ])('%s', (_, options, expected) => {
    const certificate = minted(options);
    expect(certificate).toMatchObject(expected);
    expect(isSignedBy(certificate, certificate)).toBe(certificate.isCa || certificate.version === 1);
  });

  it('may have a CA whose key is of another kind', () => {
    const ca = mint({ subject: 'ca', isCa: true, key: keyPair('ed25519') });
    for (const kind of ['rsa', 'ec'] as const) {
      expect(isSignedBy(minted({ issuer: ca, key: keyPair(kind) }), leafOf(ca.der))).toBe(true);
    }
  });

  it('matches its key by the fingerprint', () => {
    for (const kind of ['rsa', 'ec', 'p384', 'ed25519'] as const) {
      const { privateKey } = keyPair(kind);
      expect(minted({ key: keyPair(kind) }).keyFingerprint).toBe(keyFingerprintOf(privateKey));
    }
  });
});

describe('row 38: dates', () => {
  const now = new Date('2026-07-01T12:00:00Z');

  test.each([
    ['valid', '20260101000000Z', '20270101000000Z', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['expired', '20250101000000Z', '20260101000000Z', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['not-yet-valid', '20270101000000Z', '20280101000000Z', '2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z'],
    ['valid', '20260101000000Z', '99991231235959Z', '2026-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    [
      'expired',
      '19500101000000Z',
      '20491231235959Z'.replace('2049', '1999'),
      '1950-01-01T00:00:00Z',
      '1999-12-31T23:59:59Z',
    ],
    ['valid', '19500101000000Z', '20500101000000Z', '1950-01-01T00:00:00Z', '2050-01-01T00:00:00Z'],
    ['valid', '00010101000000Z', '20491231235959Z', '0001-01-01T00:00:00Z', '2049-12-31T23:59:59Z'],
    ['valid', '20260701120000Z', '20260701120000Z', '2026-07-01T12:00:00Z', '2026-07-01T12:00:00Z'],
  ] as const)('%s from %s to %s', (expected, notBefore, notAfter, isoBefore, isoAfter) => {
    const certificate = minted({ notBefore, notAfter });
    expect(certificate).toMatchObject({ notBefore: isoBefore, notAfter: isoAfter });
    expect(validity(certificate, now)).toBe(expected);
  });

  it('are refused when they are none', () => {
    expect(codeOf(mint({ notAfter: '20261301000000Z' }).der)).toBe('bad-date');
  });

  it('tell a leaf that outlives its CA', () => {
    const ca = mint({ subject: 'ca', isCa: true, notAfter: '20300101000000Z' });
    expect(outlives(minted({ issuer: ca, notAfter: '20300101000001Z' }), leafOf(ca.der))).toBe(true);
    expect(outlives(minted({ issuer: ca, notAfter: '20300101000000Z' }), leafOf(ca.der))).toBe(false);
  });
});

test('row 39: a CA made again with the same subject did not sign it', () => {
  const { ca, apiserver } = mintKubeadm('ec');
  const again = mint({ subject: ca.subject, isCa: true, key: keyPair('ec', 7) });
  expect(leafOf(again.der).subject).toBe(leafOf(ca.der).subject);
  expect(isSignedBy(leafOf(apiserver.der), leafOf(again.der))).toBe(false);
  expect(isSignedBy(leafOf(apiserver.der), leafOf(ca.der))).toBe(true);
});

test('row 40: a chain is followed from leaf to root, and told when it is reversed', () => {
  const root = mint({ subject: 'root', isCa: true, key: keyPair('ec', 2) });
  const intermediate = mint({ subject: 'intermediate', isCa: true, key: keyPair('ec', 3), issuer: root });
  const leaf = mint({ issuer: intermediate, key: keyPair('ec', 1), names: [dns('a.example.com')] });
  const pems = [leaf, intermediate, root].map(({ pem }) => pem);
  const [first, second, third] = [leaf, intermediate, root].map(({ der }: Minted) => leafOf(der)) as [
    Certificate,
    Certificate,
    Certificate,
  ];
  expect(isSignedBy(first, second)).toBe(true);
  expect(isSignedBy(second, third)).toBe(true);
  expect(isSignedBy(first, third)).toBe(false);
  expect(codeOf(pems.join(''))).toBe('ok bundle');
  expect(codeOf(pems.toReversed().join(''))).toBe('ok bundle reversed');
});

test('row 40: a leaf that signs is no CA', () => {
  const leaf = mint({ subject: 'leaf', key: keyPair('ec', 2) });
  const forged = mint({ subject: 'forged', key: keyPair('ec', 3), issuer: leaf });
  expect(isSignedBy(leafOf(forged.der), leafOf(leaf.der))).toBe(false);
});

test('row 41: a key that does not belong to the certificate has another fingerprint', () => {
  const { apiserver } = mintKubeadm('ec');
  const other = keyPair('ec', 5);
  expect(leafOf(apiserver.der).keyFingerprint).not.toBe(keyFingerprintOf(other.privateKey));
});

test('every refusal and note has its sentence', () => {
  for (const code of certificateRefusalCodes) {
    expect(certificateRefusalSentence({ code, position: 2 })).toMatch(/^certificate 2 is refused: [a-z]/);
  }
  expect(certificateRefusalSentence({ code: 'pkcs12' })).toMatch(
    /^the certificate is refused: it is a PKCS#12/,
  );
  expect(certificateNoteSentence('bundle')).toMatch(/leaf$/);
});

test('names of a certificate cover wishes as they stand, whatever their case', () => {
  const held = sansOf(namesOf(dns('API.Example.COM'), ip('2001:db8::1')));
  for (const wish of ['api.example.com', '2001:DB8:0::1']) {
    const reading = parseSan(wish);
    expect(reading.ok && isCovered(held, reading.san)).toBe(true);
  }
});

test('a tree that node-forge builds holds the bytes that it was given', () => {
  const { apiserver } = mintKubeadm('ec');
  expect(bytesOf(sequence(dns('a'))).toString('hex')).toBe('3003820161');
  expect(leafOf(apiserver.der).der).toBe(apiserver.der.toString('base64'));
});

describe('what was read last is remembered', () => {
  test('the same bytes give the same values, also in another buffer, and a changed byte does not', () => {
    const { pem } = mint({ subject: 'remembered' });
    const reading = readCertificates(Buffer.from(pem));
    expect(readCertificates(new Uint8Array(Buffer.from(pem)))).toBe(reading);
    const changed = Buffer.from(pem.replace(/\n$/, '\nx'));
    expect(codeOf(changed)).toBe('trailing-junk');
    expect(readCertificates(Buffer.from(pem))).toBe(reading);
  });

  test('bytes that are changed after they were read are read again', () => {
    const bytes = Buffer.from(mint({ subject: 'before' }).pem);
    const other = Buffer.from(mint({ subject: 'beyond' }).pem);
    expect(leafOf(bytes).subject).toBe('CN=before');
    other.copy(bytes);
    expect(leafOf(bytes).subject).toBe('CN=beyond');
  });

  test('only so many are kept: a fleet has a certificate of its own for each node', () => {
    const first = Buffer.from(mint({ subject: 'first' }).pem);
    const used = Buffer.from(mint({ subject: 'in use' }).pem);
    const [old, kept] = [readCertificates(first), readCertificates(used)];
    for (let other = 0; other < 150; other += 1) {
      readCertificates(Buffer.from(`no certificate ${other}`));
      expect(readCertificates(used)).toBe(kept);
    }
    expect(readCertificates(first)).not.toBe(old);
    expect(readCertificates(first)).toEqual(old);
  });
});
