/** Signs with a key out of a file, as SSH has it for each type of key. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { ParsedKey } from 'ssh2';

/** Made once: to take a key's PEM apart takes ten times as long as to sign with it. */
const signers = new WeakMap<ParsedKey, KeyObject>();

/** For which ssh2 names no hash; Ed25519 has its own. */
const usualHashes: ReadonlyMap<string, string> = new Map([
  ['ssh-rsa', 'sha1'],
  ['ssh-dss', 'sha1'],
  ['ecdsa-sha2-nistp256', 'sha256'],
  ['ecdsa-sha2-nistp384', 'sha384'],
  ['ecdsa-sha2-nistp521', 'sha512'],
]);

export function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signer = signers.get(key) ?? createPrivateKey(key.getPrivatePEM());
  signers.set(key, signer);
  return sign(hash ?? usualHashes.get(key.type), data, signer);
}
