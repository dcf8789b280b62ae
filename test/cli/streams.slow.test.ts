/** The program as a process: what its streams are connected to may be closed, full or gone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePlan } from '../../src/plan/plan-file.ts';
import { samplePlans } from '../support/sample-plans.ts';

const root = path.join(import.meta.dirname, '../..');
const program = `"${process.execPath}" --import tsx src/main.ts`;

function sh(script: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

const looks = `${program} inspect --endpoint 127.0.0.1:1 --format json`;

describe('stdout', () => {
  test('a reader that has gone changes neither the exit code nor stderr (fault 63)', () => {
    const { stdout, stderr } = sh(`${looks} | true; echo "code \${PIPESTATUS[0]}"`);
    expect({ stdout, stderr }).toEqual({ stdout: 'code 75\n', stderr: '' });
  });

  test('a reader that takes one line', () => {
    const { stdout, stderr } = sh(
      `${program} inspect --show-commands | head -n 1; echo "code \${PIPESTATUS[0]}"`,
    );
    expect(stdout).toMatch(/^# Run on each node.*\ncode 0\n$/);
    expect(stderr).toBe('');
  });

  test('full: 1 and one sentence, no stack', () => {
    const { status, stderr } = sh(`${looks} > /dev/full`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^fix-sans: cannot write the result: .*no space left.*\n$/i);
  });

  test('closed', () => {
    const { status, stderr } = sh(`${looks} >&-`);
    expect(stderr).not.toMatch(/bug|\n {4}at /);
    expect([1, 75]).toContain(status);
  });
});

describe('stderr', () => {
  test.each(['2>&-', '2> /dev/full'])('%s: the result and the exit code are the same', (where) => {
    const { status, stdout } = sh(`${looks} --report text=/dev/null/x ${where}; true`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    const looked = sh(`${looks} ${where}`);
    expect(looked.status).toBe(75);
    expect(JSON.parse(looked.stdout)).toMatchObject({ verdict: 'unknown' });
  });
});

test.each(['< /dev/null', '<&-', '< /dev/zero'])('stdin %s: nobody reads it', (from) => {
  const { status, stdout } = sh(`${looks} ${from}`);
  expect(status).toBe(75);
  expect(JSON.parse(stdout)).toMatchObject({ command: 'inspect' });
});

describe('row 63: show, whose plan is the result', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-streams-'));
  const file = path.join(folder, 'plan.json');
  beforeAll(() => writeFileSync(file, writePlan(samplePlans().signed)));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a reader that leaves early, a full disk, a closed stdout', () => {
    const left = sh(`${program} show ${file} | head -n 1; echo "code \${PIPESTATUS[0]}"`);
    expect(left).toMatchObject({ stdout: expect.stringMatching(/code 0\n$/) as string, stderr: '' });
    const full = sh(`${program} show ${file} > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^fix-sans: cannot write the result: .*no space left.*\n$/i);
    expect(sh(`${program} show ${file} >&-`).stderr).not.toMatch(/bug|\n {4}at /);
  });

  test('a terminal without UTF-8 gets nothing that it cannot show', () => {
    const { stdout, status } = sh(`LC_ALL=C ${program} show ${file}`);
    expect(status).toBe(0);
    // oxlint-disable-next-line no-control-regex -- all of ASCII
    expect(stdout).toMatch(/^[\x00-\x7f]*$/);
  });
});

describe('row 64: the folder that it is started in', () => {
  const bundled = path.join(root, 'dist/fix-sans.cjs');

  test('is gone: a sentence, no stack', () => {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root });
    const there = 'cd "$(mktemp -d)" && rmdir "$PWD" &&';
    const { status, stdout, stderr } = sh(
      `${there} "${process.execPath}" ${bundled} plan --node ops@192.0.2.1 --out plan.json`,
    );
    expect(stderr).toContain('the folder that this was started in is no longer there');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(sh(`${there} "${process.execPath}" ${bundled} explain "not 10.0.0.1"`).stderr).not.toMatch(/bug/);
  });
});
