/** What may accept any certificate: one file of the whole program. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const src = path.resolve(import.meta.dirname, '../../../src');

function filesWith(pattern: RegExp): readonly string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && pattern.test(readFileSync(path.join(src, file), 'utf8')))
    .toSorted();
}

const handshake = path.join('inspect', 'probe', 'handshake.ts');
const api = path.join('inspect', 'api-from-here.ts');

test('only the handshake of a probe leaves a certificate unverified', () => {
  expect(filesWith(/\brejectUnauthorized\s*[:,}=](?!\s*true\b)|\binsecureHTTPParser\b/)).toEqual([handshake]);
});

test('where a name is judged anew, the verdict stays that of Node', () => {
  expect(filesWith(/\bcheckServerIdentity\s*[:(,}]/)).toEqual([api]);
  expect(readFileSync(path.join(src, api), 'utf8')).toMatch(
    /const fault = checkServerIdentity\(name, certificate\);\n.*\n\s*return fault;/,
  );
});

test('a probe sends no credentials: its request is the same for everybody', () => {
  const text = readFileSync(path.join(src, 'inspect/probe/handshake.ts'), 'utf8');
  expect(text).not.toMatch(/authorization|cookie|\bkey:|\bcert:|pfx/i);
});
