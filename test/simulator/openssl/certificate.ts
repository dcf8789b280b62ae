/** `openssl x509` of the stand-in: a certificate in another form, its text, its key, or whether it holds. */
import { X509Certificate } from 'node:crypto';
import { Complaint } from './complaint.ts';
import { blockOf, read } from './input.ts';
import { spkiOf } from './key.ts';
import type { Options } from './options.ts';
import { certificateText } from './text.ts';

export async function showCertificate({ flags, values }: Options): Promise<number> {
  const file = values['-in'];
  const certificate = certificateIn(await read(file), file);
  const form = values['-outform'] ?? 'PEM';
  if (form !== 'PEM' && form !== 'DER')
    throw new Complaint(`the simulated openssl writes PEM or DER, not ${form}`);
  if (flags.has('-text')) process.stdout.write(certificateText(certificate));
  if (flags.has('-pubkey')) process.stdout.write(spkiOf(certificate.publicKey));
  const within = values['-checkend'];
  if (within !== undefined) {
    const holds = Date.parse(certificate.validTo) >= Date.now() + Number(within) * 1000;
    process.stdout.write(`Certificate will ${holds ? 'not ' : ''}expire\n`);
    if (!holds) return 1;
  }
  if (!flags.has('-noout')) process.stdout.write(form === 'DER' ? certificate.raw : certificate.toString());
  return 0;
}

function certificateIn(bytes: Buffer, file = '<stdin>'): X509Certificate {
  try {
    return new X509Certificate(blockOf(bytes, 'CERTIFICATE'));
  } catch {
    throw new Complaint(`Could not read certificate from ${file}\nUnable to load certificate`);
  }
}
