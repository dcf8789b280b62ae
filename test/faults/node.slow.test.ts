/** Rows of docs/robustness.md about the two files on a node and the lock beside them, by real mechanisms of the kernel. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunFolder, runFolder } from '../support/run-folder.ts';
import type { StepsOn } from '../support/steps.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = runFolder();
  folder.serves();
});
afterEach(() => folder.remove());

const kinds = ['crt', 'key'] as const;

function live(kind: string): string {
  return folder.at('etc/kubernetes/pki', `apiserver.${kind}`);
}

async function swapped(sums: string, by: StepsOn = folder.on): Promise<string | undefined> {
  await by.ask('take-lock');
  return (await by.ask('swap', { sums, wait: '0' }))['fault'];
}

test('of two that find the lock of a dead holder exactly one has it, forty times (fault 52)', async () => {
  mkdirSync(folder.at('var/lib/fix-sans'), { recursive: true, mode: 0o700 });
  for (let round = 0; round < 40; round += 1) {
    writeFileSync(
      folder.at('var/lib/fix-sans/lock'),
      `20261101T120000Z-0000dead\nother-boot\n99999999\nalice\n`,
    );
    const both = [folder.as(), folder.as()];
    const answers = await Promise.all(both.map((one) => one.ask('take-lock')));
    const winner = answers.findIndex(({ lock }) => lock === 'taken');
    expect(answers[1 - winner]).toMatchObject({ fault: 'held' });
    expect(answers[1 - winner]?.['holder']?.split('\n')[0]).toBe(both[winner]?.run);
    expect(answers[winner]?.['dead']).toContain('20261101T120000Z-0000dead');
  }
});

test('somebody writes the certificate after it was compared, a moment before the rename: theirs stays (fault 57)', async () => {
  const sums = folder.staged();
  // The dead-man switch is started between the two looks.
  folder.program('setsid', `printf theirs >'${live('crt')}'\nexec /usr/bin/setsid "$@"\n`);
  expect(await swapped(sums)).toBe('stale');
  expect(folder.pair()).toEqual(['theirs', 'old key']);
  expect(readdirSync(folder.at('etc/kubernetes/pki')).toSorted()).toEqual(['apiserver.crt', 'apiserver.key']);
});

describe('the disk is full in the swap, at exactly one', () => {
  test.each(['sync', 'mv', 'cp'])(
    '%s, whichever it is: the pair is the old one or the new one (fault 23)',
    async (name) => {
      const counts = folder.at('count');
      const seen: (string | undefined)[] = [];
      for (let number = 1; number <= 20; number += 1) {
        const sums = folder.staged();
        await folder.on.ask('take-lock');
        writeFileSync(counts, '0');
        folder.program(
          name,
          `count=$(($(cat '${counts}') + 1))
echo "$count" >'${counts}'
if [ "$count" = ${number} ]; then echo '${name}: No space left on device' >&2; exit 1; fi
exec /usr/bin/${name} "$@"
`,
        );
        const { fault } = await folder.on.ask('swap', { sums, wait: '0' });
        rmSync(folder.at('usr/bin', name));
        const isReached = Number(readFileSync(counts, 'utf8')) >= number;
        const pair = folder.pair().join(', ');
        expect(pair, `${name} ${number}: ${fault}`).toBe(
          fault === undefined ? 'new crt, new key' : 'old crt, old key',
        );
        rmSync(folder.at('var/lib/fix-sans'), { recursive: true, force: true });
        rmSync(folder.at(`etc/kubernetes/pki/.fix-sans-${folder.run}`), { recursive: true, force: true });
        if (!isReached) break;
        seen.push(fault);
      }
      expect(new Set(seen)).not.toEqual(new Set([undefined]));
      expect(seen.length).toBeGreaterThan(3);
    },
  );
});

/** setxattr(2) and getxattr(2), which Node does not have and perl has everywhere where there is a /usr/bin/perl. */
function xattr(...words: readonly string[]): string {
  const [set, get] = process.arch === 'arm64' ? [5, 8] : [188, 191];
  const script = `my ($how, $file, $name, $value) = @ARGV;
if ($how eq "set") { my $all = pack("H*", $value); exit(syscall(${set}, $file, $name, $all, length($all), 0) == 0 ? 0 : 1) }
my $all = "\\0" x 256; my $size = syscall(${get}, $file, $name, $all, 256); print unpack("H*", substr($all, 0, $size)) if $size > 0;`;
  return execFileSync('perl', ['-e', script, ...words], { encoding: 'utf8' });
}

