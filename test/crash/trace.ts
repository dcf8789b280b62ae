/** What strace says of a step of a run: each system call that changes a file of the node or makes it last, and whose call it is. */
import path from 'node:path';

export type CallKind = 'write' | 'rename' | 'sync' | 'link' | 'remove' | 'make';

const kinds: Readonly<Record<string, CallKind>> = {
  write: 'write',
  pwrite64: 'write',
  writev: 'write',
  copy_file_range: 'write',
  ftruncate: 'write',
  rename: 'rename',
  renameat: 'rename',
  renameat2: 'rename',
  fsync: 'sync',
  fdatasync: 'sync',
  syncfs: 'sync',
  sync: 'sync',
  link: 'link',
  linkat: 'link',
  symlink: 'link',
  symlinkat: 'link',
  unlink: 'remove',
  unlinkat: 'remove',
  rmdir: 'remove',
  mkdir: 'make',
  mkdirat: 'make',
  open: 'make',
  openat: 'make',
  creat: 'make',
};

/** All that is asked of strace; the last ones tell whose call it is, and from which folder. */
export const tracedCalls = [
  ...Object.keys(kinds),
  'execve',
  'clone',
  'clone3',
  'fork',
  'vfork',
  'chdir',
  'fchdir',
].join(',');

export interface Call {
  readonly kind: CallKind;
  readonly syscall: string;
  /** `sh` for the script's own shell; else the program that it started, as the so-manieth of that name. */
  readonly program: string;
  readonly instance: number;
  /** Of the calls of this name: the so-manieth of its process, and of those the so-manieth on this path. */
  readonly nth: number;
  readonly nthOnPath: number;
  /** What is renamed, made, written to or synchronised. */
  readonly path: string;
  /** The other name of a rename or link; what a symbolic link says. */
  readonly to: string;
  readonly isDone: boolean;
  /** What was written. */
  readonly text: string;
  readonly size: number;
  readonly flags: string;
}

interface Tracee {
  readonly program: string;
  readonly instance: number;
  readonly cwd: string;
  readonly counts: Map<string, number>;
}

const start: Tracee = { program: 'sh', instance: 0, cwd: '/', counts: new Map() };

/** In the order in which they ended, of files below `root` alone. */
export function callsIn(trace: string, root: string): readonly Call[] {
  const tracees = new Map<string, Tracee>();
  const instances = new Map<string, number>();
  const calls: Call[] = [];
  const lines = [...linesOf(trace)];
  // A child may be on its way before its parent hears of it.
  const parents = new Map(
    lines.flatMap(({ pid, syscall, result }) =>
      /^(?:clone3?|v?fork)$/.test(syscall) ? [[result, pid] as const] : [],
    ),
  );
  for (const { pid, syscall, args, result } of lines) {
    const own = tracees.get(pid) ?? { ...(tracees.get(parents.get(pid) ?? '') ?? start), counts: new Map() };
    tracees.set(pid, own);
    if (syscall === 'execve' && result === '0') {
      tracees.set(pid, executed(own, strings(args)[0] ?? '', instances));
    } else if (syscall.endsWith('chdir') && result === '0') {
      tracees.set(pid, {
        ...own,
        cwd: path.resolve(own.cwd, strings(args)[0] ?? descriptors(args)[0] ?? ''),
      });
    }
    const call = callOf(syscall, args, result, own);
    if (call?.path.startsWith(`${root}/`) === true) calls.push(call);
  }
  return calls;
}

/** What a program starts belongs to it; the shell's own children are counted by name. */
function executed(own: Tracee, file: string, instances: Map<string, number>): Tracee {
  const program = path.basename(file);
  if (own.program !== 'sh') return { ...own, counts: new Map() };
  if (program === 'sh' && instances.size === 0) {
    instances.set('sh', 1);
    return { ...own, counts: new Map() };
  }
  const instance = (instances.get(program) ?? 0) + 1;
  instances.set(program, instance);
  return { ...own, program, instance, counts: new Map() };
}

function callOf(syscall: string, args: string, result: string, own: Tracee): Call | undefined {
  const kind = kinds[syscall];
  if (kind === undefined) return undefined;
  const [names, places] = [strings(args), descriptors(args)];
  const at = (name: string, place: string | undefined): string =>
    path.resolve(own.cwd, place?.startsWith('/') === true ? place : own.cwd, name);
  let [one, other] = ['', ''];
  if (kind === 'rename' || syscall.startsWith('link')) {
    one = at(names[0] ?? '', places[0]);
    other = at(names[1] ?? '', places[1]);
  } else if (syscall.startsWith('symlink')) [one, other] = [at(names[1] ?? '', places[0]), names[0] ?? ''];
  else if (kind === 'remove' || kind === 'make') one = at(names[0] ?? '', places[0]);
  else if (syscall === 'copy_file_range') [one, other] = [places[1] ?? '', places[0] ?? ''];
  else one = places[0] ?? '';
  const flags = /\b[OA][T_][A-Z_|]+/.exec(args.replace(/AT_FDCWD/g, ''))?.[0] ?? '';
  if (kind === 'make' && syscall.startsWith('open') && !/O_CREAT|O_TRUNC/.test(flags)) return undefined;
  const text = kind === 'write' ? (names[0] ?? '') : '';
  return {
    kind,
    syscall,
    program: own.program,
    instance: own.instance,
    nth: count(own, syscall),
    nthOnPath: count(own, `${syscall} ${one}`),
    path: one,
    to: other,
    isDone: /^\d/.test(result),
    text,
    size: Math.max(0, Number(result) || 0),
    flags,
  };
}

function count({ counts }: Tracee, what: string): number {
  const next = (counts.get(what) ?? 0) + 1;
  counts.set(what, next);
  return next;
}

interface Line {
  readonly pid: string;
  readonly syscall: string;
  readonly args: string;
  readonly result: string;
}

function* linesOf(trace: string): Generator<Line> {
  const begun = new Map<string, string>();
  for (const raw of trace.split('\n')) {
    const [, pid = '', said = ''] = /^(\d+) +(.*)$/.exec(raw) ?? [];
    const unfinished = / <unfinished \.\.\.>$/.exec(said);
    if (unfinished) {
      begun.set(pid, said.slice(0, unfinished.index));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(said);
    const whole = resumed ? (begun.get(pid) ?? '') + said.slice(resumed[0].length) : said;
    const [, syscall, args, result] = /^(\w+)\((.*)\) += (-?\d+|\?)/s.exec(whole) ?? [];
    if (syscall !== undefined && args !== undefined && result !== undefined)
      yield { pid, syscall, args, result };
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' };

/** Bytes as latin1. */
function strings(args: string): readonly string[] {
  return [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) =>
    text.replaceAll(/\\([0-7]{1,3}|.)/gs, (_, code: string) =>
      /^[0-7]/.test(code) ? String.fromCodePoint(Number.parseInt(code, 8)) : (escapes[code] ?? code),
    ),
  );
}

/** The files behind descriptors, as `-y` tells them. */
function descriptors(args: string): readonly string[] {
  const bare = args.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""');
  return [...bare.matchAll(/(?:\b\d+|AT_FDCWD)<([^>]*)>/g)].map(([, place = '']) => place);
}
