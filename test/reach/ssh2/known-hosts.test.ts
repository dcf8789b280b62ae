/** known_hosts: who is known, changed, revoked or unknown, and what is written there. test/oracle/ asks ssh-keygen the same. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { algorithmsFor, judgeKey } from '../../../src/reach/ssh2/host-key.ts';
import { addToKnownHostsFile, readKnownHostsFile } from '../../../src/reach/ssh2/known-hosts-files.ts';
import { knownHosts, knownHostsLine } from '../../../src/reach/ssh2/known-hosts.ts';
import { settingsFrom } from '../../../src/reach/ssh2/settings.ts';
import { makeKey } from '../../support/fake-sshd.ts';
import { processorTime } from '../../support/patience.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [a, b, c] = [makeKey(), makeKey('ecdsa'), makeKey('rsa')].map(({ public: line }) =>
  line.trim().split(' ').slice(0, 2).join(' '),
) as [string, string, string];
const blob = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

function read(text: string) {
  return knownHosts([{ file: 'known_hosts', text }]);
}

function found(text: string, host: string): readonly number[] {
  return read(text)
    .find(host)
    .map(({ line }) => line);
}

const settings = (host: string, port = 22, alias?: string) =>
  settingsFrom(
    host,
    {
      values: new Map([['port', [[String(port)]]], ...(alias ? [['hostkeyalias', [[alias]]] as const] : [])]),
      notes: [],
    },
    { home: '/home/ops', localUser: 'ops', env: {} },
  );

test('no pattern takes long', async () => {
  const took = await processorTime(() => {
    expect(found(`${'*a'.repeat(400)}b ${a}\n`, 'a'.repeat(250))).toEqual([]);
  });
  expect(took).toBeLessThan(200);
});

test('ten thousand lines are looked up in no time', async () => {
  const known = read(Array.from({ length: 10_000 }, (_, at) => `host-${at} ${a}`).join('\n'));
  const took = await processorTime(() => {
    for (let at = 0; at < 1000; at += 1) expect(known.find(`host-${at}`)).toHaveLength(1);
  });
  expect(took).toBeLessThan(500);
});

test('garbage is left out and named by its line', () => {
  const [type, base64] = b.split(' ');
  const { faults, find } = read(
    [
      'cp1',
      'cp1 ssh-ed25519',
      `cp1 ssh-ed25519 ${base64}`,
      'cp1 ssh-ed25519 !!!!',
      `|2|abc|def ${a}`,
      '\u0000\u0001\u0002 binary',
      `@what cp1 ${a}`,
      `cp1 ${type} ${base64}`,
    ].join('\n'),
  );
  expect(faults.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(find('cp1').map(({ line }) => line)).toEqual([8]);
});

test('any bytes are read without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string(), (text, host) => {
      expect(read(text).find(host)).toBeInstanceOf(Array);
    }),
  );
});

const verdict = (text: string, key: string, ...of: Parameters<typeof settings>): string =>
  judgeKey(read(text), settings(...of), blob(key)).state;

describe('the verdict on a key', () => {
  test('known, changed and unknown', () => {
    expect(verdict(`cp1 ${a}\n`, a, 'cp1')).toBe('known');
    expect(verdict(`cp1 ${a}\n`, b, 'cp1')).toBe('changed');
    expect(verdict(`cp1 ${a}\n`, a, 'cp2')).toBe('unknown');
  });

  test('one right key among several is enough', () => {
    expect(verdict(`cp1 ${a}\ncp1 ${b}\n`, b, 'cp1')).toBe('known');
  });

  test('revoked wins over everything, on whichever line and file', () => {
    expect(verdict(`cp1 ${a}\n@revoked * ${a}\n`, a, 'cp1')).toBe('revoked');
    expect(verdict(`@revoked * ${a}\ncp1 ${a}\n`, a, 'cp1')).toBe('revoked');
    expect(verdict(`cp1 ${b}\n@revoked cp1 ${a}\n`, a, 'cp1')).toBe('revoked');
    // Revoked by its name without a port: the key is as stolen there.
    expect(verdict(`[cp1]:2222 ${a}\n@revoked cp1 ${a}\n`, a, 'cp1', 2222)).toBe('revoked');
    const files = knownHosts([
      { file: 'user', text: `cp1 ${a}\n` },
      { file: 'global', text: `@revoked * ${a}\n` },
    ]);
    expect(judgeKey(files, settings('cp1'), blob(a)).state).toBe('revoked');
  });

  test('an authority is no key of the host', () => {
    expect(verdict(`@cert-authority * ${a}\n`, a, 'cp1')).toBe('certificates-only');
    expect(verdict(`@cert-authority * ${a}\ncp1 ${a}\n`, a, 'cp1')).toBe('known');
  });

  test('another port: its own line first, then the right key of the usual port, never its wrong one', () => {
    expect(verdict(`[cp1]:2222 ${a}\n`, a, 'cp1', 2222)).toBe('known');
    expect(verdict(`cp1 ${a}\n`, a, 'cp1', 2222)).toBe('known');
    expect(verdict(`cp1 ${a}\n`, b, 'cp1', 2222)).toBe('unknown');
    expect(verdict(`[cp1]:2222 ${a}\ncp1 ${b}\n`, b, 'cp1', 2222)).toBe('changed');
  });

  test('an alias takes the place of name and port', () => {
    expect(verdict(`alias ${a}\n`, a, 'cp1', 2222, 'alias')).toBe('known');
    expect(verdict(`[cp1]:2222 ${a}\n`, a, 'cp1', 2222, 'alias')).toBe('unknown');
  });
});

const asked = (text: string) => algorithmsFor(read(text), settings('cp1'));

describe('the types that are asked for', () => {
  test('known types come first, RSA by its new signatures only', () => {
    expect(asked(`cp1 ${b}\n`).algorithms[0]).toBe('ecdsa-sha2-nistp256');
    expect(asked(`cp1 ${c}\n`).algorithms.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
    expect(asked('').algorithms).not.toContain('ssh-rsa');
  });

  test('where only a certificate or a type that ssh2 lacks would do, nobody is dialled', () => {
    expect(asked(`@cert-authority * ${a}\n`).needs?.trouble.code).toBe('needs-openssh');
    const sk = Buffer.concat([
      Buffer.from([0, 0, 0, 26]),
      Buffer.from('sk-ssh-ed25519@openssh.com'),
      Buffer.alloc(40),
    ]);
    const { needs } = asked(`cp1 sk-ssh-ed25519@openssh.com ${sk.toString('base64')}\n`);
    expect(needs?.trouble).toMatchObject({
      code: 'needs-openssh',
      hint: expect.stringContaining('--transport openssh'),
    });
  });
});

describe('adding a key', () => {
  test('makes file and folder for the user alone, and keeps the mode of a file that is there', async () => {
    const file = path.join(folder, 'new', '.ssh', 'known_hosts');
    await addToKnownHostsFile(file, 'cp1', blob(a), false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    const other = path.join(folder, 'shared');
    writeFileSync(other, `cp9 ${b}`, { mode: 0o644 });
    await addToKnownHostsFile(other, '[cp1]:2222', blob(a), false);
    expect(statSync(other).mode & 0o777).toBe(0o644);
    expect(readFileSync(other, 'utf8')).toBe(`cp9 ${b}\n[cp1]:2222 ${a}\n`);
  });

  test('a hundred at once are a hundred lines', async () => {
    const file = path.join(folder, 'many');
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => addToKnownHostsFile(file, `cp${at}`, blob(a), false)),
    );
    expect(read(readFileSync(file, 'utf8')).faults).toEqual([]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(101);
  });

  test('a hashed line needs its salt to be read', () => {
    expect(knownHostsLine('cp1', blob(a), Buffer.alloc(20, 7))).toMatch(/^\|1\|BwcH/);
  });
});

test('a file that is missing knows nobody, and one that cannot be read stops everything', async () => {
  expect(await readKnownHostsFile(path.join(folder, 'nowhere'))).toBe('');
  expect(await readKnownHostsFile('/dev/null')).toBe('');
  await expect(readKnownHostsFile(folder)).rejects.toMatchObject({ trouble: { code: 'host-key-unknown' } });
});
