import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { readNode } from '../../src/inspect/node/read-node.ts';
import { factsQuery } from '../../src/inspect/node/facts-script.ts';
import { clusterQuery } from '../../src/inspect/verify/cluster-script.ts';
import { verifyQuery } from '../../src/inspect/verify/verify-script.ts';
import { nodeTree } from '../support/node-tree.ts';
import { readerOnTree } from '../support/on-tree.ts';

const tree = nodeTree();
const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-strace-'));
afterAll(() => {
  tree.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What would change something, but for `open`, which is looked at by its flags. */
const changing =
  'open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,setxattr,lsetxattr,fsetxattr,mknod,mknodat,mount,umount2,kill,tgkill,connect,bind';

const shells: readonly (readonly [string, ...string[]])[] = [
  ['dash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
];

describe.each(shells.map((shell) => ({ shell })))('run by $shell', ({ shell }) => {
  test('the script tells the same as in any other shell', async () => {
    const { facts, api } = await readNode(readerOnTree(tree.root, shell).reader);
    expect(facts.unread).toEqual([]);
    const leaf = facts.certificate?.reading?.ok ? facts.certificate.reading.certificates[0] : undefined;
    const ca = facts.ca?.reading?.ok ? facts.ca.reading.certificates[0] : undefined;
    // Made by openssl there, and by node:crypto here.
    expect(facts.key?.keyFingerprint).toBe(leaf?.keyFingerprint);
    expect(facts.caKey?.keyFingerprint).toBe(ca?.keyFingerprint);
    expect(facts.pods).toHaveLength(2);
    expect(facts.loadBalancers).toHaveLength(6);
    expect(api?.serverVersion).toBe('v1.34.4');
  });

  test('no system call of it or of what it starts could change anything', async () => {
    const trace = path.join(folder, shell.join('-'));
    await readNode(
      readerOnTree(tree.root, ['strace', '-f', '-qq', '-o', trace, '-e', `trace=${changing}`, ...shell])
        .reader,
    );
    const calls = readFileSync(trace, 'utf8')
      .split('\n')
      .map((line) => line.replace(/^\d+\s+/, ''))
      .filter((line) => /^\w+\(/.test(line));
    expect(calls.length).toBeGreaterThan(100);
    const harmful = calls.filter((call) => {
      if (/^open(?:at)?\(/.test(call))
        return (
          /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(call) &&
          !call.includes('"/dev/null"') &&
          !call.includes('"/dev/tty"')
        );
      // Asking the kernel for addresses, and a name service for the names of users.
      return !/^bind\(.*AF_NETLINK|^connect\(.*AF_UNIX.*nscd/.test(call);
    });
    expect(harmful).toEqual([]);
  });
});

test.each([factsQuery, clusterQuery, verifyQuery])(
  'shells find no fault in the script of $name',
  async (query) => {
    for (const [program, ...words] of shells) {
      const done = promisify(execFile)(program, [...words, '-n', '-c', query.script]);
      await expect(done).resolves.toMatchObject({ stderr: '' });
    }
  },
);
