/** What a run leaves that is stopped in the middle: nothing after Ctrl-C, and after a kill only what the next run removes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureNodeImage } from '../lab/image.ts';
import { hashOf, inCache } from '../lab/places.ts';

const lab = path.resolve(import.meta.dirname, '../../scripts/lab');
// A cache of its own is another checkout to the lab: what is up elsewhere stays out of this.
const cache = mkdtempSync(path.join(tmpdir(), 'lab-'));
const env = { ...process.env, FIX_SANS_LAB_CACHE: cache };
const checkout = hashOf(cache).slice(0, 4);

beforeAll(async () => {
  await ensureNodeImage({ install: process.env['FIX_SANS_LAB_INSTALL'] === '1' });
  symlinkSync(inCache('bin'), path.join(cache, 'bin'));
});

afterAll(() => {
  spawnSync(lab, ['down'], { env });
  rmSync(cache, { recursive: true, force: true });
});

test('Ctrl-C ends with 130 and leaves no container and no network', async () => {
  const child = await halfWayUp();
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(130);
  expect(leftovers()).toEqual([]);
});

test('what a killed run left is called half made, and the next run makes the cluster', async () => {
  const child = await halfWayUp();
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await once(child, 'exit');
  expect(leftovers()).not.toEqual([]);
  expect(ask('list').stdout).toContain('single is half made');

  const again = ask('up', 'single');
  expect(again.stderr).toContain('left half made by a run that was stopped: removing it');
  expect(again.status).toBe(0);
  expect(ask('up', 'single').stderr).toContain('single was up already');
  expect(ask('kubectl', 'get', 'nodes').stdout).toContain(`single-${checkout}-control-plane   Ready`);
  expect(ask('down').stderr).toContain('removed single');
  expect(leftovers()).toEqual([]);
});

function ask(...args: readonly string[]): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  return spawnSync(lab, args, { env, encoding: 'utf8' });
}

/** In a process group of its own, so that a kill takes what it started as well. */
async function halfWayUp(): Promise<ChildProcess> {
  const child = spawn(lab, ['up', 'single'], { env, detached: true, stdio: 'ignore' });
  const deadline = Date.now() + 60_000;
  while (!leftovers().some((name) => name.endsWith('control-plane'))) {
    if (Date.now() > deadline) throw new Error('no container within a minute');
    await sleep(200);
  }
  return child;
}

function leftovers(): readonly string[] {
  const containers = spawnSync('docker', ['ps', '--all', '--format', '{{.Names}}'], { encoding: 'utf8' });
  const networks = spawnSync('docker', ['network', 'ls', '--format', '{{.Name}}'], { encoding: 'utf8' });
  return `${containers.stdout}${networks.stdout}`.split('\n').filter((name) => name.includes(checkout));
}
