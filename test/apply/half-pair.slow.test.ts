/** On the way back the two files in use belong together at each moment at which somebody could be left with them. */
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunFolder, runFolder } from '../support/run-folder.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = runFolder();
});
afterEach(() => folder.remove());

/** A `mv` that fails where the certificate is to be renamed over, the first so many times. */
function certificateFails(times: number): void {
  const count = folder.at('tries');
  folder.program(
    'mv',
    `case $* in *old.crt*pki/apiserver.crt)
  count=$(($(cat '${count}' 2>/dev/null || echo 0) + 1)); echo "$count" >'${count}'
  [ "$count" -gt ${times} ] || exit 1 ;;
esac
exec /usr/bin/mv "$@"
`,
  );
}

test('the certificate cannot be renamed: the new key is put in its place again, and it is told that the old pair is not back (fault 59)', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  certificateFails(99);
  expect(await folder.undone('')).toMatchObject({ result: 'failed' });
  expect(folder.pair()).toEqual(['new crt', 'new key']);
  expect(readFileSync(folder.own('journal'), 'utf8')).toContain('\nstuck-failed ');
  rmSync(folder.at('usr/bin/mv'));
  expect(await folder.undone('')).toMatchObject({ result: 'back' });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
});

test('it can be renamed a moment later: the old pair is back', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  certificateFails(1);
  expect(await folder.undone('')).toMatchObject({ result: 'back' });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
});

test('not even the new key can be put in its place again: that the two do not belong together is told, and the next try ends it', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  folder.program(
    'mv',
    `case $* in *old.crt*pki/apiserver.crt | *new.key*pki/apiserver.key) exit 1 ;; esac\nexec /usr/bin/mv "$@"\n`,
  );
  expect(await folder.undone('')).toMatchObject({ result: 'half' });
  expect(folder.pair()).toEqual(['new crt', 'old key']);
  expect(readFileSync(folder.own('journal'), 'utf8')).toContain('\nstuck-half ');
  rmSync(folder.at('usr/bin/mv'));
  expect(await folder.undone('')).toMatchObject({ result: 'back' });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
});

test('a rollback of a run that has ended stays unfinished in that case, so that the switch and the next run go on with it', async () => {
  folder.begun(['staged', 'intent', 'swapped', 'proven', 'done'], 'ended');
  certificateFails(99);
  expect(await folder.undone('1', folder.as())).toMatchObject({ result: 'failed' });
  expect(folder.pair()).toEqual(['new crt', 'new key']);
  expect(readFileSync(folder.own('journal'), 'utf8')).toContain('\nstuck-failed ');
});

test('where no second name can be given to the new key, the old pair is put back all the same', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  folder.program('ln', 'exit 1\n');
  folder.program('cp', `case $* in *new.key) exit 1 ;; esac\nexec /usr/bin/cp "$@"\n`);
  expect(await folder.undone('')).toMatchObject({ result: 'back' });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
});

test('a copy of the old certificate that was cut off before it had its mode is not taken for it', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  chmodSync(folder.own('old.crt'), 0o644);
  folder.program(
    'cp',
    `for one; do from=$to to=$one; done
case $to in *.crt) /usr/bin/cat "$from" >"$to"; exit 1 ;; esac
exec /usr/bin/cp "$@"
`,
  );
  expect(await folder.undone('')).toMatchObject({ result: 'failed' });
  rmSync(folder.at('usr/bin/cp'));
  expect(await folder.undone('')).toMatchObject({ result: 'back' });
  expect(statSync(folder.at('etc/kubernetes/pki/apiserver.crt')).mode & 0o777).toBe(0o644);
});

test('where the sum of a journal cannot be made, since its program is killed, the journal stays as it was and is believed (fault 33)', async () => {
  folder.begun(['staged', 'intent', 'swapped']);
  folder.program(
    'sha256sum',
    `case $(readlink /proc/self/fd/0) in */journal.new) kill -KILL $$ ;; esac\nexec /usr/bin/sha256sum "$@"\n`,
  );
  const before = readFileSync(folder.own('journal'), 'utf8');
  await folder.undone('');
  expect(folder.pair()).toEqual(['old crt', 'old key']);
  expect(readFileSync(folder.own('journal'), 'utf8')).toBe(before);
  rmSync(folder.at('usr/bin/sha256sum'));
  expect(await folder.undone('')).toMatchObject({ result: 'nothing' });
  expect(readFileSync(folder.own('ended'), 'utf8')).toContain('\nundone ');
});
