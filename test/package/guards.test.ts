/** The checks check: each planted fault makes its check fail, for its own reason, and `npm run check` fails where any of its checks does. */
import { execa } from 'execa';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

interface Ran {
  readonly exitCode: number | undefined;
  readonly said: string;
}

async function npm(...args: readonly string[]): Promise<Ran> {
  const { exitCode, all } = await execa('npm', args, {
    cwd: copy,
    reject: false,
    all: true,
    env: { NO_COLOR: '1' },
  });
  return { exitCode, said: all };
}

test.each([
  {
    title: 'a pure room that imports node:fs',
    file: 'src/explain/client.ts',
    plant: "\nimport { existsSync } from 'node:fs';\nif (existsSync('/nowhere')) throw new Error('no');\n",
    // Of all unit tests the one that must see it. Were it none of them, it could not pass first.
    check: ['check:unit', '--', 'test/architecture.test.ts'],
    says: /imports only what its room may[\s\S]*node:fs/,
  },
  {
    title: 'an export that nobody uses',
    file: 'src/model/ip.ts',
    plant: '\nexport function nobodyUsesMe(): number {\n  return 1;\n}\n',
    check: ['check:dead'],
    says: /Unused exports[\s\S]*nobodyUsesMe/,
  },
  {
    title: 'a promise that nobody waits for',
    file: 'src/cli/explain.ts',
    plant: '\nexport async function later(): Promise<void> {\n  Promise.resolve(1);\n}\n',
    check: ['check:lint'],
    says: /no-floating-promises/,
  },
  {
    title: 'a number that is a text',
    file: 'src/model/ip.ts',
    plant: "\nconst wrong: number = 'text';\nvoid wrong;\n",
    check: ['check:types'],
    says: /ip\.ts.*error TS2322/,
  },
  {
    title: 'a line that is written otherwise than all others',
    file: 'src/model/ip.ts',
    plant: '\nvoid   0\n',
    check: ['check:format'],
    says: /src\/model\/ip\.ts/,
  },
])('$check.0 refuses $title, and nothing before', async ({ file, plant, check, says }) => {
  const before = await npm('run', ...check);
  expect(before.exitCode, before.said).toBe(0);
  const target = path.join(copy, file);
  appendFileSync(target, plant);
  try {
    const result = await npm('run', ...check);
    expect(result.exitCode).not.toBe(0);
    expect(result.said).toMatch(says);
  } finally {
    cpSync(path.join(root, file), target);
  }
});

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
const checks = Object.keys(manifestOf(root).scripts).filter((name) => name.startsWith('check:'));

test('each check has a planted fault above', () => {
  expect(checks).toEqual(['check:format', 'check:lint', 'check:types', 'check:dead', 'check:unit']);
});

/** Each check replaced by a program that says that it ran, and fails if it is `bad`. */
async function checkWhere(bad?: string): Promise<Ran> {
  const manifest = manifestOf(root);
  const scripts = Object.fromEntries(
    checks.map((name) => [
      name,
      `echo ran-${name} >>ran && echo says-${name} && exit ${name === bad ? 1 : 0}`,
    ]),
  );
  const written = path.join(copy, 'package.json');
  writeFileSync(
    written,
    JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }, undefined, 2),
  );
  try {
    return await npm('run', 'check');
  } finally {
    cpSync(path.join(root, 'package.json'), written);
  }
}

test('npm run check runs all checks as they are, and passes where all do', async () => {
  const result = await checkWhere();
  expect(result.exitCode, result.said).toBe(0);
  expect(result.said).not.toMatch(/^FAIL/m);
  const ran = readFileSync(path.join(copy, 'ran'), 'utf8').trim().split('\n');
  expect(ran.toSorted()).toEqual(checks.map((name) => `ran-${name}`).toSorted());
});

test.each(checks)('npm run check fails where only %s does, and shows what that said', async (name) => {
  const result = await checkWhere(name);
  expect(result.exitCode).not.toBe(0);
  const failed = result.said.match(/^FAIL \S+/gm);
  expect(failed).toEqual([`FAIL ${name.replace('check:', '')}`]);
  expect(result.said).toContain(`says-${name}`);
});
