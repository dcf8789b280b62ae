/** A root file system whose making fails or is stopped: programs that stand in for debootstrap and Docker, in a namespace of their own. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let folder = '';

/** Leaves a file and fails, or hangs, as often as the file `script` has a line for it; then does its work. */
const debootstrap = `#!/bin/sh
for target; do case $target in /*rootfs*) break ;; esac; done
read -r word rest <"$FOLDER/script" || true
sed -i 1d "$FOLDER/script"
mkdir -p "$target/usr"
echo "$word" >>"$FOLDER/tries"
case $word in
  fail) touch "$target/half"; echo 'E: Failed getting release file' >&2; exit 1 ;;
  hang) touch "$target/half" "$FOLDER/hangs"; exec sleep 60 ;;
esac
touch "$target/whole"
`;
const docker = `#!/bin/sh
[ "$1" = import ] || exit 1
tar -t >"$FOLDER/imported"
`;
const driver = `
import { debianImage } from '${root}/test/lab/rootfs.ts';
try {
  await debianImage('node', ['sudo'], { install: false });
  console.log('made');
} catch (error) {
  console.log(error.name === 'Trouble' ? 'sentence ' + error.sentence + '\\nnext ' + error.next : error.stack);
}
process.exit(0);
`;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-rootfs-'));
  mkdirSync(path.join(folder, 'bin'));
  for (const [name, content] of Object.entries({ debootstrap, docker })) {
    writeFileSync(path.join(folder, 'bin', name), content);
    chmodSync(path.join(folder, 'bin', name), 0o755);
  }
  writeFileSync(path.join(folder, 'driver.mjs'), driver);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What debootstrap does, in order; then a script in which `make` is the lab. */
async function withTries(tries: readonly string[], script: string): Promise<string[]> {
  writeFileSync(path.join(folder, 'script'), tries.map((word) => `${word}\n`).join(''));
  const isRoot = process.getuid?.() === 0;
  const { stdout } = await execa(
    'unshare',
    [
      ...(isRoot ? [] : ['--map-root-user']),
      '--mount',
      '--pid',
      '--fork',
      '--mount-proc',
      '--kill-child',
      'sh',
      '-euc',
      `PATH=$FOLDER/bin:$PATH
make() { "$NODE" --import tsx "$FOLDER/driver.mjs"; }
${script}
cat "$FOLDER/imported" 2>/dev/null || true`,
    ],
    {
      cwd: root,
      env: {
        FOLDER: folder,
        NODE: process.execPath,
        FIX_SANS_LAB_CACHE: path.join(folder, 'cache'),
        FIX_SANS_DEBIAN_MIRROR: 'http://mirror.invalid/debian',
      },
      timeout: 30_000,
    },
  );
  return stdout.split('\n').filter(Boolean);
}

test('debootstrap that fails once is tried again at once', async () => {
  expect(await withTries(['fail', 'work'], 'make')).toEqual(['made', './', './usr/', './whole']);
});

test('debootstrap that fails twice is said in one sentence, and the next run heals', async () => {
  expect(await withTries(['fail', 'fail', 'work'], 'make; make')).toEqual([
    'sentence debootstrap node (bookworm) failed: E: Failed getting release file',
    'next run this again; what was finished is kept',
    'made',
    './',
    './usr/',
    './whole',
  ]);
});

test('what a killed run left is not taken for a root file system', async () => {
  const lines = await withTries(
    ['hang', 'work'],
    `make & while [ ! -e "$FOLDER/hangs" ]; do sleep 0.05; done
kill -9 $!; wait $! || true
make`,
  );
  expect(lines).toEqual(['made', './', './usr/', './whole']);
});
