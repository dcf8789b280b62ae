/** Keys that sign as ssh2's own do, and what a run remembers of key files. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { afterAll, expect, test } from 'vitest';
import type { Asking } from '../../../src/reach/ssh2/asking.ts';
import { identitiesFor, type Identities, noKnownKeys } from '../../../src/reach/ssh2/identities.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const nobody: Asking = { isPossible: false, alone: () => Promise.reject(new Error('nobody is there')) };

function writeKey(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** One in some hundred that the library makes is written a byte short, and nobody can read it. */
function generate(type: string, bits = 256): string {
  for (;;) {
    const text = ssh2.utils.generateKeyPairSync(type as 'rsa', { bits }).private;
    if (!(ssh2.utils.parseKey(text) instanceof Error)) return text;
  }
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return [key].flat()[0] as ParsedKey;
}

async function identities(files: readonly string[], known = noKnownKeys()): Promise<Identities> {
  const identityFiles = files.map((file) => ({ path: file, isDefault: false }));
  return identitiesFor({ identityFiles, identitiesOnly: true }, nobody, known);
}

test.each([
  ['ed25519', undefined, undefined],
  ['rsa', 2048, undefined],
  ['rsa', 2048, 'sha256'],
  ['rsa', 2048, 'sha512'],
  ['ecdsa', 256, undefined],
  ['ecdsa', 384, undefined],
  ['ecdsa', 521, undefined],
] as const)('a key file of type %s %s signs with %s what ssh2 verifies', async (type, bits, hash) => {
  const text = generate(type, bits);
  const { offered, faults } = await identities([writeKey(`${type}-${bits}-${hash}`, text)]);
  expect(faults).toEqual([]);
  const data = Buffer.from('what a server wants signed');
  for (const identity of offered.concat(offered)) {
    const signature = await identity.sign(data, hash);
    const verdict: unknown = parsed(text).verify(data, signature, hash);
    expect(verdict).toBe(true);
    const others: unknown = parsed(text).verify(Buffer.from('something else'), signature, hash);
    expect(others).toBe(false);
  }
  expect(offered).toHaveLength(1);
});

test('a key file is read once in a run, and one that could not be used is looked at again', async () => {
  const file = writeKey('once', generate('ed25519'));
  const open = writeKey('open', generate('ed25519'));
  chmodSync(open, 0o644);
  const known = noKnownKeys();
  const before = await identities([file, open], known);
  expect(before.offered).toHaveLength(1);
  expect(before.faults.map(({ text }) => text)).toEqual([`${open} has mode 0644, so others can read it`]);
  rmSync(file);
  chmodSync(open, 0o600);
  const after = await identities([file, open], known);
  expect(after.offered).toHaveLength(2);
  expect(after.offered[0]?.publicKey).toEqual(before.offered[0]?.publicKey);
});
