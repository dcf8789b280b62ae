/**
 * Mints test certificates, hostile ones included. The DER is built value by value and signed by node:crypto, so RSA, EC
 * and Ed25519 go the same way, anything can be put into a certificate, and no test needs openssl.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import asn1, { type Asn1 } from 'node-forge/lib/asn1.js';

type KeyKind = 'rsa' | 'rsa-1024' | 'ec' | 'p384' | 'ed25519';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const keyPool = new Map<string, KeyPair>();

/** One key for each kind and number in a test process: an RSA key costs a tenth of a second. */
export function keyPair(kind: KeyKind = 'ec', number = 0): KeyPair {
  const name = `${kind}/${number}`;
  const pair = keyPool.get(name) ?? newKeyPair(kind);
  keyPool.set(name, pair);
  return pair;
}

function newKeyPair(kind: KeyKind): KeyPair {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (kind === 'rsa-1024') return generateKeyPairSync('rsa', { modulusLength: 1024 });
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: kind === 'ec' ? 'P-256' : 'P-384' });
}

/** A public key of any size at no cost; nobody has its private half. */
export function hollowRsaKey(bits: number): KeyObject {
  const modulus = randomBytes(bits / 8);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[modulus.length - 1] = (modulus.at(-1) ?? 0) | 1;
  return createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }, format: 'jwk' });
}

// DER, from the small to the large.

const universal = 0x00;
const contextSpecific = 0x80;

export function sequence(...children: readonly Asn1[]): Asn1 {
  return asn1.create(universal, 16, true, children);
}

export function primitive(type: number, value: string): Asn1 {
  return asn1.create(universal, type, false, value);
}

function oid(dotted: string): Asn1 {
  return primitive(6, asn1.oidToDer(dotted).getBytes());
}

