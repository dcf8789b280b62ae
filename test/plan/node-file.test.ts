/** kubespray's file on a node: one edit in bytes, and nothing of the other documents. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

describe('the command to type', () => {
  let folder: string;
  let file: string;
  const sum = createHash('sha256').update(kubesprayFile).digest('hex');
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-file-'));
    file = path.join(folder, 'kubeadm-config.yaml');
    writeFileSync(file, kubesprayFile, { mode: 0o640 });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function typed(): number | null {
    const reading = editNodeFile(kubesprayFile, { added: [named('new.example.com')], removed: [] });
    if (!reading.ok || reading.edit === undefined) throw new Error('no edit');
    return spawnSync('sh', ['-c', editCommand(file, sum, reading.edit)]).status;
  }

  test('does the same, keeps the mode and leaves nothing beside', () => {
    expect(typed()).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(edited(kubesprayFile, ['new.example.com']));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['kubeadm-config.yaml']);
  });

  test('does nothing to a file that is another by then', () => {
    const theirs = `# by hand\n${kubesprayFile}`;
    writeFileSync(file, theirs);
    expect(typed()).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(theirs);
  });

  test('writes through no link that lies beside it', () => {
    const other = path.join(folder, 'other');
    writeFileSync(other, 'theirs');
    symlinkSync(other, `${file}.new`);
    expect(typed()).not.toBe(0);
    expect(readFileSync(other, 'utf8')).toBe('theirs');
    expect(readFileSync(file, 'utf8')).toBe(kubesprayFile);
  });
});

test('names behind the mask are not taken for names', () => {
  const text = 'kind: ClusterConfiguration\napiServer:\n  certSANs:\n  - "__________"\n';
  expect(editNodeFile(text, { added: [named('new.example.com')], removed: [] })).toMatchObject({
    ok: false,
    why: expect.stringContaining('cannot be told from what is secret') as string,
  });
});

test('a last line without an end stays as it is, so that nothing of it has to be known', () => {
  const text = 'kind: ClusterConfiguration\napiServer:\n  certSANs:\n  - "kubernetes"\ntoken: ___';
  const end = 'kind: ClusterConfiguration\ntoken: ___';
  const change = { added: [named('new.example.com')], removed: [] };
  expect(editNodeFile(text, change)).toMatchObject({ ok: true, edit: { drop: 0, gone: '' } });
  expect(editNodeFile(end, change)).toMatchObject({
    ok: true,
    edit: { at: end.length, drop: 0, gone: '', insert: expect.stringMatching(/^\napiServer:/) as string },
  });
});

test('the names are those that every control plane gets and kubeadm-config does', () => {
  const change = nameChange(planFor(buildFacts(), asking(['new.example.com'])));
  expect(change?.added.map(({ value }) => value)).toContain('new.example.com');
  expect(change?.removed).toEqual([]);
  expect(nameChange(planFor(buildFacts()))).toBeUndefined();
});
