/** Looks for the bytes of private keys in whatever a run leaves behind or says, in the forms in which they could get there. */
import { createPrivateKey } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** From the middle of each key, as latin1: a line of its PEM, bytes of its DER in base64 of any alignment or in hexadecimal, the bytes themselves. */
export function canariesOf(keys: readonly string[]): readonly string[] {
  return keys.flatMap((pem) => {
    const lines = pem.trim().split('\n').slice(1, -1);
    const line = lines[Math.floor(lines.length / 2)] ?? '';
    if (line.length < 32) throw new Error('a key that is no key');
    const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
    const some = der.subarray(Math.floor(der.length / 2), Math.floor(der.length / 2) + 24);
    const encoded = [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), Buffer.from(line)])
        .toString('base64')
        .slice(4, 36),
    );
    return [line, some.toString('latin1'), some.toString('hex'), ...encoded];
  });
}

export function hasCanary(text: string, canaries: readonly string[]): boolean {
  return canaries.some((canary) => text.includes(canary));
}

/** Files below a folder with a canary in them, but for those that nobody else may read. */
export function leaksBelow(
  folder: string,
  canaries: readonly string[],
  isOurs: (file: string) => boolean = () => false,
): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const file = path.join(folder, name);
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile() !== true || isOurs(name)) return [];
    let text: string;
    try {
      text = readFileSync(file, 'latin1');
    } catch {
      // It has gone meanwhile.
      return [];
    }
    return hasCanary(text, canaries) ? [name] : [];
  });
}
