/** Which runs of the past a node keeps: what came to nothing pushes no good backup out, and what only made names last is kept as others are. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalOf, type RunFolder, runFolder } from '../support/run-folder.ts';
import type { Answers } from '../support/steps.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = runFolder();
});
afterEach(() => folder.remove());

/** One that swapped has the old pair. */
function earlier(run: string, ...states: readonly string[]): void {
  mkdirSync(folder.at('var/lib/fix-sans', run), { recursive: true, mode: 0o700 });
  writeFileSync(folder.at('var/lib/fix-sans', run, 'ended'), journalOf(states));
  if (states.includes('swapped')) writeFileSync(folder.at('var/lib/fix-sans', run, 'old.key'), 'old key');
}

function kept(): readonly string[] {
  return readdirSync(folder.at('var/lib/fix-sans')).filter((name) => /^\d{8}T/.test(name));
}

const ending = { keep: '2', release: '', summary: 'a test', admin: '/x', patch: '' };

function days(from: number, to: number): readonly string[] {
  return Array.from(
    { length: to - from },
    (_, day) => `202601${String(from + day).padStart(2, '0')}T000000Z-00000000`,
  );
}

test('the newest good ones and the newest others, each kind for itself', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  for (const run of days(1, 4)) earlier(run, 'staged', 'swapped', 'done');
  earlier('20260104T000000Z-00000000', 'staged', 'swapped', 'done', 'undoing', 'undone');
  for (const run of days(5, 9)) earlier(run, 'staged', 'discarded');
  await folder.on.ask('take-lock');
  await folder.on.ask('finish', ending);
  expect(kept()).toEqual([
    '20260104T000000Z-00000000',
    '20260107T000000Z-00000000',
    '20260108T000000Z-00000000',
    folder.run,
  ]);
});

test('runs with no pair to go back to push out none that has one, and what somebody copied is theirs', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  earlier('20260101T000000Z-00000000', 'staged', 'swapped', 'done');
  earlier('20260101T000000Z-00000000.keep', 'staged', 'swapped', 'done');
  for (const run of days(2, 6)) earlier(run, 'restarting', 'done');
  await folder.on.ask('take-lock');
  await folder.on.ask('finish', ending);
  expect(kept()).toEqual([
    '20260101T000000Z-00000000',
    '20260101T000000Z-00000000.keep',
    '20260104T000000Z-00000000',
    '20260105T000000Z-00000000',
    folder.run,
  ]);
});

/** What the API has; a patch puts a new text there. */
function api(): void {
  writeFileSync(folder.at('config'), 'old\n');
  folder.program(
    'kubectl',
    `case $* in *patch*) echo new >'${folder.at('config')}' ;; *) cat '${folder.at('config')}' ;; esac\n`,
  );
}

async function onlyNames(isBack = ''): Promise<Answers> {
  await folder.on.ask('take-lock');
  return folder.on.ask('finish', { ...ending, isBack, patch: '[]' });
}

test('a run that only made names last is remembered as done, kept by the next, and there is no pair of it to take back', async () => {
  api();
  expect(await onlyNames()).toMatchObject({ ended: 'done', config: 'new\n' });
  // Asked again, since the answer was lost.
  expect(await onlyNames()).toMatchObject({ ended: 'done', config: 'new\n' });
  expect(readFileSync(folder.own('kubeadm-config.old'), 'utf8')).toBe('old\n');
  rmSync(folder.at('var/lib/fix-sans/lock'));
  const next = folder.as();
  expect(await next.ask('take-lock')).toMatchObject({ lock: 'taken', runs: '' });
  expect(kept()).toEqual([folder.run]);
  folder.serves();
  writeFileSync(folder.at('etc/kubernetes/pki/apiserver.crt'), 'in use');
  const data = { of: folder.run, isBack: '1', wait: '0', certificate: '/etc/kubernetes/pki/apiserver.crt' };
  const undone = await next.ask('undo', data);
  expect(undone).toMatchObject({ result: 'no-pair', served: expect.stringMatching(/^\d+$/) as string });
});

test('cut off before its journal had its other name it is done all the same', async () => {
  api();
  await onlyNames();
  const text = readFileSync(folder.own('ended'), 'utf8');
  rmSync(folder.own('ended'));
  writeFileSync(folder.own('journal'), text);
  expect(await folder.undone('', folder.on)).toMatchObject({ result: 'nothing' });
  expect(existsSync(folder.own('journal'))).toBe(false);
  expect(readFileSync(folder.own('ended'), 'utf8')).toContain('\ndone ');
});

test('where nothing was written, and where it is the way back of another run, there is none to remember', async () => {
  api();
  folder.program('kubectl', `case $* in *patch*) exit 1 ;; *) cat '${folder.at('config')}' ;; esac\n`);
  expect(await onlyNames()).toMatchObject({ ended: 'none', 'config-fault': '' });
  api();
  expect(await onlyNames('1')).toMatchObject({ ended: 'none', config: 'new\n' });
  rmSync(folder.at('var/lib/fix-sans/lock'));
  await folder.as().ask('take-lock');
  expect(kept()).toEqual([]);
});
