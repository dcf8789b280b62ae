/** `scripts/lab up simulated` as somebody types it who has no Docker. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCommand } from '../lab/install.ts';

const script = path.resolve(import.meta.dirname, '../../scripts/lab');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-lab-'));
  mkdirSync(path.join(folder, 'bin'));
  // All that the lab needs for it; there is no docker among them.
  for (const command of ['dirname', 'node', 'npm']) {
    symlinkSync(
      command === 'node' ? process.execPath : (findCommand(command) ?? ''),
      path.join(folder, 'bin', command),
    );
  }
});
afterAll(async () => {
  await lab('down', 'simulated');
  rmSync(folder, { recursive: true, force: true });
});

async function lab(
  ...args: readonly string[]
): Promise<{ code: number | undefined; out: string; talk: string }> {
  return labWith({}, args);
}

async function labWith(options: { input?: string }, args: readonly string[]) {
  const env = {
    PATH: path.join(folder, 'bin'),
    FIX_SANS_LAB_CACHE: path.join(folder, 'cache'),
    HOME: folder,
  };
  const ran = await execa('/bin/sh', [script, ...args], { env, extendEnv: false, reject: false, ...options });
  return { code: ran.exitCode, out: ran.stdout, talk: ran.stderr };
}

function folderIn(listing: string): string {
  const [, found = ''] = /kubeconfig (\S+)\/kubeconfig/.exec(listing) ?? [];
  expect(existsSync(found)).toBe(true);
  return found;
}

test('it comes up, twice is once, and it goes without a trace', async () => {
  const first = await lab('up', 'simulated');
  const [next, not, ...others] = first.talk.split('\n');
  expect([next, ...others]).toEqual(['next: scripts/lab ssh-config >f; ssh -F f cp1 hostname']);
  expect(not).toMatch(/fix-sans inspect cannot look at these nodes, by design.*scripts\/demo/);
  expect(first.out).toMatch(/^simulated {2}no containers, nothing real/);
  const again = await lab('up', 'simulated');
  expect(again).toEqual({ code: 0, out: first.out, talk: `simulated was up already\n${not}` });
  expect((await lab('list')).out).toBe(first.out);

  const config = await lab('ssh-config');
  const file = path.join(folder, 'config');
  writeFileSync(file, config.out);
  const ran = await execa('ssh', ['-F', file, 'ops@cp2', 'hostname; sudo -n id -u'], { input: '' });
  expect(ran.stdout).toBe('cp2\n0');
  const shell = await labWith({ input: 'hostname; kubeadm version -o short' }, ['shell', 'cp3']);
  expect(shell.out).toBe('cp3\nv1.34.4+simulated');
  expect(await lab('kubectl', 'get', '--raw', '/readyz')).toMatchObject({ code: 0, out: 'ok' });
  expect(await lab('shell', 'cp9')).toMatchObject({
    code: 1,
    talk: 'lab: simulated has no node cp9, but cp1, cp2, cp3\n  next: scripts/lab list',
  });

  const whole = folderIn(first.out);
  expect(await lab('down')).toMatchObject({ code: 0, talk: 'removed simulated' });
  expect(existsSync(whole)).toBe(false);
  const { talk } = await lab('ssh-config', '--cluster', 'simulated');
  expect(talk).toBe('lab: simulated is not up\n  next: scripts/lab up simulated');
});

test('one whose process was killed is made anew, and what it left is removed', async () => {
  const killed = folderIn((await lab('up', 'simulated')).out);
  const state = path.join(folder, 'cache/simulated');
  const { stdout } = await execa('find', [state, '-name', 'state.json']);
  const { pid } = JSON.parse(readFileSync(stdout, 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  expect(existsSync(killed)).toBe(true);
  await expect.poll(async () => (await lab('ssh-config', '-c', 'simulated')).code).toBe(1);

  const anew = folderIn((await lab('up', 'simulated')).out);
  expect(anew).not.toBe(killed);
  expect(existsSync(killed)).toBe(false);
  expect((await lab('down', 'simulated')).talk).toBe('removed simulated');
  expect(existsSync(anew)).toBe(false);
  expect(await lab('down', 'simulated')).toEqual({ code: 0, out: '', talk: '' });
});
