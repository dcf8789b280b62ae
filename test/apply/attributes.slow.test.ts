/** The new pair has owner, mode, ACL and label of the one that was in use, or it never comes into use. */
import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunFolder, runFolder } from '../support/run-folder.ts';
import type { Answers } from '../support/steps.ts';

let folder: RunFolder;
let sums: string;
beforeEach(() => {
  folder = runFolder();
  sums = folder.staged();
  folder.serves();
});
afterEach(() => folder.remove());

function live(kind: 'crt' | 'key'): string {
  return folder.at('etc/kubernetes/pki', `apiserver.${kind}`);
}

async function swapped(): Promise<Answers> {
  await folder.on.ask('take-lock');
  return folder.on.ask('swap', { sums, wait: '0' });
}

/** Nobody but root may give files away. */
const isRoot = process.getuid?.() === 0;

function give(): readonly (readonly [number, number, number])[] {
  const wanted = [
    [0o640, 1234, 5678],
    [0o604, 1234, 8765],
  ] as const;
  return (['crt', 'key'] as const).map((kind, index) => {
    const [mode = 0, uid = 0, gid = 0] = wanted[index] ?? [];
    chmodSync(live(kind), mode);
    if (isRoot) chownSync(live(kind), uid, gid);
    return attributes(kind);
  });
}

function attributes(kind: 'crt' | 'key'): readonly [number, number, number] {
  const { mode, uid, gid } = lstatSync(live(kind));
  return [mode & 0o777, uid, gid];
}

test.each([
  ['cp of coreutils', ''],
  ['cp of busybox', 'case $* in *--attributes-only*) exit 1 ;; esac\n'],
])('owner and mode, by a %s (fault 61)', async (_, refuses) => {
  folder.program('cp', `${refuses}exec /usr/bin/cp "$@"\n`);
  const before = give();
  expect((await swapped())['fault']).toBeUndefined();
  expect(folder.pair()).toEqual(['new crt', 'new key']);
  expect([attributes('crt'), attributes('key')]).toEqual(before);
});

/** The ACL of a file stands in another beside it. */
function acls(sets: string): void {
  const last = 'for file; do :; done\n';
  folder.program('getfacl', `${last}cat "$file.acl" 2>/dev/null || echo plain\n`);
  folder.program('setfacl', `${last}${sets}\n`);
  folder.program('cp', 'case $* in *--attributes-only*) exit 1 ;; esac\nexec /usr/bin/cp "$@"\n');
  writeFileSync(`${live('key')}.acl`, 'user:997:r--\n');
}

test('an ACL as well, where cp gives none (fault 60)', async () => {
  acls(`cat >"$file.acl"; cp "$file.acl" '${folder.at('given')}.'"\${file##*.}"`);
  expect((await swapped())['fault']).toBeUndefined();
  expect(readFileSync(folder.at('given.key'), 'utf8')).toBe('user:997:r--\n');
});

test.each([
  ['an ACL', () => acls('exit 1')],
  [
    'a label',
    () =>
      folder.program(
        'stat',
        `case $* in *%C*.fix-sans-*) echo '0:0 600 unlabeled_t'; exit ;; *%C*) echo '0:0 600 cert_t'; exit ;; esac\nexec /usr/bin/stat "$@"\n`,
      ),
  ],
] as const)('%s that cannot be given: nothing in use is touched (fault 60)', async (_, hinder) => {
  hinder();
  expect(await swapped()).toMatchObject({ fault: 'no-attributes' });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
  expect(existsSync(folder.at(`etc/kubernetes/pki/.fix-sans-${folder.run}`))).toBe(false);
});
