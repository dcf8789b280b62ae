/** Programs of the user's that are told of a run: what they get, and what counts as a no. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runHook } from '../../src/apply/hooks.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-hooks-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const facts = { run: '20261121T120000Z-1a2b3c4d', kind: 'apply', node: 'cp1; touch x' } as const;
const env = { PATH: process.env['PATH'] };

function program(name: string, script: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('the facts come in the environment and as JSON on stdin, and no shell reads them', async () => {
  const out = path.join(folder, 'out');
  const preNode = program('tell', `{ printf '%s\\n' "$FIX_SANS_HOOK" "$FIX_SANS_NODE"; cat; } > ${out}`);
  expect(await runHook({ preNode }, 'preNode', facts, env)).toBeUndefined();
  const [hook, node, json = ''] = readFileSync(out, 'utf8').split('\n');
  expect([hook, node]).toEqual(['preNode', facts.node]);
  expect(JSON.parse(json)).toEqual({ hook: 'preNode', ...facts });
});

test('no program, no objection', async () => {
  expect(await runHook({}, 'postNode', facts, env)).toBeUndefined();
});

test('another exit status than 0, a program that is not there, and one that hangs are a no', async () => {
  const no = program('no', 'echo "maintenance window is over" >&2; exit 3');
  expect(await runHook({ preNode: no }, 'preNode', facts, env)).toBe(
    'exit status 3: maintenance window is over',
  );
  expect(await runHook({ preNode: '/nonexistent' }, 'preNode', facts, env)).toContain('ENOENT');
  const slow = program('slow', 'exec sleep 20');
  expect(await runHook({ preNode: slow }, 'preNode', facts, env, 200)).toBe('it did not end within 0.2 s');
});
