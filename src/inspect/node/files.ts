/** What is known of the files of a node: owner and mode, what of their text was let through, the public half of keys, their folders. */
import { type Certificate, type CertificateReading, readCertificates } from '../../model/certificate.ts';
import type { CertificateFile, FileFacts, FolderFacts, KeyFile } from '../../model/node-facts.ts';
import type { NodeReply } from './frames-of.ts';
import { detached, parseRows, parseTexts, type SanitizedFile, withoutRoot } from './texts.ts';

/** The script reads about sixty. */
const mostFiles = 200;

export interface NodeFiles {
  /** Whether there were more than the script would ever read, which were left. */
  readonly isCut: boolean;
  readonly texts: readonly SanitizedFile[];
  readonly facts: (path: string) => FileFacts | undefined;
  readonly certificateFile: (path: string) => CertificateFile;
  readonly certificatesAt: (path: string) => readonly Certificate[] | undefined;
  readonly keyFile: (path: string) => KeyFile;
  readonly folder: (path: string) => FolderFacts | undefined;
}

export function nodeFiles(reply: NodeReply): NodeFiles {
  const { root } = reply;
  const files = parseFiles(reply.text('files'), root, parseAcl(reply.text('acl'), root));
  const sent = parseTexts(reply.text('texts'), root);
  const texts = sent.slice(0, mostFiles);
  const keys = new Map(parseRows(reply.text('keys'), 2).map(([path = '', digest = '']) => [path, digest]));
  const readings = new Map(
    texts.filter(({ kind }) => kind === 'certificate').map((file) => [file.path, certificatesOf(file)]),
  );
  return {
    isCut: sent.length > mostFiles,
    texts,
    facts: (path) => files.get(path),
    certificateFile: (path) => {
      const [file, reading] = [files.get(path), readings.get(path)];
      // An empty file has no text, and so no head in the sanitizer's output.
      const here = reading ?? (file && readCertificates(new Uint8Array()));
      return { path, ...(file && { file }), ...(here && { reading: here }) };
    },
    certificatesAt: (path) => {
      const reading = readings.get(path);
      return reading?.ok ? reading.certificates : undefined;
    },
    keyFile: (path) => {
      const [file, keyFingerprint] = [files.get(path), keys.get(path)];
      const isDigest = /^[0-9a-f]{64}$/.test(keyFingerprint ?? '');
      return {
        path,
        ...(file && { file }),
        ...(isDigest && keyFingerprint !== undefined && { keyFingerprint }),
      };
    },
    folder: (path) => parseFolders(reply.text('folders'), root).find((folder) => folder.path === path),
  };
}

/** The blocks alone are there; a mark before them is put back, for the API server stumbles over it too. */
export function certificatesOf({ lines, remarks }: SanitizedFile): CertificateReading {
  const mark = remarks.includes('byte-order-mark') ? '\uFEFF' : '';
  return readCertificates(Buffer.from(mark + lines.map((line) => `${line}\n`).join('')));
}

/** size, mode, owner, group, label, path, real path */
export function parseFiles(
  text: string,
  root: string,
  acls: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, FileFacts> {
  const rows = parseRows(text, 7).filter((row) => row.length === 7);
  return new Map(
    rows.map(([, mode = '', owner = '', group = '', label = '', at = '', real = '']) => {
      const path = detached(withoutRoot(at, root));
      const acl = acls.get(path);
      const facts: FileFacts = {
        path,
        realPath: detached(withoutRoot(real, root)) || path,
        owner,
        group,
        mode: mode.padStart(4, '0'),
        // `?` where there is no SELinux.
        ...(/^[^\s:]+:[^\s:]+:[^\s:]+/.test(label) && { label }),
        ...(acl && { acl }),
      };
      return [path, facts] as const;
    }),
  );
}

/** getfacl's paragraphs, without the lines that only repeat the mode. */
export function parseAcl(text: string, root: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const paragraph of text.split('\n\n')) {
    const [, path] = /^# file: (.+)$/m.exec(paragraph) ?? [];
    const lines = paragraph
      .split('\n')
      .filter((line) => /^(?:default:)?(?:user|group|mask|other):[^:]*:[rwx-]{3}/.test(line))
      .filter((line) => !/^(?:user|group|other)::/.test(line));
    if (path !== undefined && lines.length > 0) found.set(withoutRoot(path, root), lines);
  }
  return found;
}

/** path, real path, free blocks, size of a block, free inodes, file system, options */
export function parseFolders(text: string, root: string): readonly FolderFacts[] {
  return parseRows(text, 7).flatMap(
    ([path = '', real = '', blocks, size, inodes, fileSystem = '', options]) => {
      const freeBytes = Number(blocks) * Number(size);
      const freeInodes = Number(inodes);
      // Rather nothing than a number that nobody gave.
      if (!Number.isFinite(freeBytes) || !Number.isFinite(freeInodes) || options === undefined) return [];
      const isReadOnly = options.split(',').includes('ro');
      return [{ path, realPath: withoutRoot(real, root), freeBytes, freeInodes, isReadOnly, fileSystem }];
    },
  );
}
