import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Which process came out of which, and what each of them was started as. */
const ofProcesses = 'execve,clone,clone3,fork,vfork';

interface Call {
  readonly process: string;
  readonly text: string;
}

interface Trace {
  readonly calls: readonly Call[];
  readonly parents: ReadonlyMap<string, string>;
  /** argv[0] of each execve. */
  readonly programs: ReadonlyMap<string, readonly string[]>;
}

function readTrace(file: string): Trace {
  const calls: Call[] = [];
  const parents = new Map<string, string>();
  const programs = new Map<string, readonly string[]>();
  for (const { process, text } of wholeCalls(readFileSync(file, 'utf8'))) {
    const [, child] = /^(?:clone3?|v?fork)\(.* = (\d+)$/.exec(text) ?? [];
    const [, program] = /^execve\("[^"]*", \["([^"]*)"/.exec(text) ?? [];
    if (child !== undefined) parents.set(child, process);
    if (program !== undefined) programs.set(process, [...(programs.get(process) ?? []), program]);
    if (!/^(?:execve|clone3?|v?fork)\(/.test(text)) calls.push({ process, text });
  }
  return { calls, parents, programs };
}

/** Where others called meanwhile, strace breaks a call in two; one that never came back is there with its arguments. */
function wholeCalls(trace: string): readonly Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, process = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const [, first] = /^(\w+\(.*?) ?<unfinished \.\.\.>$/.exec(text) ?? [];
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    if (first !== undefined) begun.set(process, first);
    else if (rest !== undefined) {
      calls.push({ process, text: `${begun.get(process) ?? ''}${rest}` });
      begun.delete(process);
    } else if (/^\w+\(/.test(text)) calls.push({ process, text });
  }
  return [...calls, ...[...begun].map(([process, text]) => ({ process, text }))];
}

/**
 * busybox's timeout becomes the program that it was given, and leaves a grandchild behind that asks by signal 0 whether that still runs
 * and sends it the signal in the end: https://git.busybox.net/busybox/tree/coreutils/timeout.c?h=1_36_stable
 * Only that one process may do it, to that one alone, and only when it is no longer there.
 */
function isWatchOfTimeout({ process, text }: Call, { parents, programs }: Trace): boolean {
  const [, target] = /^kill\((\d+), (?:0|SIGKILL)\) += -1 ESRCH \(No such process\)$/.exec(text) ?? [];
  const child = parents.get(process) ?? '';
  return (
    target !== undefined &&
    parents.get(child) === target &&
    programs.get(target)?.includes('timeout') === true &&
    !programs.has(process) &&
    !programs.has(child)
  );
}

function isHarmful(call: Call, trace: Trace): boolean {
  const { text } = call;
  if (/^open(?:at)?\(/.test(text))
    return (
      /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(text) &&
      !text.includes('"/dev/null"') &&
      !text.includes('"/dev/tty"')
    );
  if (isWatchOfTimeout(call, trace)) return false;
  // Asking the kernel for addresses, and a name service for the names of users.
  return !/^bind\(.*AF_NETLINK|^connect\(.*AF_UNIX.*nscd/.test(text);
}

function isMeant({ text }: Call): boolean {
  return /^connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(1\), sin_addr=inet_addr\("127\.0\.0\.1"\)/.test(
    text,
  );
}

function straced(file: string, shell: readonly string[]): readonly [string, ...string[]] {
  return ['strace', '-f', '-qq', '-o', file, '-e', `trace=${changing},${ofProcesses}`, ...shell];
}

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
    const file = path.join(folder, shell.join('-'));
    await readNode(readerOnTree(tree.root, straced(file, shell)).reader);
    const trace = readTrace(file);
    expect(trace.calls.length).toBeGreaterThan(100);
    expect(trace.calls.filter((call) => isHarmful(call, trace))).toEqual([]);
  });

  test('nor of the script that dials, but for the connections that it is there for', async () => {
    const file = path.join(folder, `verify-${shell.join('-')}`);
    const { reader } = readerOnTree(tree.root, straced(file, shell));
    // Nobody listens there.
    await reader.query(verifyQuery, { own: '127.0.0.1 1 kubernetes', service: '127.0.0.1 1 kubernetes' });
    const trace = readTrace(file);
    expect(trace.calls.length).toBeGreaterThan(50);
    expect(trace.calls.filter((call) => isHarmful(call, trace) && !isMeant(call))).toEqual([]);
    expect(trace.calls.some(isMeant)).toBe(true);
  });
});

describe('a kill in a trace', () => {
  const lines = [
    '10 execve("/proc/self/exe", ["timeout", "-s", "KILL", "1", "head"], 0x1 /* 3 vars */ <unfinished ...>',
    '10 <... execve resumed>) = 0',
    '10 vfork( <unfinished ...>',
    '11 clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x1) = 12',
    '10 <... vfork resumed>) = 11',
    '10 execve("/proc/self/exe", ["head"], 0x1 /* 3 vars */) = 0',
  ];
  const gone = '= -1 ESRCH (No such process)';
  const judged = (...more: readonly string[]): readonly boolean[] => {
    const file = path.join(folder, 'made-up');
    writeFileSync(file, [...lines, ...more].join('\n'));
    const trace = readTrace(file);
    return trace.calls.map((call) => isHarmful(call, trace));
  };

  test('is harmless from the watch of a timeout to what it watched, when that is gone', () => {
    expect(judged(`12 kill(10, 0) ${gone}`, `12 kill(10, SIGKILL) ${gone}`)).toEqual([false, false]);
    const inTwo = [
      '12 kill(10, 0 <unfinished ...>',
      '11 +++ exited with 0 +++',
      `12 <... kill resumed>) ${gone}`,
    ];
    expect(judged(...inTwo)).toEqual([false]);
  });

  test.each([
    ['that reached somebody', '12 kill(10, SIGKILL) = 0'],
    ['of which the end was not seen', '12 kill(10, SIGKILL <unfinished ...>'],
    ['with another signal', `12 kill(10, SIGTERM) ${gone}`],
    ['to another process', `12 kill(1, 0) ${gone}`],
    ['to all processes', `12 kill(-1, SIGKILL) ${gone}`],
    ['by the program itself', `10 kill(10, 0) ${gone}`],
    ['by a process in between', `11 kill(10, 0) ${gone}`],
    ['by a stranger', `20 kill(10, 0) ${gone}`],
  ])('%s is harmful', (_, line) => {
    expect(judged(line)).toEqual([true]);
  });

  test('by a watch that became another program is harmful', () => {
    expect(judged('12 execve("/bin/x", ["x"], 0x1 /* 3 vars */) = 0', `12 kill(10, 0) ${gone}`)).toEqual([
      true,
    ]);
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
