/** The systemd units, by systemd's own tools: they are well-formed, and open no more than they need. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureCommands } from '../lab/install.ts';
import { labOptions } from '../support/ssh-hosts.ts';

const units = path.join(import.meta.dirname, '../../scripts/systemd');
const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-units-'));
const [service, timer] = ['fix-sans.service', 'fix-sans.timer'].map((name) => path.join(folder, name));

beforeAll(async () => {
  await ensureCommands(
    [{ command: 'systemd-analyze', package: 'systemd', purpose: 'tries the units' }],
    labOptions,
  );
  for (const unit of [service, timer]) {
    // The program is not installed here, and a unit without one is a fault.
    const text = readFileSync(path.join(units, path.basename(unit ?? '')), 'utf8');
    writeFileSync(unit ?? '', text.replaceAll('/usr/local/bin/fix-sans', process.execPath));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function analyze(
  ...args: readonly string[]
): Promise<{ readonly code: number | undefined; readonly all: string }> {
  const { exitCode, all } = await execa('systemd-analyze', ['--no-pager', ...args], {
    all: true,
    reject: false,
    env: { LC_ALL: 'C' },
  });
  return { code: exitCode, all };
}

test('systemd-analyze verify has nothing to say', async () => {
  expect(await analyze('verify', service ?? '', timer ?? '')).toEqual({ code: 0, all: '' });
});

test('and would have, of a misspelled setting', async () => {
  const odd = path.join(folder, 'odd.service');
  writeFileSync(odd, readFileSync(service ?? '', 'utf8').replace('ProtectHome', 'ProtectHomes'));
  expect((await analyze('verify', odd)).all).toMatch(/Unknown key (?:name )?'ProtectHomes'/);
});

test('the service is open to no more than 3.5 of 10', async () => {
  const { code, all } = await analyze('security', '--offline=yes', '--threshold=35', service ?? '');
  expect(all).toMatch(/Overall exposure level for fix-sans\.service: [0-3]\.\d OK/);
  expect(code).toBe(0);
});

test('exit code 2 is a success, the timer has jitter and makes up for what was missed', async () => {
  expect(readFileSync(path.join(units, 'fix-sans.service'), 'utf8')).toMatch(/^SuccessExitStatus=2$/m);
  const text = readFileSync(path.join(units, 'fix-sans.timer'), 'utf8');
  expect(text).toMatch(/^Persistent=yes$/m);
  expect(text).toMatch(/^RandomizedDelaySec=10min$/m);
  const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(text) ?? [];
  expect((await analyze('calendar', calendar)).code).toBe(0);
});
