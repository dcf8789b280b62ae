/** `openssl pkey` of the stand-in: the public half of a private key. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Complaint } from './complaint.ts';
import { read } from './input.ts';
import type { Options } from './options.ts';

export async function showPublicKey({ flags, values }: Options): Promise<number> {
  if (!flags.has('-pubout'))
    throw new Complaint('the simulated openssl pkey shows no private key: use -pubout');
  const key = createPublicKey(
    (await privateKey(values['-in'], passphraseOf(values['-passin']))).export({
      type: 'pkcs8',
      format: 'pem',
    }),
  );
  process.stdout.write(spkiOf(key, values['-outform']));
  return 0;
}

export async function privateKey(file: string | undefined, passphrase = ''): Promise<KeyObject> {
  const bytes = await read(file);
  try {
    return createPrivateKey({ key: bytes, passphrase });
  } catch {
    throw new Complaint(`Could not read key from ${file ?? '<stdin>'}`);
  }
}

export function spkiOf(key: KeyObject, form = 'PEM'): string | Buffer {
  if (form === 'DER') return key.export({ type: 'spki', format: 'der' });
  if (form === 'PEM') return key.export({ type: 'spki', format: 'pem' });
  throw new Complaint(`the simulated openssl writes PEM or DER, not ${form}`);
}

function passphraseOf(source: string | undefined): string {
  if (source === undefined) return '';
  if (!source.startsWith('pass:'))
    throw new Complaint('the simulated openssl takes a passphrase as pass:… only');
  return source.slice('pass:'.length);
}
