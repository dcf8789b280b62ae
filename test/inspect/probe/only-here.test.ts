/** What may accept any certificate: one file of the whole program. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const src = path.resolve(import.meta.dirname, '../../../src');

test('only the handshake of a probe leaves a certificate unverified', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const lax = files.filter((file) =>
    /\brejectUnauthorized\s*[:,}=](?!\s*true\b)|\bcheckServerIdentity\s*[:(,}]|\binsecureHTTPParser\b/.test(
      readFileSync(path.join(src, file), 'utf8'),
    ),
  );
  expect(lax).toEqual([path.join('inspect', 'probe', 'handshake.ts')]);
});

test('a probe sends no credentials: its request is the same for everybody', () => {
  const text = readFileSync(path.join(src, 'inspect/probe/handshake.ts'), 'utf8');
  expect(text).not.toMatch(/authorization|cookie|\bkey:|\bcert:|pfx/i);
});
