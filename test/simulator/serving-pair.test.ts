import { X509Certificate } from 'node:crypto';
import { linkSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keyPair } from '../support/mint.ts';
import { mintCa, mintLeaf, writePair } from './certificates.ts';
import { type ServingPair, watchServingPair } from './serving-pair.ts';

interface Bench {
  readonly live: string;
  readonly serving: ServingPair;
  /** When each new pair was taken. */
  readonly taken: number[];
  /** Writes another pair beside the live one, and returns its base. */
  readonly stage: (key: number) => string;
}

const ca = mintCa('kubernetes', keyPair('ec', 0));

function bench(): Bench {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-pair-'));
  const live = path.join(folder, 'apiserver');
  const stage = (key: number) => {
    const base = path.join(folder, `staged-${key}`);
    writePair(
      base,
      mintLeaf(ca, { commonName: 'kube-apiserver', uses: ['server'], key: keyPair('ec', key) }),
    );
    return base;
  };
  const first = stage(1);
  for (const kind of ['key', 'crt']) renameSync(`${first}.${kind}`, `${live}.${kind}`);
  const taken: number[] = [];
  const serving = watchServingPair(live, () => taken.push(performance.now()));
  onTestFinished(() => {
    serving.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { live, serving, taken, stage };
}

function serialOf(text: string): string {
  return new X509Certificate(text).serialNumber;
}

function serialOn(base: string): string {
  return serialOf(readFileSync(`${base}.crt`, 'utf8'));
}

test('a pair renamed over the live one is taken within milliseconds', async () => {
  const { live, serving, taken, stage } = bench();
  const base = stage(2);
  const wanted = serialOn(base);
  renameSync(`${base}.key`, `${live}.key`);
  renameSync(`${base}.crt`, `${live}.crt`);
  const renamed = performance.now();
  await vi.waitFor(() => expect(serialOf(serving.current.cert)).toBe(wanted), { interval: 1 });
  expect((taken[0] ?? Infinity) - renamed).toBeLessThan(250);
  expect(taken).toHaveLength(1);
});

test('between the two renames the old pair is served', async () => {
  const { live, serving, stage } = bench();
  const before = serialOf(serving.current.cert);
  const base = stage(2);
  renameSync(`${base}.key`, `${live}.key`);
  await sleep(150);
  expect(serialOf(serving.current.cert)).toBe(before);
  renameSync(`${base}.crt`, `${live}.crt`);
  await vi.waitFor(() => expect(serialOf(serving.current.cert)).toBe(serialOn(live)), { interval: 5 });
});

test('a pair written in place is taken too, never half of it', async () => {
  const { live, serving, taken, stage } = bench();
  const base = stage(2);
  writeFileSync(`${live}.key`, readFileSync(`${base}.key`));
  writeFileSync(`${live}.crt`, '');
  await sleep(50);
  expect(taken).toEqual([]);
  writeFileSync(`${live}.crt`, readFileSync(`${base}.crt`));
  await vi.waitFor(() => expect(serialOf(serving.current.cert)).toBe(serialOn(base)), { interval: 5 });
});

test('while the files are gone the old pair is served, and a new one is found by trying again', async () => {
  const { live, serving, stage } = bench();
  const before = serialOf(serving.current.cert);
  for (const kind of ['crt', 'key']) rmSync(`${live}.${kind}`);
  await sleep(100);
  expect(serialOf(serving.current.cert)).toBe(before);
  const base = stage(2);
  for (const kind of ['key', 'crt']) renameSync(`${base}.${kind}`, `${live}.${kind}`);
  await vi.waitFor(() => expect(serialOf(serving.current.cert)).toBe(serialOn(live)), { timeout: 2000 });
});

// A rename over a file that has a second name does not end it, so the watch stays with the old file.
test('with a hard link as the backup the second swap is not noticed', async () => {
  const { live, serving, stage } = bench();
  for (const kind of ['key', 'crt']) linkSync(`${live}.${kind}`, `${live}.backup.${kind}`);
  for (const key of [2, 3]) {
    const base = stage(key);
    for (const kind of ['key', 'crt']) renameSync(`${base}.${kind}`, `${live}.${kind}`);
    await sleep(200);
  }
  expect(serialOf(serving.current.cert)).not.toBe(serialOn(live));
});
