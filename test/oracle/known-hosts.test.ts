/** known_hosts is understood as OpenSSH understands it: ssh-keygen is asked the same questions. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { addToKnownHostsFile } from '../../src/reach/ssh2/known-hosts-files.ts';
import { fingerprintOf, knownHosts } from '../../src/reach/ssh2/known-hosts.ts';
import { makeKey } from '../support/fake-sshd.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [a, b, c] = [makeKey(), makeKey('ecdsa'), makeKey('rsa')].map(({ public: line }) =>
  line.trim().split(' ').slice(0, 2).join(' '),
) as [string, string, string];
const blob = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

/** The lines that ssh-keygen finds for a host: their numbers. */
function foundBySsh(text: string, host: string): readonly number[] {
  const file = path.join(folder, randomBytes(6).toString('hex'));
  writeFileSync(file, text);
  const { stdout } = execaSync('ssh-keygen', ['-F', host, '-f', file], { reject: false });
  rmSync(file);
  return [...stdout.matchAll(/^# Host .* found: line (\d+)/gm)].map(([, line]) => Number(line));
}

function found(text: string, host: string): readonly number[] {
  return knownHosts([{ file: 'known_hosts', text }])
    .find(host)
    .map(({ line }) => line);
}

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
      expect([host, ...found(text, host)]).toEqual([host, ...foundBySsh(text, host)]);
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

test('a fingerprint is written as ssh-keygen writes it', () => {
  const file = path.join(folder, 'key.pub');
  writeFileSync(file, `${a}\n`);
  const { stdout } = execaSync('ssh-keygen', ['-l', '-f', file]);
  expect(stdout).toContain(` ${fingerprintOf(blob(a))} `);
});

test('ssh finds what was added, hashed or not', async () => {
  for (const isHashed of [false, true]) {
    const file = path.join(folder, `added-${isHashed}`);
    await addToKnownHostsFile(file, 'CP1.example.com', blob(a), isHashed);
    const { stdout } = execaSync('ssh-keygen', ['-F', 'cp1.example.com', '-f', file]);
    expect(stdout).toContain(a);
    expect(readFileSync(file, 'utf8').startsWith('|1|')).toBe(isHashed);
  }
});
