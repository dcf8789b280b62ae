/** The sanitizer's output, taken apart again: which files, of which kind, and what of each was let through. */

export interface SanitizedFile {
  readonly kind: string;
  readonly path: string;
  readonly lines: readonly string[];
  /** `private-key`, `other-text`, `too-large` … */
  readonly remarks: readonly string[];
}

/** As much as the script reads of a file: a node that sends more is not to cost the time of others. */
const largestFile = 256 * 1024;

export function parseTexts(text: string, root: string): readonly SanitizedFile[] {
  const files: { kind: string; path: string; lines: string[]; remarks: string[] }[] = [];
  let size = 0;
  for (const line of text.split('\n')) {
    const rest = line.slice(1);
    if (line.startsWith('>')) {
      const [kind = '', path = ''] = split(rest, 2);
      files.push({ kind, path: detached(withoutRoot(path, root)), lines: [], remarks: [] });
      size = 0;
    } else if (line.startsWith('|')) {
      const file = files.at(-1);
      const isBefore = size <= largestFile;
      size += line.length;
      // A certificate is taken out of its lines, and nothing of them is kept.
      if (size <= largestFile) file?.lines.push(file.kind === 'certificate' ? rest : detached(rest));
      else if (isBefore) file?.remarks.push('too-large');
    } else if (line.startsWith('!')) files.at(-1)?.remarks.push(rest);
  }
  return files;
}

/**
 * The same text in memory of its own. A part of a string keeps all of it in V8, and an inspection keeps parts of every node's
 * reply until its report: https://github.com/v8/v8/blob/13.6.1/src/objects/string.h (SlicedString)
 */
export function detached(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** Rows of tab-separated values; the last one has the rest of its line. */
export function parseRows(text: string, columns: number): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => split(line, columns));
}

function split(line: string, columns: number): readonly string[] {
  const parts = line.split('\t');
  if (parts.length <= columns) return parts;
  return [...parts.slice(0, columns - 1), parts.slice(columns - 1).join('\t')];
}

/** `key<TAB>value` lines; of a word that comes twice, the first counts. */
export function parseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [key = '', value = ''] of parseRows(text, 2)) {
    if (!fields.has(key)) fields.set(key, value);
  }
  return fields;
}

/** Tests put the node's files into a folder; elsewhere the root is empty. */
export function withoutRoot(path: string, root: string): string {
  return root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length) : path;
}
