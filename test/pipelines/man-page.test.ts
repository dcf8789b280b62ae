/** The man page as the programs see it that show it: mandoc finds nothing to remark, groff warns of nothing, and every flag can be read and copied. */
import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { ensureCommands } from '../lab/install.ts';
import { labOptions } from '../support/ssh-hosts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-man-'));
const file = path.join(folder, 'fix-sans.1');

beforeAll(async () => {
  writeFileSync(file, manPage('1.2.3', '2026-11-21'));
  await ensureCommands(
    [
      { command: 'mandoc', package: 'mandoc', purpose: 'reads the man page' },
      { command: 'groff', package: 'groff-base', purpose: 'reads the man page' },
    ],
    labOptions,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('mandoc and groff have nothing to remark', async () => {
  const lint = await execa('mandoc', ['-T', 'lint', '-W', 'warning', file], { reject: false });
  expect(lint.stdout).toBe('');
  const groff = await execa('groff', ['-man', '-ww', '-z', '-Tutf8', file], { reject: false });
  expect({ stderr: groff.stderr, code: groff.exitCode }).toEqual({ stderr: '', code: 0 });
});

test('what is read there is what was meant: every flag with ASCII dashes, and the examples line by line', async () => {
  const { stdout } = await execa('mandoc', ['-T', 'utf8', '-O', 'width=200', file]);
  // Bold is each letter twice.
  const text = stdout.replaceAll(/.\u0008/g, '');
  for (const { options } of commands) for (const { flags } of options) expect(text).toContain(flags);
  expect(text).toContain('fix-sans verify --node ops@10.0.0.11 --probe-image registry.k8s.io/pause:3.10');
});
