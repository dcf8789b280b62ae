import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprintCommand } from '../../src/reach/host-key-file.ts';
import { fingerprintOf } from '../../src/reach/ssh2/known-hosts.ts';
import { makeKey } from '../support/fake-sshd.ts';

const kinds = ['ed25519', 'ecdsa', 'rsa'] as const;
let folder: string;
let fingerprints: Readonly<Record<string, string>>;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-host-keys-'));
  const keys = kinds.map((kind) => [kind, makeKey(kind).public.trim()] as const);
  for (const [kind, key] of keys) writeFileSync(path.join(folder, `ssh_host_${kind}_key.pub`), `${key}\n`);
  fingerprints = Object.fromEntries(
    keys.map(([kind, key]) => [kind, fingerprintOf(Buffer.from(key.split(' ')[1] ?? '', 'base64'))]),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** On a host that has one key of each kind, as all have. */
function onTheHost(command: string): string {
  return execFileSync('sh', ['-c', command.replaceAll('/etc/ssh', folder)], { encoding: 'utf8' });
}

test.each([
  ['ssh-ed25519', 'ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa'],
  ['ssh-rsa', 'rsa'],
] as const)('the command for a key of type %s prints its fingerprint, and no other', (type, kind) => {
  expect(onTheHost(fingerprintCommand(type))).toMatch(/^\S+ SHA256:\S+ .*\n$/);
  expect(onTheHost(fingerprintCommand(type))).toContain(fingerprints[kind]);
});

test('for a type that is not known it prints all of them', () => {
  const printed = onTheHost(fingerprintCommand(undefined));
  for (const kind of kinds) expect(printed).toContain(fingerprints[kind]);
});
