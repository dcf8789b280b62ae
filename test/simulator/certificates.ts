/** Certificates as kubeadm makes them: same subjects, extensions, serial numbers and files. */
import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import asn1, { type Asn1 } from 'node-forge/lib/asn1.js';
import {
  bytesOf,
  dns,
  extension,
  fromDer,
  ip,
  type KeyPair,
  mint,
  type Minted,
  primitive,
  rawName,
  sequence,
} from '../support/mint.ts';

const uses = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

const hour = 3_600_000;
const year = 365 * 24 * hour;
/** Certificates begin five minutes in the past, so that clocks which differ a little do no harm. */
const backdate = hour / 12;

export interface Leaf {
  readonly commonName: string;
  readonly organization?: string;
  readonly uses: readonly (keyof typeof uses)[];
  readonly key: KeyPair;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Milliseconds from now. */
  readonly validity?: number;
}

export function mintCa(commonName: string, key: KeyPair): Minted {
  const now = Date.now();
  const spki = key.publicKey.export({ type: 'spki', format: 'der' });
  const keyIdentifier = createHash('sha1').update(spki).digest().toString('latin1');
  return mint({
    subject: commonName,
    key,
    isCa: true,
    serial: newSerial(),
    names: [dns(commonName)],
    notBefore: timeText(now - backdate),
    notAfter: timeText(now - backdate + 10 * year),
    moreExtensions: [extension(subjectKeyIdentifier, primitive(4, keyIdentifier))],
  });
}

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/util/pkiutil/pki_helpers.go#L600 */
export function mintLeaf(issuer: Minted, leaf: Leaf): Minted {
  const now = Date.now();
  const names = [...(leaf.dnsNames ?? []).map(dns), ...(leaf.addresses ?? []).map(ip)];
  return mint({
    subject: leaf.commonName,
    ...(leaf.organization === undefined ? {} : { organization: leaf.organization }),
    issuer,
    key: leaf.key,
    serial: newSerial(),
    ...(names.length === 0 ? {} : { names }),
    notBefore: timeText(now - backdate),
    notAfter: timeText(now + (leaf.validity ?? year)),
    extendedKeyUsage: leaf.uses.map((use) => uses[use]),
    moreExtensions: [
      // digitalSignature and keyEncipherment
      extension('2.5.29.15', primitive(3, '\x05\xa0'), true),
      extension('2.5.29.19', sequence(), true),
      ...authorityKeyIdentifier(issuer),
    ],
  });
}

/** A CA whose certificate and key were read from files. */
export function issuerOf(certificate: X509Certificate, key: KeyPair): Minted {
  const subject = fieldsOf(certificate.raw)[5];
  return {
    der: certificate.raw,
    pem: certificate.toString(),
    key,
    subject: certificate.subject,
    ...(subject === undefined ? {} : { subjectDer: bytesOf(subject) }),
  };
}

/** Key first, then certificate: a process that dies between the two leaves a key without a certificate. */
export function writePair(base: string, { pem, key }: Minted): void {
  writeFileSync(`${base}.key`, keyText(key), { mode: 0o600 });
  writeFileSync(`${base}.crt`, pem, { mode: 0o644 });
}

/** The old formats, as kubeadm writes them: PKCS #1 for RSA, SEC 1 for elliptic curves. */
export function keyText({ privateKey }: KeyPair): string {
  return privateKey.asymmetricKeyType === 'rsa'
    ? privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    : privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

/** Positive and 63 bits, as kubeadm's. */
function newSerial(): Buffer {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}

/** version, serial, algorithm, issuer, validity, subject, key, extensions */
function fieldsOf(certificate: Buffer): readonly Asn1[] {
  const [tbs] = childrenOf(fromDer(certificate));
  return tbs === undefined ? [] : childrenOf(tbs);
}

function childrenOf({ value }: Asn1): readonly Asn1[] {
  return typeof value === 'string' ? [] : value;
}

const subjectKeyIdentifier = '2.5.29.14';

function authorityKeyIdentifier(issuer: Minted): readonly Asn1[] {
  const wanted = asn1.oidToDer(subjectKeyIdentifier).getBytes();
  const extensions = fieldsOf(issuer.der).slice(7).flatMap(childrenOf).flatMap(childrenOf);
  for (const [id, content] of extensions.map(childrenOf)) {
    if (id?.value !== wanted || typeof content?.value !== 'string') continue;
    const { value } = fromDer(Buffer.from(content.value, 'latin1'));
    if (typeof value === 'string') return [extension('2.5.29.35', sequence(rawName(0, value)))];
  }
  // Without the one in the CA there is none in the leaf, as in Go.
  return [];
}
