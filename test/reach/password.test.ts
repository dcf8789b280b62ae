/** What sudo is told of a password, and what never becomes of one; sudo is played by a script. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { remoteCommand } from '../../src/reach/become.ts';
import { exchange } from '../../src/reach/exchange.ts';
import { trialOf } from '../../src/reach/password-trial.ts';
import { spawned } from '../../src/reach/spawned.ts';
import { type Ran, usualLimits } from '../../src/reach/transport.ts';
import { codeOf } from './contract.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-sudo-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A sudo that notes its arguments and every line that it reads as a password; `asks`: three times at most. */
function play(how: 'asks' | 'does-not-ask' | 'asks-in-pieces'): void {
  const asking = `
    for try in 1 2 3; do
      ${how === 'asks-in-pieces' ? `printf %s "$prompt" | while read -r -n1 c; do printf %s "$c" >&2; sleep 0.01; done` : 'printf %s "$prompt" >&2'}
      IFS= read -r line || { echo 'sudo: no password was provided' >&2; exit 1; }
      echo "password $line" >>'${folder}/notes'
      [ "$line" = right ] && break
      echo 'Sorry, try again.' >&2
    done
    [ "$line" = right ] || exit 1`;
  const sudo = `#!/bin/bash
    echo "arguments $*" >>'${folder}/notes'
    [ "$1" = -S ] && prompt=$3
    ${how === 'does-not-ask' ? '' : asking}
    while [ "$1" != -- ]; do shift; done
    shift
    exec "$@"`;
  writeFileSync(path.join(folder, 'sudo'), sudo);
  chmodSync(path.join(folder, 'sudo'), 0o755);
}

function run(script: string, password: () => Promise<string>, commandTimeoutMs = 10_000): Promise<Ran> {
  const command = remoteCommand('root', { isRoot: false, hasPassword: true });
  const [file = '', ...args] = command.argv;
  const running = spawned(file, args, { env: { PATH: `${folder}:${process.env['PATH']}` } });
  return exchange(running, {
    stdin: Buffer.from(script),
    limits: { ...usualLimits, commandTimeoutMs },
    command,
    password,
  });
}

function notes(): string[] {
  return readFileSync(path.join(folder, 'notes'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('password'));
}

test.each(['asks', 'asks-in-pieces'] as const)(
  'a sudo that %s gets the password, and the shell the script',
  async (how) => {
    play(how);
    const ran = await run('echo "[$(cat)]"; exit 3', () => Promise.resolve('right'));
    expect(ran).toMatchObject({ exitCode: 3 });
    expect(Buffer.from(ran.stdout).toString()).toBe('[]\n');
    expect(notes()).toEqual(['password right']);
  },
);

test('where sudo does not ask nobody is asked, and no line is run before the script', async () => {
  play('does-not-ask');
  // A whole path: what is run here stands in the folder /, not in the test's own.
  const script = `echo script; touch '${folder}/ran'`;
  const ran = await run(script, () => Promise.reject(new Error('asked')));
  expect([ran.exitCode, Buffer.from(ran.stdout).toString()]).toEqual([0, 'script\n']);
  expect(existsSync(path.join(folder, 'ran'))).toBe(true);
  expect(notes()).toEqual([]);
});

test('a wrong password is tried once, and neither script nor more of it follows', async () => {
  play('asks');
  const ran = await run(`touch '${folder}/pwned'`, () => Promise.resolve(`touch '${folder}/pwned'`));
  expect(ran).toMatchObject({ exitCode: 1 });
  expect(notes()).toHaveLength(1);
  expect(() => readFileSync(path.join(folder, 'pwned'))).toThrow('ENOENT');
  expect(readFileSync(path.join(folder, 'notes'), 'utf8').split('\n')[0]).not.toContain('pwned');
});

test('who types slowly is not late', async () => {
  play('asks');
  expect(await run('exit 0', slowly, 400)).toMatchObject({ exitCode: 0 });
});

test('Ctrl-C at the question ends the command', async () => {
  play('asks');
  const given = run('exit 0', () => Promise.reject(new Error('closed')));
  await expect(given).rejects.toThrow('closed');
});

test('a password of two lines is none', async () => {
  play('asks');
  expect(await codeOf(run('exit 0', () => Promise.resolve('right\nreboot')))).toBe('sudo-password');
  expect(notes()).toEqual([]);
});

test('ten nodes ask once, and wait for the first of them', async () => {
  let asked = 0;
  const trial = trialOf(() => {
    asked += 1;
    return Promise.resolve('right');
  });
  let given = 0;
  const all = Array.from({ length: 10 }, async () => {
    await trial.give();
    given += 1;
  });
  await new Promise(setImmediate);
  expect(given).toBe(1);
  // The first node was lost before sudo answered: the next one tries.
  trial.settle(undefined);
  await new Promise(setImmediate);
  expect(given).toBe(2);
  trial.settle(true);
  await Promise.all(all);
  expect([given, asked]).toEqual([10, 1]);
  trial.settle(false);
  await expect(trial.give()).resolves.toBe('right');
});

test('after a refusal it is given to nobody', async () => {
  const trial = trialOf(() => Promise.resolve('wrong'));
  await trial.give();
  const others = [codeOf(trial.give()), codeOf(trial.give())];
  trial.settle(false);
  expect(await Promise.all(others)).toEqual(['sudo-password', 'sudo-password']);
});

function slowly(): Promise<string> {
  return new Promise((resolve) => void setTimeout(() => resolve('right'), 600));
}
