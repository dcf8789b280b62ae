/** The checks check: each planted fault makes `npm run check` fail, for its own reason. */
import { execa } from 'execa';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const copy = mkdtempSync(path.join(tmpdir(), 'fix-sans-guards-'));

beforeAll(async () => {
  const { stdout } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const file of stdout.split('\n')) cpSync(path.join(root, file), path.join(copy, file));
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test.each([
  {
    title: 'a pure room that imports node:fs',
    file: 'src/explain/client.ts',
    plant: "\nimport { existsSync } from 'node:fs';\nif (existsSync('/nowhere')) throw new Error('no');\n",
    stage: 'unit',
    says: /imports only what its room may[\s\S]*node:fs/,
  },
  {
    title: 'an export that nobody uses',
    file: 'src/model/ip.ts',
    plant: '\nexport function nobodyUsesMe(): number {\n  return 1;\n}\n',
    stage: 'dead',
    says: /Unused exports[\s\S]*nobodyUsesMe/,
  },
  {
    title: 'a promise that nobody waits for',
    file: 'src/cli/explain.ts',
    plant: '\nexport async function later(): Promise<void> {\n  Promise.resolve(1);\n}\n',
    stage: 'lint',
    says: /no-floating-promises/,
  },
])('npm run check refuses $title', async ({ file, plant, stage, says }) => {
  const target = path.join(copy, file);
  appendFileSync(target, plant);
  try {
    const result = await execa('npm', ['run', 'check'], { cwd: copy, reject: false, env: { NO_COLOR: '1' } });
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout).toMatch(new RegExp(`^FAIL ${stage}`, 'm'));
    expect(result.stdout).toMatch(says);
  } finally {
    cpSync(path.join(root, file), target);
  }
});

test('npm run check passes on the copy without a fault', async () => {
  const result = await execa('npm', ['run', 'check'], { cwd: copy, reject: false, env: { NO_COLOR: '1' } });
  expect(result.stdout).not.toMatch(/^FAIL/m);
  expect(result.exitCode).toBe(0);
});
