/** The package as users get it: packed, installed into an empty folder, run; and the one file for bastions. */
import { execa, type Options } from 'execa';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-package-'));
const error = 'x509: certificate is valid for 10.96.0.1, 10.225.4.51, not 10.220.70.56';
const installed = path.join(folder, 'node_modules', '.bin', 'fix-sans');
const single = path.join(folder, 'alone', 'fix-sans.cjs');
let tarball = '';

beforeAll(async () => {
  await execa('npm', ['run', 'build'], { cwd: root });
  const packed = await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  tarball = path.join(folder, packed.stdout.trim().split('\n').at(-1) ?? '');
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}');
  await execa('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball], { cwd: folder });
  // The one file, with nothing beside it.
  await execa('mkdir', ['-p', path.dirname(single)]);
  copyFileSync(path.join(root, 'dist', 'fix-sans.cjs'), single);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[], options: Options = {}) {
  const settings = { cwd: folder, reject: false, stdin: 'ignore', ...options } as const;
  return program.endsWith('.cjs')
    ? execa(process.execPath, [program, ...args], settings)
    : execa(program, args, settings);
}

describe.each([
  ['installed', installed],
  ['the single file', single],
])('%s', (_, program) => {
  test('says its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    const result = await run(program, ['--version']);
    expect(result).toMatchObject({ exitCode: 0, stdout: version, stderr: '' });
  });

  test('explains an error and exits 2', async () => {
    const result = await run(program, ['explain', '--format', 'json', error]);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(String(result.stdout))).toMatchObject({
      names: [{ value: '10.220.70.56', verdict: 'add' }],
    });
  });

  test('reads a pipe, and a reader that leaves early is no error', async () => {
    const result = await run(
      'sh',
      ['-c', `"$1" "$2" explain --format markdown | head -n 1`, 'sh', process.execPath, scriptOf(program)],
      {
        input: `${error}\n`.repeat(5000),
        stdin: 'pipe',
      },
    );
    expect(result).toMatchObject({ stdout: '# API server certificate: diagnosis', stderr: '' });
  });

  test('keeps its exit code when stdout is closed', async () => {
    const result = await run('sh', [
      '-c',
      `{ "$1" "$2" explain "$3"; echo "$?" >&2; } | true`,
      'sh',
      process.execPath,
      scriptOf(program),
      error,
    ]);
    expect(result.stderr).toBe('2');
  });

  test('is stopped by Ctrl-C while it waits for text', async () => {
    const waiting = execa(process.execPath, [scriptOf(program), 'explain'], { stdin: 'pipe', reject: false });
    setTimeout(() => waiting.kill('SIGINT'), 500);
    expect((await waiting).signal).toBe('SIGINT');
  });
});

/** npm links a command to its file; node wants the file. */
function scriptOf(program: string): string {
  return program === installed
    ? path.join(folder, 'node_modules', 'fix-sans', 'dist', 'fix-sans.js')
    : program;
}

test('the plugin for kubectl is the same program by its other name', async () => {
  const bin = path.join(folder, 'node_modules', '.bin');
  const plugin = path.join(bin, 'kubectl-fix_sans');
  const result = await execa(plugin, ['explain', error], {
    cwd: folder,
    reject: false,
    env: { PATH: `${bin}${path.delimiter}${process.env['PATH']}` },
  });
  expect(result.exitCode).toBe(2);
  expect(result.stdout).toContain('kubectl fix-sans plan --san 10.220.70.56');
});

test('the man page is in the package, where npm links it', async () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { man: string };
  const page = readFileSync(path.join(folder, 'node_modules', 'fix-sans', manifest.man), 'utf8');
  expect(page).toMatch(/^\.TH FIX\\-SANS 1 /);
  const { stdout } = await run(single, ['completion', 'bash']);
  expect(String(stdout)).toContain('complete -F _fix_sans fix-sans');
});

test('--version loads the argument table and nothing else', async () => {
  const loaded = await execa(process.execPath, [scriptOf(installed), '--version'], {
    env: { NODE_DEBUG: 'esm' },
    reject: false,
  });
  const parts = readdirSync(path.join(folder, 'node_modules', 'fix-sans', 'dist', 'parts'));
  const explain = parts.find((part) => part.startsWith('explain-'));
  expect(explain).toBeDefined();
  expect(loaded.stderr).toMatch(/parts\/chunk-/);
  expect(loaded.stderr).not.toContain(explain);
});

test('the package holds what it needs, nothing more, and no paths of the machine it was built on', async () => {
  const { stdout } = await execa('tar', ['-tzf', tarball]);
  const files = stdout.split('\n').map((file) => file.replace(/^package\//, ''));
  expect(
    files.filter(
      (file) => !/^(?:dist\/|docs\/schema\/|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/.test(file),
    ),
  ).toEqual([]);
  expect(files).toContain('dist/THIRD-PARTY-LICENSES.txt');
  for (const file of ['fix-sans.js', 'fix-sans.cjs']) {
    expect(readFileSync(path.join(root, 'dist', file), 'utf8')).not.toContain(root);
  }
});

test('publint has nothing to say', async () => {
  const { messages: said, pkg } = await publint({ pkgDir: root });
  // It guesses the format by a pattern that takes `import_node_tls,init_api_from_here` for an import; that the file is CommonJS is shown
  // below by compiling it: https://github.com/publint/publint/blob/v0.3.15/packages/publint/src/shared/utils.js
  const messages = said.filter(
    (message) =>
      message.code !== 'FILE_INVALID_EXPLICIT_FORMAT' || message.args.actualFilePath !== '/dist/fix-sans.cjs',
  );
  expect(messages.map((message) => formatMessage(message, pkg as Record<string, unknown>))).toEqual([]);
});

test('the one-file bundle is CommonJS', () => {
  const text = readFileSync(path.join(root, 'dist', 'fix-sans.cjs'), 'utf8').replace(/^#!.*/, '');
  expect(() => compileFunction(text, ['require', 'module', 'exports'])).not.toThrow();
});
