/** `plan --write` on files as they lie around: nothing but the list changes, and nobody loses his file. */
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { writeInventory } from '../../src/cli/write-inventory.ts';
import { inventorySource } from '../../src/nodes/inventory-source.ts';
import { editOf } from '../../src/plan/kubespray-change.ts';
import { buildFacts } from '../support/facts.ts';
import { planFor } from '../support/plans.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-write-'));
  file = path.join(folder, 'group_vars/k8s_cluster/k8s-cluster.yml');
  return () => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  };
});

async function write(before: string, after: string): Promise<void> {
  const change = {
    kind: 'inventory' as const,
    path: file,
    names: [],
    wouldDrop: [],
    diff: '',
    edit: editOf(before, after),
    command: '',
    hides: [],
  };
  const source = { files: [], belongs: { path: file, text: before }, controlPlanes: ['cp1'] };
  await writeInventory({ ...planFor(buildFacts()), durable: [change] }, source, () => undefined);
}

function lies(text: string | Buffer): void {
  file = path.join(folder, 'all.yml');
  writeFileSync(file, text, { mode: 0o640 });
}

test('a byte order mark stays, though it is not a part of what was read', async () => {
  lies('\ufeffa: 1\n');
  const view = { file: path.join(folder, 'hosts.ini'), placesOf: () => [], valueOf: () => undefined };
  const source = await inventorySource({ view: view as never, controlPlanes: ['cp1'], encrypted: [] });
  expect(source?.belongs.text).toBe('');
  await write('a: 1\n', 'a: 1\nb: 2\n');
  expect(readFileSync(file, 'utf8')).toBe('\ufeffa: 1\nb: 2\n');
});

test('what is no UTF-8 is not written back as something else', async () => {
  const latin = Buffer.from('# M\xfcller\na: 1\n', 'latin1');
  lies(latin);
  await expect(write('# M\ufffdller\na: 1\n', '# M\ufffdller\na: 1\nb: 2\n')).rejects.toThrow(/UTF-8/);
  expect(readFileSync(file)).toEqual(latin);
});

test('a file of somebody else would become ours: it is left as it is', async () => {
  lies('a: 1\n');
  vi.spyOn(process, 'getuid').mockReturnValue(4242);
  await expect(write('a: 1\n', 'a: 1\nb: 2\n')).rejects.toThrow(/belongs to another user/);
  expect(readFileSync(file, 'utf8')).toBe('a: 1\n');
  expect(readdirSync(folder)).toEqual(['all.yml']);
});

test.runIf(process.getuid?.() === 0)('root leaves it to whom it belongs', async () => {
  lies('a: 1\n');
  chownSync(file, 4242, 4343);
  await write('a: 1\n', 'a: 1\nb: 2\n');
  expect(statSync(file)).toMatchObject({ uid: 4242, gid: 4343 });
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('what another run has begun beside it is not taken away', async () => {
  lies('a: 1\n');
  const beside = path.join(folder, `.all.yml.fix-sans-${process.pid}`);
  writeFileSync(beside, 'theirs');
  await expect(write('a: 1\n', 'a: 1\nb: 2\n')).rejects.toThrow(/EEXIST/);
  expect(readFileSync(beside, 'utf8')).toBe('theirs');
});
