/** `apply --write`: the inventory's files get the names once every control plane has them, and each file is told by what became of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { durableOutcomes } from '../../src/apply/durable-end.ts';
import { withInventory } from '../../src/cli/apply-inventory.ts';
import type { RunEnd } from '../../src/cli/run-session.ts';
import { untouched } from '../../src/cli/run-session.ts';
import type { Plan } from '../../src/model/plan.ts';
import { editOf } from '../../src/plan/kubespray-change.ts';
import { buildFacts } from '../support/facts.ts';
import { planFor } from '../support/plans.ts';

const [before, after] = ['a: 1\n', 'a: 1\nb: 2\n'];
let files: readonly [string, string];
beforeEach(() => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-write-'));
  files = [path.join(folder, 'one.yml'), path.join(folder, 'two.yml')];
  for (const file of files) writeFileSync(file, before);
  return () => rmSync(folder, { recursive: true });
});

function texts(): readonly string[] {
  return files.map((file) => readFileSync(file, 'utf8'));
}

async function written(change: Partial<RunEnd> = {}, options = { write: true }): Promise<RunEnd> {
  const durable = files.map((file) => ({
    kind: 'inventory' as const,
    path: file,
    names: [],
    wouldDrop: [],
    diff: '',
    edit: editOf(before, after),
    command: 'ansible-playbook cluster.yml',
    hides: [],
  }));
  const plan: Plan = { ...planFor(buildFacts()), durable };
  const inventorySource = {
    files: files.map((file) => ({ path: file, text: before })),
    belongs: { path: files[0], text: before },
    controlPlanes: ['cp1'],
  };
  const nodes = untouched(['cp1', 'cp2']);
  const on = {
    options,
    session: { say: () => undefined },
    deciding: { cluster: { resolved: { inventorySource } } },
  } as unknown as Parameters<typeof withInventory>[0];
  return withInventory(on, plan, {
    nodes,
    durable: durableOutcomes(plan, undefined),
    exits: [],
    ...change,
  });
}

test('every control plane is as planned: both files are written, and nothing is left to be done', async () => {
  const { durable, exits } = await written();
  expect(texts()).toEqual([after, after]);
  expect(durable).toMatchObject([{ state: 'written' }, { state: 'written' }]);
  expect(durable.map(({ why }) => why)).toEqual([undefined, undefined]);
  expect(exits).toEqual([]);
});

test('without --write they are left to the user, with the command that comes after', async () => {
  const { durable } = await written({}, { write: false });
  expect(texts()).toEqual([before, before]);
  expect(durable[0]).toMatchObject({ state: 'left-to-you', command: 'ansible-playbook cluster.yml' });
});

test('a node that is not done: no file is written', async () => {
  const { durable, exits } = await written({ nodes: untouched(['cp1'], 'left for later by --only') });
  expect(texts()).toEqual([before, before]);
  expect(durable[0]?.state).toBe('left-to-you');
  expect(exits).toEqual([]);
});

test('one file has changed since: the certificates stay, exit 3, and the other file is not called failed', async () => {
  writeFileSync(files[1], 'c: 3\n');
  const { durable, exits } = await written();
  expect(texts()).toEqual([after, 'c: 3\n']);
  expect(durable).toMatchObject([{ state: 'written' }, { state: 'failed' }]);
  expect(durable[1]?.why).toContain('no longer as it was');
  expect(exits).toEqual(['partial']);
});
