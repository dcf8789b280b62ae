/** known_hosts is understood as OpenSSH understands it: the system's ssh-keygen is asked the same questions. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa, execaSync } from 'execa';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { algorithmsFor, judgeKey } from '../../../src/reach/ssh2/host-key.ts';
import { addToKnownHostsFile, readKnownHostsFile } from '../../../src/reach/ssh2/known-hosts-files.ts';
import { fingerprintOf, knownHosts, knownHostsLine } from '../../../src/reach/ssh2/known-hosts.ts';
import { settingsFrom } from '../../../src/reach/ssh2/settings.ts';
import { makeKey } from '../../support/fake-sshd.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [a, b, c] = [makeKey(), makeKey('ecdsa'), makeKey('rsa')].map(({ public: line }) =>
  line.trim().split(' ').slice(0, 2).join(' '),
) as [string, string, string];
const blob = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

function read(text: string) {
  return knownHosts([{ file: 'known_hosts', text }]);
}

/** The lines that ssh-keygen finds for a host: their numbers. */
function foundBySsh(text: string, host: string): readonly number[] {
  const file = path.join(folder, randomBytes(6).toString('hex'));
  writeFileSync(file, text);
  const { stdout } = execaSync('ssh-keygen', ['-F', host, '-f', file], { reject: false });
  rmSync(file);
  return [...stdout.matchAll(/^# Host .* found: line (\d+)/gm)].map(([, line]) => Number(line));
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

describe('the same lines as ssh-keygen -F', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a plain name', `cp1 ${a}\ncp2 ${b}\n`, 'cp2'],
    ['several names on a line', `cp1,10.0.0.1 ${a}\n`, '10.0.0.1'],
    ['another port', `[cp1]:2222 ${a}\ncp1 ${b}\n`, '[cp1]:2222'],
    ['the usual port has no brackets', `[cp1]:22 ${a}\ncp1 ${b}\n`, 'cp1'],
    ['a star', `*.example.com ${a}\n`, 'cp1.example.com'],
    ['a question mark', `cp? ${a}\n`, 'cp1'],
    ['a negation that comes last', `*.example.com,!cp1.example.com ${a}\n`, 'cp1.example.com'],
    ['only a negation', `!cp2 ${a}\n`, 'cp1'],
    ['a negation with a star', `!*.example.com,cp1.example.com ${a}\n`, 'cp1.example.com'],
    ['upper case in the file', `CP1.Example.COM ${a}\n`, 'cp1.example.com'],
    ['IPv6', `2001:db8::1 ${a}\n[2001:db8::1]:2222 ${b}\n`, '[2001:db8::1]:2222'],
    ['comments and empty lines', `# cp1\n\n  cp1 ${a} ops@somewhere\n`, 'cp1'],
    ['CRLF', `cp1 ${a}\r\ncp2 ${b}\r\n`, 'cp2'],
    ['tabs', `cp1\t${a.replace(' ', '\t')}\n`, 'cp1'],
    ['no newline at the end', `cp2 ${b}\ncp1 ${a}`, 'cp1'],
    ['a revoked key', `@revoked cp1 ${a}\n`, 'cp1'],
    ['an authority', `@cert-authority *.example.com ${a}\n`, 'cp1.example.com'],
    ['an unknown marker', `@trusted cp1 ${a}\ncp1 ${b}\n`, 'cp1'],
    ['the key twice', `cp1 ${a}\ncp1 ${a}\n`, 'cp1'],
  ];
  test.each(cases)('%s', (_name, text, host) => {
    const theirs = foundBySsh(text, host);
    expect(found(text, host)).toEqual(theirs);
  });

  test('hashed by ssh-keygen -H', () => {
    const file = path.join(folder, 'hashed');
    writeFileSync(file, `cp1 ${a}\n[cp1]:2222,10.0.0.1 ${b}\n2001:db8::1 ${c}\n`);
    execaSync('ssh-keygen', ['-H', '-f', file]);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\|1\|/);
    for (const host of ['cp1', '[cp1]:2222', '10.0.0.1', '2001:db8::1', 'cp2', '|1|']) {
      expect(found(text, host), host).toEqual(foundBySsh(text, host));
    }
    expect(found(text, 'cp1')).toHaveLength(1);
  });

  test('any patterns and any host', () => {
    const piece = fc.constantFrom('a', 'b', 'cp', '.', '*', '?', '1', 'A', '-', '[', ']:22', '[cp]:2222');
    const word = fc.array(piece, { minLength: 1, maxLength: 5 }).map((some) => some.join(''));
    const pattern = fc.tuple(fc.boolean(), word).map(([isNegated, text]) => `${isNegated ? '!' : ''}${text}`);
    const line = fc
      .tuple(
        fc.constantFrom('', '', '', '@revoked ', '@cert-authority '),
        fc.array(pattern, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(a, b, c),
      )
      .map(([marker, patterns, key]) => `${marker}${patterns.join(',')} ${key}`);
    const host = fc
      .array(fc.constantFrom('a', 'b', 'cp', '.', '1'), { minLength: 1, maxLength: 4 })
      .map((some) => some.join(''));
    const asked = fc.tuple(host, fc.boolean()).map(([name, isOdd]) => (isOdd ? `[${name}]:2222` : name));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), asked, (lines, name) => {
        const text = `${lines.join('\n')}\n`;
        expect(found(text, name)).toEqual(foundBySsh(text, name));
      }),
      { numRuns: 60 },
    );
  });
});

test('no pattern takes long', () => {
  const start = performance.now();
  expect(found(`${'*a'.repeat(400)}b ${a}\n`, 'a'.repeat(250))).toEqual([]);
  expect(performance.now() - start).toBeLessThan(200);
});

test('ten thousand lines are looked up in no time', () => {
  const known = read(Array.from({ length: 10_000 }, (_, at) => `host-${at} ${a}`).join('\n'));
  const start = performance.now();
  for (let at = 0; at < 1000; at += 1) expect(known.find(`host-${at}`)).toHaveLength(1);
  expect(performance.now() - start).toBeLessThan(500);
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

test('a fingerprint is written as ssh-keygen writes it', () => {
  const file = path.join(folder, 'key.pub');
  writeFileSync(file, `${a}\n`);
  const { stdout } = execaSync('ssh-keygen', ['-l', '-f', file]);
  expect(stdout).toContain(` ${fingerprintOf(blob(a))} `);
});

describe('the verdict on a key', () => {
  const verdict = (text: string, key: string, ...of: Parameters<typeof settings>): string =>
    judgeKey(read(text), settings(...of), blob(key)).state;

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

describe('the types that are asked for', () => {
  const asked = (text: string) => algorithmsFor(read(text), settings('cp1'));

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

  test('ssh finds what was added, hashed or not', async () => {
    for (const isHashed of [false, true]) {
      const file = path.join(folder, `added-${isHashed}`);
      await addToKnownHostsFile(file, 'CP1.example.com', blob(a), isHashed);
      const { stdout } = await execa('ssh-keygen', ['-F', 'cp1.example.com', '-f', file]);
      expect(stdout).toContain(a);
      expect(readFileSync(file, 'utf8').startsWith('|1|')).toBe(isHashed);
    }
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
