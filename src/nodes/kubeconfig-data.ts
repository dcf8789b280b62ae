/** The two ways by which a kubeconfig holds bytes: inline as base64, or in a file beside it. */
import path from 'node:path';
import { display } from '../model/display.ts';
import type { Fields } from './fields.ts';
import { readBytes } from './read-file.ts';

/** Strict as Go's base64.StdEncoding, which skips line breaks and nothing else. */
export function decode(fields: Fields, key: string, text: string): Uint8Array {
  const bare = text.replace(/[\r\n]/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare))
    throw fields.refuse(key, 'is not base64');
  return Buffer.from(bare, 'base64');
}

/** Paths are relative to the file in which they stand. */
export async function fileOf(kubeconfig: string, file: string, what: string): Promise<Uint8Array> {
  const { bytes } = await readBytes(path.resolve(path.dirname(kubeconfig), file), {
    what,
    hint: `the kubeconfig ${display(kubeconfig)} names it`,
  });
  return bytes;
}
