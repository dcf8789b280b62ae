/** The wrapper around runc takes one capability out of what Docker asks for, and touches nothing else. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-runc-'));
  writeFileSync(path.join(folder, 'runc'), '#!/bin/sh\necho "runc $*"\nexit 7\n');
  chmodSync(path.join(folder, 'runc'), 0o755);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function wrapped(...args: readonly string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(path.join(import.meta.dirname, 'restricted-runc'), args, {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });
  return { status, stdout };
}

function specification(sets: Readonly<Record<string, readonly string[]>>): string {
  const args = ['grep', 'say "CAP_SYS_RESOURCE", please', 'CAP_SYS_RESOURCES'];
  return JSON.stringify({ process: { args, capabilities: sets } });
}

const before = specification({
  bounding: ['CAP_CHOWN', 'CAP_SYS_RESOURCE', 'CAP_SYS_TIME'],
  effective: ['CAP_SYS_RESOURCE', 'CAP_CHOWN'],
  permitted: ['CAP_CHOWN', 'CAP_SYS_RESOURCE'],
  ambient: ['CAP_SYS_RESOURCE'],
});
const after = specification({
  bounding: ['CAP_CHOWN', 'CAP_SYS_TIME'],
  effective: ['CAP_CHOWN'],
  permitted: ['CAP_CHOWN'],
  ambient: [],
});

test.each([['--bundle'], ['-b'], ['--bundle=']])('in the bundle that follows %s', (flag) => {
  const file = path.join(folder, 'config.json');
  writeFileSync(file, before);
  const args = flag.endsWith('=') ? [`${flag}${folder}`] : [flag, folder];
  expect(wrapped('create', ...args, 'abc')).toEqual({
    status: 7,
    stdout: `runc create ${args.join(' ')} abc\n`,
  });
  expect(readFileSync(file, 'utf8')).toBe(after);
});

test.each([['--process'], ['-p'], ['--process=']])('in the process file that follows %s', (flag) => {
  const file = path.join(folder, 'process.json');
  writeFileSync(file, before);
  const args = flag.endsWith('=') ? [`${flag}${file}`] : [flag, file];
  wrapped('exec', ...args, 'abc');
  expect(readFileSync(file, 'utf8')).toBe(after);
});

test('other commands pass as they are', () => {
  expect(wrapped('--root', folder, 'state', 'abc')).toEqual({
    status: 7,
    stdout: `runc --root ${folder} state abc\n`,
  });
});
