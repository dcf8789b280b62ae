/** What a run leaves that is stopped in the middle: nothing after Ctrl-C, and after a kill only what the next run removes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureNodeImage } from '../lab/image.ts';
import { checkoutOf, inCache } from '../lab/places.ts';

const lab = path.resolve(import.meta.dirname, '../../scripts/lab');
// A cache of its own is another checkout to the lab: what is up elsewhere stays out of this.
const cache = mkdtempSync(path.join(tmpdir(), 'lab-'));
const env = { ...process.env, FIX_SANS_LAB_CACHE: cache };
const checkout = checkoutOf(cache);

let image = '';

beforeAll(async () => {
  image = await ensureNodeImage({ install: process.env['FIX_SANS_LAB_INSTALL'] === '1' });
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
  expect(ask('list').stdout).toContain('ecdsa is half made');

  const again = ask('up', 'ecdsa');
  expect(again.stderr).toContain('left half made by a run that was stopped: removing it');
  expect(again.status).toBe(0);
  expect(ask('up', 'ecdsa').stderr).toContain('ecdsa was up already');
  expect(ask('kubectl', 'get', 'nodes').stdout).toContain(`ecdsa-${checkout}-control-plane   Ready`);
  expect(ask('down').stderr).toContain('removed ecdsa');
  expect(leftovers()).toEqual([]);
});

test('what a checkout left that is gone, the next run of any other takes down', () => {
  const [gone, here] = ['00ad', '00a1'];
  for (const [name, where] of [
    [gone, path.join(cache, 'removed')],
    [here, path.resolve(import.meta.dirname, '../..')],
  ] as const) {
    mkdirSync(path.join(cache, 'checkouts', name), { recursive: true });
    writeFileSync(path.join(cache, 'checkouts', name, 'checkout'), where);
    docker('network', 'create', `fix-sans-lab-${name}`);
    const label = `io.x-k8s.kind.cluster=ha-${name}`;
    docker('create', '--name', `ha-${name}-worker`, '--label', label, '--entrypoint', 'true', image);
  }
  try {
    expect(ask('down').stderr).toContain(`removing ha-${gone}-worker: their checkout is gone\n`);
    expect(leftovers(gone)).toEqual([]);
    expect(leftovers(here)).toEqual([`ha-${here}-worker`, `fix-sans-lab-${here}`]);
  } finally {
    docker('rm', '--force', `ha-${here}-worker`);
    docker('network', 'rm', `fix-sans-lab-${here}`);
  }
});

function docker(...args: readonly string[]): string {
  return spawnSync('docker', args, { encoding: 'utf8' }).stdout;
}

function ask(...args: readonly string[]): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  return spawnSync(lab, args, { env, encoding: 'utf8' });
}

/** In a process group of its own, so that a kill takes what it started as well. */
async function halfWayUp(): Promise<ChildProcess> {
  const child = spawn(lab, ['up', 'ecdsa'], { env, detached: true, stdio: 'ignore' });
  const deadline = Date.now() + 60_000;
  while (!leftovers().some((name) => name.endsWith('control-plane'))) {
    if (Date.now() > deadline) throw new Error('no container within a minute');
    await sleep(200);
  }
  return child;
}

function leftovers(of = checkout): readonly string[] {
  const containers = docker('ps', '--all', '--format', '{{.Names}}');
  const networks = docker('network', 'ls', '--format', '{{.Name}}');
  return `${containers}${networks}`.split('\n').filter((name) => name.includes(of));
}
