/** kubespray's file on a node: one edit in bytes, and nothing of the other documents. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { editCommand, editNodeFile, nameChange } from '../../src/plan/node-file.ts';
import { buildFacts } from '../support/facts.ts';
import { kubesprayFile } from '../support/fake-cluster.ts';
import { asking, named, planFor } from '../support/plans.ts';

function edited(text: string, added: readonly string[], removed: readonly string[] = []): string {
  const reading = editNodeFile(text, { added: added.map(named), removed: removed.map(named) });
  if (!reading.ok) throw new Error(reading.why);
  if (reading.edit === undefined) return text;
  const { at, drop, insert } = reading.edit;
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + drop)]).toString();
}

test('a name comes at the end of the list in its document, behind what is no ASCII, and all else stays', () => {
  expect(edited(kubesprayFile, ['new.example.com'])).toBe(
    kubesprayFile.replace('grün.example"\n', 'grün.example"\n  - "new.example.com"\n'),
  );
});

test('one goes and one comes; what is there already changes nothing', () => {
  expect(edited(kubesprayFile, ['new.example.com'], ['kubernetes'])).toBe(
    kubesprayFile
      .replace('  - "kubernetes"\n', '')
      .replace('grün.example"\n', 'grün.example"\n  - "new.example.com"\n'),
  );
  expect(edited(kubesprayFile, ['kubernetes'])).toBe(kubesprayFile);
});

test('what cannot be edited safely is said with its place', () => {
  const text = 'kind: ClusterConfiguration\napiServer:\n  certSANs: one, two\n';
  expect(editNodeFile(text, { added: [named('new.example.com')], removed: [] })).toMatchObject({
    ok: false,
    why: expect.stringMatching(/^line \d+, column \d+ of it cannot be edited safely/) as string,
  });
});

test('the command to type does the same, and keeps the mode', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-file-'));
  try {
    const file = path.join(folder, 'kubeadm-config.yaml');
    writeFileSync(file, kubesprayFile, { mode: 0o640 });
    const reading = editNodeFile(kubesprayFile, { added: [named('new.example.com')], removed: [] });
    if (!reading.ok || reading.edit === undefined) throw new Error('no edit');
    execFileSync('sh', ['-c', editCommand(file, reading.edit)]);
    expect(readFileSync(file, 'utf8')).toBe(edited(kubesprayFile, ['new.example.com']));
    expect(statSync(file).mode & 0o777).toBe(0o640);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the names are those that every control plane gets and kubeadm-config does', () => {
  const change = nameChange(planFor(buildFacts(), asking(['new.example.com'])));
  expect(change?.added.map(({ value }) => value)).toContain('new.example.com');
  expect(change?.removed).toEqual([]);
  expect(nameChange(planFor(buildFacts()))).toBeUndefined();
});
