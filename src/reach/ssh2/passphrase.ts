/** Asks for the passphrase of a key, three times at most, as ssh does; a wrong one is said before it is asked for again. */
import type { ParsedKey } from 'ssh2';
import type { ReachOptions } from '../options.ts';
import { decrypt } from './key-file.ts';

const tries = 3;

/** The key, or why there is none. */
export async function askPassphrase(
  text: Buffer,
  label: string,
  ask: ReachOptions['ask'],
): Promise<ParsedKey | string> {
  for (let left = tries; left > 0; left -= 1) {
    const again =
      left === tries
        ? ''
        : `That is not the passphrase (${left === 1 ? 'the last try' : `${left} tries left`}).\n`;
    const passphrase = await ask(`${again}Passphrase of ${label}: `, { isSecret: true });
    if (passphrase === '') return `the passphrase of ${label} was not given`;
    const key = decrypt(text, passphrase);
    if (key) return key;
  }
  return `${tries} wrong passphrases were given for ${label}`;
}
