/** Where the lab keeps things: what it builds from, what it has built, what it knows about the clusters that are up. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
export const kindConfigs = path.join(root, 'kind-configs');
export const imageFolder = path.join(kindConfigs, 'image');

const cache = path.resolve(process.env['FIX_SANS_LAB_CACHE'] ?? path.join(root, '.cache', 'lab'));

/** Two checkouts on one machine share Docker: their clusters must not mistake each other's containers for their own. */
export const checkout = hashOf(cache).slice(0, 4);

/** A folder below the cache, made if it is not there. */
export function inCache(...parts: readonly string[]): string {
  const folder = path.join(cache, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
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
