/** Reads the corpus of real error texts: each file says in its header what a diagnosis must find. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Sample {
  readonly file: string;
  readonly text: Buffer;
  /** `ip 10.220.70.56 count 6 add san-missing` */
  readonly names: readonly string[];
  readonly causes: readonly string[];
  readonly endpoints: readonly string[];
  readonly clients: readonly string[];
  readonly exit: number;
}

export function readCorpus(folder: string): Sample[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.txt'))
    .toSorted()
    .map((file) => readSample(folder, file));
}

function readSample(folder: string, file: string): Sample {
  const bytes = readFileSync(path.join(folder, file));
  const split = bytes.indexOf('\n---\n');
  if (split === -1) throw new Error(`${file}: no line --- after the header`);
  const header = bytes.subarray(0, split).toString('utf8');
  const all = (key: string): string[] =>
    [...header.matchAll(new RegExp(`^#! ${key}: *(.*?)\\s*$`, 'gm'))].map(([, value = '']) => value);
  return {
    file,
    text: bytes.subarray(split + 5),
    names: all('name')
      .map((name) => name.replace(/\s+/g, ' '))
      .toSorted(),
    causes: all('cause').toSorted(),
    endpoints: all('endpoint'),
    clients: all('client'),
    exit: Number(all('exit')[0]),
  };
}
