/** Reads ssh_config files into lines, Include followed; nothing is evaluated here, and nothing is ever run. */
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { matchesPattern } from './known-hosts.ts';

export interface ConfigLine {
  readonly where: string;
  /** In lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
  /** The lines of each file that an Include names. */
  readonly included?: readonly (readonly ConfigLine[])[];
}

export interface ConfigFiles {
  readonly lines: readonly ConfigLine[];
  /** Why `ssh -G` must not be asked: it would run what `Match exec` names, or what we cannot see into. */
  readonly doubts: readonly string[];
}

const deepest = 16;
const largest = 1024 * 1024;
/** Files that include each other twice, sixteen deep, are 65,536. */
const mostIncluded = 1000;

interface Reading {
  readonly home: string;
  readonly lines: ConfigLine[];
  readonly doubts: string[];
  included: number;
}

/** The files that ssh would read: one that -F names, or the user's and then the system's. */
export async function readConfigFiles(
  configFile: string | undefined,
  home: string,
  systemFile = '/etc/ssh/ssh_config',
): Promise<ConfigFiles> {
  const reading: Reading = { home, lines: [], doubts: [], included: 0 };
  // ssh itself takes this word for no file at all.
  if (configFile === 'none') return reading;
  const own = path.join(home, '.ssh');
  const files =
    configFile === undefined
      ? [
          { file: path.join(own, 'config'), base: own },
          { file: systemFile, base: path.dirname(systemFile) },
        ]
      : [{ file: configFile, base: own }];
  for (const { file, base } of files) reading.lines.push(...(await readConfigFile(file, base, [], reading)));
  return reading;
}

async function readConfigFile(
  file: string,
  base: string,
  above: readonly string[],
  reading: Reading,
): Promise<readonly ConfigLine[]> {
  if (above.includes(file) || above.length >= deepest) {
    reading.doubts.push(`${above.at(-1) ?? file} includes itself`);
    return [];
  }
  const text = await textOf(file);
  if (text === undefined) return [];
  if (text === 'unreadable') {
    reading.doubts.push(`${file} cannot be read, or is too large`);
    return [];
  }
  const lines: ConfigLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const where = `${file} line ${index + 1}`;
    const line = splitLine(raw);
    if (line === undefined) continue;
    // Wider than ssh's own grammar, so that no spelling of it gets by.
    if (/exec/i.test(raw.slice(matchIn(raw)))) reading.doubts.push(`${where} has Match exec`);
    const included =
      line.keyword === 'include'
        ? await readIncluded(line.words, where, base, [...above, file], reading)
        : undefined;
    lines.push({ where, ...line, ...(included && { included }) });
  }
  return lines;
}

/** Where the first one is; one expression for both words would look for the second behind each of a million of the first. */
function matchIn(raw: string): number {
  const at = raw.search(/match/i);
  return at === -1 ? raw.length : at;
}

async function readIncluded(
  patterns: readonly string[],
  where: string,
  base: string,
  above: readonly string[],
  reading: Reading,
): Promise<readonly (readonly ConfigLine[])[]> {
  const files: (readonly ConfigLine[])[] = [];
  for (const pattern of patterns) {
    const full = path.resolve(base, pattern.replace(/^~(?=\/)/, reading.home));
    if (/[[\]{}$%\\]|^~/.test(pattern)) {
      reading.doubts.push(`${where} includes ${pattern}, which only ssh can follow`);
      continue;
    }
    for (const file of await glob(full)) {
      reading.included += 1;
      if (reading.included === mostIncluded)
        reading.doubts.push(`more than ${mostIncluded} files are included, up to ${where}`);
      if (reading.included >= mostIncluded) return files;
      files.push(await readConfigFile(file, base, above, reading));
    }
  }
  return files;
}

/** Keyword and words; both `Port 22` and `Port = 22`, with quotes as ssh takes them. */
export function splitLine(
  raw: string,
): { readonly keyword: string; readonly words: readonly string[] } | undefined {
  const [, keyword, rest = ''] = /^\s*"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+)(.*)$/s.exec(raw) ?? [];
  if (keyword === undefined) return undefined;
  const words: string[] = [];
  for (const [word] of rest.trimEnd().matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'])+/g)) {
    if (word.startsWith('#')) break;
    words.push(
      word.replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(["'\\ ])/g,
        (_all, a = '', b = '', c = '') => `${a}${b}${c}`,
      ),
    );
  }
  return { keyword: keyword.toLowerCase(), words };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    return size > largest ? 'unreadable' : await handle.readFile('utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'unreadable';
  }
}

/** `*` and `?` only, in the order of names, and files with a leading dot only when asked for: as glob(3). */
async function glob(pattern: string): Promise<readonly string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter(Boolean)) {
    if (!/[*?]/.test(part)) {
      found = found.map((folder) => path.join(folder, part));
      continue;
    }
    const next: string[] = [];
    for (const folder of found) {
      const names = await readdir(folder).catch(() => []);
      const matching = names.filter(
        (name) => (part.startsWith('.') || !name.startsWith('.')) && matchesPattern(part, name),
      );
      next.push(...matching.toSorted().map((name) => path.join(folder, name)));
    }
    found = next;
  }
  return found;
}
