/** One IdentityFile: what it is, whose public key it holds, and whether it may be used; nothing is decrypted here. */
import { open } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { keyTypeOf } from './known-hosts.ts';

const largest = 64 * 1024;

export type KeyFile =
  | { readonly state: 'absent' }
  | {
      readonly state: 'fault';
      readonly fault: string;
      readonly hint: string;
      readonly needsOpenssh?: boolean;
    }
  /** Only names the key that an agent holds. */
  | { readonly state: 'public'; readonly publicKey: Buffer }
  | { readonly state: 'ready'; readonly publicKey: Buffer; readonly key: ParsedKey }
  /** `publicKey` is undefined where only the passphrase would show it. */
  | { readonly state: 'encrypted'; readonly publicKey?: Buffer; readonly text: Buffer };

export async function readKeyFile(file: string): Promise<KeyFile> {
  const text = await bytesOf(file);
  if (!Buffer.isBuffer(text)) return text;
  const head = text.toString('latin1', 0, 200).trimStart();
  if (head.startsWith('PuTTY-User-Key-File')) {
    return fault('is a key of PuTTY', `convert it: puttygen ${file} -O private-openssh -o FILE`);
  }
  const outside = publicPartOf(text);
  if (outside.type?.startsWith('sk-')) {
    return { ...fault('is a FIDO key', '--transport openssh can use it'), needsOpenssh: true };
  }
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) {
    const key = [parsed].flat()[0];
    if (!key) return fault('holds no key', `look at it: ssh-keygen -l -f ${file}`);
    const publicKey = key.getPublicSSH();
    return key.isPrivateKey() ? { state: 'ready', publicKey, key } : { state: 'public', publicKey };
  }
  if (/encrypted/i.test(parsed.message)) {
    const publicKey = outside.publicKey ?? (await publicFileOf(file));
    return { state: 'encrypted', ...(publicKey && { publicKey }), text };
  }
  return fault(
    'is not in a format that the built-in SSH client reads',
    `convert a copy of it: ssh-keygen -p -f COPY`,
  );
}

function fault(what: string, hint: string): KeyFile & { readonly state: 'fault' } {
  return { state: 'fault', fault: what, hint };
}

async function bytesOf(file: string): Promise<Buffer | KeyFile> {
  try {
    await using handle = await open(file, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) return fault('is a folder', 'name the file of the private key itself');
    if (!stat.isFile() || stat.size > largest) return fault('is no file of a key', 'name a private key');
    const bytes = await handle.readFile();
    const isPrivate = bytes.includes('PRIVATE KEY');
    // As ssh does: a key that others can read is no secret.
    if (isPrivate && stat.uid === process.getuid?.() && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      return fault(`has mode ${mode}, so others can read it`, `chmod 600 ${file}`);
    }
    return bytes;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    return fault(`cannot be read: ${message}`, `make it readable for you alone: chmod 600 ${file}`);
  }
}

/**
 * The public key stands in clear before the encrypted part, so that nobody is asked for a passphrase in vain:
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
function publicPartOf(text: Buffer): { readonly type?: string; readonly publicKey?: Buffer } {
  const [, base64] =
    /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text.toString('latin1')) ?? [];
  if (base64 === undefined) return {};
  const bytes = Buffer.from(base64, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return {};
  let at = magic.length;
  const next = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return at > bytes.length ? undefined : bytes.subarray(at - length, at);
  };
  // cipher, kdf, its options; then how many keys there are: one
  for (let skipped = 0; skipped < 3; skipped += 1) next();
  at += 4;
  const publicKey = next();
  const type = publicKey && keyTypeOf(publicKey);
  return publicKey === undefined || type === undefined ? {} : { type, publicKey };
}

/** `id_rsa.pub` beside an encrypted key of the old format, which does not show its public part. */
async function publicFileOf(file: string): Promise<Buffer | undefined> {
  const text = await bytesOf(`${file}.pub`);
  const parsed = Buffer.isBuffer(text) ? ssh2.utils.parseKey(text) : undefined;
  return parsed === undefined || parsed instanceof Error ? undefined : [parsed].flat()[0]?.getPublicSSH();
}

/** The key itself, or undefined when this is not its passphrase. */
export function decrypt(text: Buffer, passphrase: string): ParsedKey | undefined {
  const parsed = ssh2.utils.parseKey(text, passphrase);
  return parsed instanceof Error ? undefined : [parsed].flat()[0];
}
