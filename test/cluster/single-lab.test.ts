/** What `scripts/lab` promises of a cluster: nodes, three SSH users, kubectl, an outside address. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handshake } from '../lab/handshakes.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('single');
const lab = path.resolve(import.meta.dirname, '../../scripts/lab');
let folder = '';
let config = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lab-'));
  config = path.join(folder, 'ssh_config');
  writeFileSync(config, spawnSync(lab, ['ssh-config', '--cluster', 'single']).stdout);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(['root', 'ops', 'asks'])('ssh -F lets %s in, with the host key known', (user) => {
  const { stdout, stderr, status } = spawnSync('ssh', ['-F', config, `${user}@cp1`, 'hostname; id -un'], {
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toBe(`${get().node('cp1').name}\n${user}\n`);
});

test('sudo asks nothing of ops, and a password of asks', () => {
  const { sudoPassword } = get().ssh(get().node('cp1'), 'asks');
  expect(as('ops', 'sudo -n id -un').stdout).toBe('root\n');
  expect(as('asks', 'sudo -n id -un').stderr).toContain('a password is required');
  expect(as('asks', "sudo -S -p '' id -un", `${sudoPassword ?? ''}\n`).stdout).toBe('root\n');
});

test('scripts/lab kubectl hands its arguments on and ends as kubectl does', () => {
  const good = spawnSync(lab, ['kubectl', '-c', 'single', 'get', 'nodes', '--no-headers'], {
    encoding: 'utf8',
  });
  expect(good.stdout).toMatch(/^\S+\s+Ready\s+control-plane/);
  expect(spawnSync(lab, ['kubectl', '-c', 'single', 'get', 'nothing-like-this']).status).toBe(1);
});

test('the outside address reaches the API server, is on no interface and in no certificate', async () => {
  const outside = '203.0.113.56';
  const node = get().node('cp1');
  const seen = await handshake(outside, 6443);
  expect(seen.serial).toBe((await handshake(node.address, 6443)).serial);
  expect(seen.names).not.toContain(outside);
  expect(await get().inNode(node, 'ip address show')).not.toContain(outside);
});

function as(user: string, command: string, input = ''): SpawnSyncReturns<string> {
  return spawnSync('ssh', ['-F', config, `${user}@cp1`, command], { encoding: 'utf8', input });
}
