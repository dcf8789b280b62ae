/** The program as a process: what its streams are connected to may be closed, full or gone. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

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
  test('a reader that has gone changes neither the exit code nor stderr', () => {
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
