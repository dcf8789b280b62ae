/** What the stand-in for openssl reads: a file of the simulated node, or what is piped into it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inside } from '../inside.ts';
import { Complaint } from './complaint.ts';

export async function read(file: string | undefined): Promise<Buffer> {
  if (file === undefined) return buffer(process.stdin);
  const place = inside(path.resolve(file));
  if (place === undefined) throw new Complaint(`simulated: ${file} leads out of the simulated node`);
  try {
    return readFileSync(place);
  } catch {
    throw new Complaint(`Can't open "${file}" for reading, No such file or directory`);
  }
}

/** The first PEM block of this kind, wherever in the text, as openssl finds it; else all of it, which may be DER. */
export function blockOf(bytes: Buffer, label: string): Buffer {
  const text = bytes.toString('latin1');
  const block = new RegExp(`^-----BEGIN ${label}-----\\s[^-]+-----END ${label}-----$`, 'm').exec(
    text.replaceAll('\r', ''),
  );
  return block === null ? bytes : Buffer.from(`${block[0]}\n`, 'latin1');
}