export function bytesOf(node: Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

export function fromDer(bytes: Buffer): Asn1 {
  return asn1.fromDer(bytes.toString('latin1'), { decodeBitStrings: false, maxDepth: 20 });
}

// General names: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6

/** Any tag with any bytes, one character each. */
export function rawName(tag: number, content: string): Asn1 {
  return asn1.create(contextSpecific, tag, false, content);
}

export function email(text: string): Asn1 {
  return rawName(1, text);
}

export function dns(text: string): Asn1 {
  return rawName(2, text);
}

export function uri(text: string): Asn1 {
  return rawName(6, text);
}

export function ip(text: string): Asn1 {
  return rawName(7, ipBytes(text));
}

export function registeredId(dotted: string): Asn1 {
  return rawName(8, asn1.oidToDer(dotted).getBytes());
}

export function otherName(dotted: string, value: Asn1): Asn1 {
  return asn1.create(contextSpecific, 0, true, [oid(dotted), asn1.create(contextSpecific, 0, true, [value])]);
}

/** A service name, `_service.example.com`: https://www.rfc-editor.org/rfc/rfc4985 */
export function srvName(text: string): Asn1 {
  return otherName('1.3.6.1.5.5.7.8.7', primitive(22, text));
}

export function directoryName(commonName: string): Asn1 {
  return asn1.create(contextSpecific, 4, true, [nameOf(commonName)]);
}

function ipBytes(text: string): string {
  if (isIPv4(text)) return String.fromCodePoint(...text.split('.').map(Number));
  // `::ffff:10.0.0.1`: the last four bytes may be written as IPv4.
  const [dotted] = /[^:]+\.[^:]+$/.exec(text) ?? [];
  if (dotted !== undefined) return ipBytes(text.replace(dotted, '0:0')).slice(0, 12) + ipBytes(dotted);
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = [...left, ...(tail === undefined ? [] : zeros), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex').toString('latin1');
}

// Extensions.

export function extension(dotted: string, content: Asn1, isCritical = false): Asn1 {
  const value = primitive(4, asn1.toDer(content).getBytes());
  return isCritical ? sequence(oid(dotted), primitive(1, '\xff'), value) : sequence(oid(dotted), value);
}

export function sanExtension(names: readonly Asn1[], isCritical = false): Asn1 {
  return extension('2.5.29.17', sequence(...names), isCritical);
}

function caExtensions(): readonly Asn1[] {
  return [
    extension('2.5.29.19', sequence(primitive(1, '\xff')), true),
    // digitalSignature, keyEncipherment, keyCertSign, as kubeadm's CA has them.
    extension('2.5.29.15', primitive(3, '\x02\xa4'), true),
  ];
}

const serverAuth = '1.3.6.1.5.5.7.3.1';

// Certificates.

export interface Mint {
  readonly subject?: string;
  /** Before the common name, as Kubernetes writes the group of a client. */
  readonly organization?: string;
  /** Counted up from a fixed number when absent, so that a run is the same as the last one. */
  readonly serial?: Buffer;
  /** Whose subject and key sign it; itself when absent. */
  readonly issuer?: Minted;
  readonly key?: KeyPair;
  /** Stands in the certificate instead of the key's own public half. */
  readonly publicKey?: KeyObject;
  /** No extension when absent, an empty one when empty. */
  readonly names?: readonly Asn1[];
  /** `YYYYMMDDHHMMSSZ`; years from 1950 to 2049 become UTCTime, as RFC 5280 asks. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly isCa?: boolean;
  readonly extendedKeyUsage?: readonly string[];
  readonly hash?: 'sha256' | 'sha1';
  readonly version?: 1 | 3;
  readonly moreExtensions?: readonly Asn1[];
}

export interface Minted {
  readonly der: Buffer;
  readonly pem: string;
  readonly key: KeyPair;
  readonly subject: string;
  /** The subject's own bytes, for an issuer that was read from a file. */
  readonly subjectDer?: Buffer;
}

let lastSerial = 0x4000_0000;

export function mint(options: Mint = {}): Minted {
  const { subject = 'kube-apiserver', key = keyPair(), hash = 'sha256', version = 3 } = options;
  const signer = options.issuer?.key ?? key;
  const algorithm = signatureAlgorithm(signer.privateKey, hash);
  lastSerial += 1;
  const tbs = sequence(
    ...(version === 1 ? [] : [asn1.create(contextSpecific, 0, true, [primitive(2, '\x02')])]),
    primitive(2, (options.serial ?? Buffer.from(lastSerial.toString(16), 'hex')).toString('latin1')),
    algorithm,
    options.issuer === undefined ? nameOf(subject, options.organization) : issuerName(options.issuer),
    sequence(time(options.notBefore ?? '20250101000000Z'), time(options.notAfter ?? '20350101000000Z')),
    nameOf(subject, options.organization),
    fromDer((options.publicKey ?? key.publicKey).export({ type: 'spki', format: 'der' })),
    ...(version === 1 ? [] : [asn1.create(contextSpecific, 3, true, [sequence(...extensionsOf(options))])]),
  );
  const signature = sign(isEdwards(signer.privateKey) ? null : hash, bytesOf(tbs), signer.privateKey);
  const der = bytesOf(sequence(tbs, algorithm, primitive(3, `\0${signature.toString('latin1')}`)));
  return { der, pem: pemOf(der), key, subject };
}

function extensionsOf(options: Mint): readonly Asn1[] {
  const uses = options.extendedKeyUsage ?? (options.isCa === true ? [] : [serverAuth]);
  return [
    ...(options.isCa === true ? caExtensions() : []),
    ...(uses.length === 0 ? [] : [extension('2.5.29.37', sequence(...uses.map(oid)))]),
    ...(options.names === undefined ? [] : [sanExtension(options.names)]),
    ...(options.moreExtensions ?? []),
  ];
}

function isEdwards(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ed25519';
}

function signatureAlgorithm(key: KeyObject, hash: 'sha256' | 'sha1'): Asn1 {
  if (isEdwards(key)) return sequence(oid('1.3.101.112'));
  if (key.asymmetricKeyType === 'ec') {
    return sequence(oid(hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
  }
  return sequence(oid(hash === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11'), primitive(5, ''));
}

function issuerName({ subject, subjectDer }: Minted): Asn1 {
  return subjectDer === undefined ? nameOf(subject) : fromDer(subjectDer);
}

/** Texts are taken byte by byte as UTF-8. */
function nameOf(commonName: string, organization?: string): Asn1 {
  const part = (dotted: string, value: string) =>
    asn1.create(universal, 17, true, [
      sequence(oid(dotted), primitive(12, Buffer.from(value, 'utf8').toString('latin1'))),
    ]);
  const group = organization === undefined ? [] : [part('2.5.4.10', organization)];
  return sequence(...group, part('2.5.4.3', commonName));
}

function time(text: string): Asn1 {
  const year = Number(text.slice(0, 4));
  return year >= 1950 && year < 2050 ? primitive(23, text.slice(2)) : primitive(24, text);
}

export function pemOf(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** A CA and the apiserver certificate that kubeadm makes under it for a cluster with one control-plane node. */
export function mintKubeadm(kind: KeyKind = 'rsa'): { readonly ca: Minted; readonly apiserver: Minted } {
  const ca = mint({
    subject: 'kubernetes',
    key: keyPair(kind, 0),
    isCa: true,
    names: [dns('kubernetes')],
    notAfter: '20350101000000Z',
  });
  const apiserver = mint({
    issuer: ca,
    key: keyPair(kind, 1),
    names: kubeadmNames,
    notAfter: '20260101000000Z',
  });
  return { ca, apiserver };
}

const kubeadmNames: readonly Asn1[] = [
  dns('cp1'),
  dns('kubernetes'),
  dns('kubernetes.default'),
  dns('kubernetes.default.svc'),
  dns('kubernetes.default.svc.cluster.local'),
  ip('10.96.0.1'),
  ip('192.168.56.11'),
];

/** SHA-256 of the public half, computed from the private key alone. */
export function keyFingerprintOf(key: KeyObject): string {
  const spki = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({
    type: 'spki',
    format: 'der',
  });
  return createHash('sha256').update(spki).digest('hex');
}
