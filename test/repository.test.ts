import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};

test('the lockfile names no registry', () => {
  const named = Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined);
  expect(named).toEqual([]);
});

// npm leaves out an optional package that a registry does not have, and then `npm ci` refuses the lockfile elsewhere.
test('the lockfile holds the optional packages of every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`node_modules/${name}` in lock.packages) && !(`${where}/node_modules/${name}` in lock.packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('the package has no runtime dependencies: everything is in the bundle', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  expect(manifest['dependencies']).toBeUndefined();
});

test('the top level is what the README and the architecture page speak of', () => {
  for (const entry of [
    'package.json',
    'tsconfig.json',
    'scripts',
    'playbooks',
    'src',
    'test',
    'kind-configs',
    'LICENSE',
  ]) {
    expect(existsSync(path.join(root, entry))).toBe(true);
  }
});

test('shell scripts are POSIX sh as far as sh itself can tell', () => {
  const scripts = ['scripts/test', 'scripts/demo', 'scripts/lab', 'scripts/need-node'];
  const afterCreation = readdirSync(path.join(root, 'kind-configs')).filter((name) => name.endsWith('.sh'));
  const onNodes = ['entrypoint', 'kubelet-cgroups'].map((name) => `image/node/root/usr/local/bin/${name}`);
  const ofLab = ['restricted-runc', 'ssh-hosts/set-up', 'ssh-hosts/start'];
  for (const script of [
    ...scripts,
    ...[...afterCreation, ...onNodes].map((name) => `kind-configs/${name}`),
    ...ofLab.map((name) => `test/lab/${name}`),
  ]) {
    expect(spawnSync('sh', ['-n', path.join(root, script)]).stderr.toString()).toBe('');
  }
});

test('every cluster says what it is for, and has a test', () => {
  const tests = readdirSync(path.join(root, 'test', 'cluster'));
  for (const file of readdirSync(path.join(root, 'kind-configs')).filter((name) => name.endsWith('.yaml'))) {
    expect(readFileSync(path.join(root, 'kind-configs', file), 'utf8')).toMatch(/^# [A-Z]/);
    const config = file.replace('.yaml', '');
    expect(tests.filter((name) => name.startsWith(config) && name.endsWith('.test.ts'))).not.toEqual([]);
  }
});
