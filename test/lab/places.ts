/** Where the lab keeps things: what it builds from, what it has built, what it knows about the clusters that are up. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
export const kindConfigs = path.join(root, 'kind-configs');
export const imageFolder = path.join(kindConfigs, 'image');

/** Outside of the checkout, so that another one on this machine finds what is built already. */
export const cacheFolder = cacheFrom(process.env);

/** Two checkouts on one machine share Docker: their clusters must not mistake each other's containers for their own. */
export const checkout = checkoutOf(cacheFolder);

/** The same for a cache that is not the one in use. */
export function checkoutOf(cache: string): string {
  return hashOf(root, cache).slice(0, 4);
}

export function cacheFrom(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['FIX_SANS_LAB_CACHE'] ?? '';
  if (named !== '') return path.resolve(named);
  const given = env['XDG_CACHE_HOME'] ?? '';
  // A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  const base = path.isAbsolute(given) ? given : path.join(env['HOME'] ?? homedir(), '.cache');
  return path.join(base, 'fix-sans-lab');
}

/** A folder below the cache, made if it is not there. */
export function inCache(...parts: readonly string[]): string {
  const folder = path.join(cacheFolder, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

const checkoutsFolder = path.join(cacheFolder, 'checkouts');
/** In each checkout's folder: where that checkout is, or was. */
const whereFile = 'checkout';

/** The same for what is of this checkout alone: its clusters, with their keys, and their logs. */
export function inCheckout(...parts: readonly string[]): string {
  const mine = path.join(checkoutsFolder, checkout);
  mkdirSync(mine, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(mine, whereFile), root);
  const folder = path.join(mine, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Checkouts that were removed while they may still have had clusters up. */
export function goneCheckouts(): readonly string[] {
  if (!existsSync(checkoutsFolder)) return [];
  return readdirSync(checkoutsFolder).filter((name) => {
    const file = path.join(checkoutsFolder, name, whereFile);
    return existsSync(file) && !existsSync(path.join(readFileSync(file, 'utf8'), 'kind-configs'));
  });
}

export function forgetCheckout(name: string): void {
  rmSync(path.join(checkoutsFolder, name), { recursive: true, force: true });
}

/** A new folder for what is being made, gone afterwards: what a killed run left running may still write to its own. */
export async function inTemporaryFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  sweepTemporary();
  const folder = mkdtempSync(path.join(inCache('tmp'), `${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what runs that were killed left a day ago or more; nothing takes that long. */
function sweepTemporary(): void {
  const folder = inCache('tmp');
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (Date.now() - statSync(file).mtimeMs > 24 * 3600 * 1000)
      rmSync(file, { recursive: true, force: true });
  }
}

export function hashOf(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12);
}

/** A hash over names, modes and contents of all files in some folders. */
export function hashOfFolders(...folders: readonly string[]): string {
  const parts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => ({ name, file: path.join(folder, name) }))
      .filter(({ file }) => statSync(file).isFile())
      .flatMap(({ name, file }) => [name, String(statSync(file).mode & 0o111), readFileSync(file, 'utf8')]),
  );
  return hashOf(...parts);
}