/** u::rw- u:997:r-- g::r-- m::r-- o::---, as the kernel keeps it: https://man7.org/linux/man-pages/man5/acl.5.html */
function acl(): string {
  const all = Buffer.alloc(4 + 5 * 8, 0xff);
  all.writeUInt32LE(2, 0);
  const entries = [
    [1, 6],
    [2, 4, 997],
    [4, 4],
    [16, 4],
    [32, 0],
  ] as const;
  for (const [index, [tag, permissions, id = 0xffffffff]] of entries.entries()) {
    all.writeUInt16LE(tag, 4 + index * 8);
    all.writeUInt16LE(permissions, 6 + index * 8);
    all.writeUInt32LE(id, 8 + index * 8);
  }
  return all.toString('hex');
}

test('extended attributes and an ACL are the same on the new files, in the backup and after the way back (fault 60)', async () => {
  const sums = folder.staged();
  const wanted = kinds.map(
    (kind) => ['user.label', Buffer.from(`cert_t of ${kind}`).toString('hex')] as const,
  );
  for (const [index, kind] of kinds.entries()) {
    xattr('set', live(kind), ...(wanted[index] ?? ['', '']));
    xattr('set', live(kind), 'system.posix_acl_access', acl());
  }
  const attributes = (at: (kind: string) => string): readonly string[] =>
    kinds.flatMap((kind) =>
      ['user.label', 'system.posix_acl_access'].map((name) => xattr('get', at(kind), name)),
    );
  const before = attributes(live);
  expect(before).toEqual(wanted.flatMap(([, value]) => [value, acl()]));
  expect(await swapped(sums)).toBeUndefined();
  expect(folder.pair()).toEqual(['new crt', 'new key']);
  expect(attributes(live)).toEqual(before);
  expect(attributes((kind) => folder.own(`old.${kind}`))).toEqual(before);
  expect(await folder.on.ask('undo', { of: folder.run, isBack: '', wait: '0' })).toMatchObject({
    result: 'back',
  });
  expect(folder.pair()).toEqual(['old crt', 'old key']);
  expect(attributes(live)).toEqual(before);
});

function owners(): readonly unknown[] {
  return kinds.map((kind) => {
    const { mode, uid, gid } = lstatSync(live(kind));
    return [mode.toString(8), uid, gid];
  });
}

describe('whoever logs in has a umask of', () => {
  test.each(['000', '0777', '077'])(
    '%s: owner and mode of the pair stay, and the run is for root alone (fault 61)',
    async (umask) => {
      const sums = folder.staged();
      const isRoot = process.getuid?.() === 0;
      for (const [kind, mode] of [
        ['crt', 0o644],
        ['key', 0o640],
      ] as const) {
        chmodSync(live(kind), mode);
        if (isRoot) chownSync(live(kind), 1234, 5678);
      }
      const before = owners();
      const by = folder.as(folder.run, ['/bin/sh', '-c', `umask ${umask}; exec /bin/sh "$@"`, 'sh']);
      expect(await swapped(sums, by)).toBeUndefined();
      expect(owners()).toEqual(before);
      const made = ['journal', 'deadline', 'new.crt'].map((file) => lstatSync(folder.own(file)).mode & 0o077);
      expect(made).toEqual([0, 0, 0]);
      expect(readFileSync(folder.own('old.key'), 'utf8')).toBe('old key');
    },
  );
});
