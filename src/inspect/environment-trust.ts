/** Which CAs the programs here trust: the files that variables name and the system's own store, read with caps; a bad file is a fault. */
import { createHash } from 'node:crypto';
import { constants, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { TrustBundle } from '../model/probe.ts';

/** Public roots take a quarter of this. */
const largestFile = 4 * 1024 * 1024;
const mostInFolder = 2000;
const mostCertificates = 5000;

/** In Go's order: https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/root_linux.go */
export const systemFiles: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Arch, Gentoo
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem', // Alpine, macOS
];
export const systemFolders: readonly string[] = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

const fileVariables = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'];

export interface TrustReading {
  readonly bundles: readonly TrustBundle[];
  /** PEM texts of the bundles that a Go program here reads, for who has to verify a proxy as it would. */
  readonly roots: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

export async function readTrust(
  env: Variables,
  system: { readonly files: readonly string[]; readonly folders: readonly string[] } = {
    files: systemFiles,
    folders: systemFolders,
  },
): Promise<TrustReading> {
  const named = fileVariables.flatMap((name) => {
    const value = env[name] ?? '';
    return value === '' ? [] : [readNamed(name, value)];
  });
  // A list, as OpenSSL and Go read it.
  const folders = (env['SSL_CERT_DIR'] ?? '').split(':').filter(Boolean).slice(0, 20);
  const [ofVariables, ofFolders, ofSystem] = await Promise.all([
    Promise.all(named),
    Promise.all(folders.map((folder) => readFolder('SSL_CERT_DIR', folder))),
    readSystem(system.files, system.folders),
  ]);
  const all = [...ofVariables, ...ofFolders, ...ofSystem];
  const roots = all.filter(({ bundle }) => goReads.has(bundle.source)).flatMap(({ pems }) => pems);
  return { bundles: all.map(({ bundle }) => bundle), roots: [...new Set(roots)] };
}

const goReads: ReadonlySet<string> = new Set(['SSL_CERT_FILE', 'SSL_CERT_DIR', 'system']);

interface Read {
  readonly bundle: TrustBundle;
  readonly pems: readonly string[];
}

/** REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE may name a folder as well. */
async function readNamed(source: string, where: string): Promise<Read> {
  const read = await readFileCapped(where);
  return 'fault' in read && read.fault === isFolder
    ? readFolder(source, where)
    : toBundle(source, where, read);
}

async function readFolder(source: string, folder: string): Promise<Read> {
  let names: readonly string[];
  try {
    names = (await readdir(folder)).toSorted();
  } catch (error) {
    return toBundle(source, folder, { fault: faultOf(error) });
  }
  const files = names.slice(0, mostInFolder);
  const texts: string[] = [];
  let faults = 0;
  for (let from = 0; from < files.length; from += 16) {
    const reads = await Promise.all(
      files.slice(from, from + 16).map((name) => readFileCapped(path.join(folder, name))),
    );
    for (const read of reads) {
      if ('text' in read) texts.push(read.text);
      else if (read.fault !== isFolder) faults += 1;
    }
  }
  const { bundle, pems } = toBundle(source, folder, { text: texts.join('\n') });
  const tooMany = names.length > mostInFolder ? [`only the first ${mostInFolder} files were read`] : [];
  const unread = faults > 0 ? [`${faults} files could not be read`] : [];
  const said = [...(bundle.fault === undefined ? [] : [bundle.fault]), ...tooMany, ...unread];
  return { bundle: { ...bundle, ...(said.length === 0 ? {} : { fault: said.join('; ') }) }, pems };
}

/** What of the usual places is there. A folder is told only where it holds more than the files do. */
async function readSystem(files: readonly string[], folders: readonly string[]): Promise<readonly Read[]> {
  const ofFiles = await Promise.all(files.map(async (file) => ({ file, read: await readFileCapped(file) })));
  const found = ofFiles
    .filter(({ read }) => !('fault' in read && read.fault === isAbsent))
    .map(({ file, read }) => toBundle('system', file, read));
  // One store is often there by several paths.
  const distinct = found.filter(
    ({ bundle }, index) => found.findIndex((other) => sameCertificates(other.bundle, bundle)) === index,
  );
  const known = new Set(distinct.flatMap(({ bundle }) => bundle.fingerprints));
  const ofFolders = await Promise.all(folders.map((folder) => readFolder('system', folder)));
  const more = ofFolders.filter(({ bundle }) => bundle.fingerprints.some((one) => !known.has(one)));
  if (distinct.length + more.length > 0) return [...distinct, ...more];
  return [toBundle('system', files[0] ?? '', { fault: 'none of the usual places holds one' })];
}

function sameCertificates(one: TrustBundle, other: TrustBundle): boolean {
  return one.fault === other.fault && one.fingerprints.join() === other.fingerprints.join();
}

const isAbsent = 'it is not there';
const isFolder = 'it is a folder';

type FileRead = { readonly text: string } | { readonly fault: string };

async function readFileCapped(file: string): Promise<FileRead> {
  try {
    // A pipe without a writer would never open.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (stat.isDirectory()) return { fault: isFolder };
    if (!stat.isFile()) return { fault: 'it is no regular file' };
    if (stat.size > largestFile) return { fault: `it is larger than ${largestFile / 1024 / 1024} MiB` };
    const buffer = Buffer.alloc(stat.size);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return { text: buffer.toString('latin1', 0, bytesRead) };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

function faultOf(error: unknown): string {
  const { code = 'failed' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return isAbsent;
  if (code === 'EACCES' || code === 'EPERM') return 'it must not be read by this user';
  return code === 'EISDIR' ? isFolder : `it could not be read (${code})`;
}

/** Tolerant, unlike the reading of a certificate: in a store, one block that nobody can read does not spoil the others. */
function toBundle(source: string, where: string, read: FileRead): Read {
  if ('fault' in read)
    return { bundle: { source, path: where, count: 0, fault: read.fault, fingerprints: [] }, pems: [] };
  const blocks = [
    ...read.text.matchAll(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END /g),
  ];
  const ders = blocks.slice(0, mostCertificates).flatMap(([, body = '']) => firstElement(body) ?? []);
  const distinct = new Map(ders.map((der) => [createHash('sha256').update(der).digest('hex'), der]));
  const bad = Math.min(blocks.length, mostCertificates) - ders.length;
  const faults = [
    ...(blocks.length === 0 ? ['no certificate is in it'] : []),
    ...(blocks.length > mostCertificates
      ? [`only the first ${mostCertificates} certificates were read`]
      : []),
    ...(bad > 0 ? [`${bad} of its certificates are broken`] : []),
  ];
  return {
    bundle: {
      source,
      path: where,
      count: distinct.size,
      ...(faults.length === 0 ? {} : { fault: faults.join('; ') }),
      fingerprints: [...distinct.keys()],
    },
    pems: [...distinct.values()].map(toPem),
  };
}

/** The certificate alone: OpenSSL's TRUSTED ones have their uses behind it. */
function firstElement(body: string): Buffer | undefined {
  const bytes = Buffer.from(body.replace(/\s+/g, ''), 'base64');
  const [tag, first = 0] = bytes;
  if (tag !== 0x30) return undefined;
  const more = first & 0x7f;
  if (first > 0x80 && (more > 4 || bytes.length < 2 + more)) return undefined;
  const length = first < 0x80 ? 2 + first : 2 + more + bytes.readUIntBE(2, Math.max(1, more));
  return length <= bytes.length && first !== 0x80 ? bytes.subarray(0, length) : undefined;
}

function toPem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}
