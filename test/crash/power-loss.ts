/**
 * What may lie on a disk after the power went: of what was not made last any part may be there or not, in any order. A model in memory, played from what
 * strace saw; stricter than most file systems, which keep more than they promise.
 */
import path from 'node:path';
import type { Call } from './trace.ts';

/** A folder has no content; a link says where it leads. */
export interface Inode {
  readonly id: number;
  readonly kind: 'file' | 'folder' | 'link';
  content: string;
  /** What is surely there after a loss of power. */
  lasting: string;
}

/** One change of names that happens as a whole or not at all: a rename takes one away and gives another. */
interface Change {
  readonly folders: readonly string[];
  readonly gone: readonly string[];
  readonly come: readonly (readonly [name: string, inode: Inode])[];
}

export interface Disk {
  /** As whoever runs sees it, by path. */
  readonly names: Map<string, Inode>;
  /** As it surely is, without what is still on its way. */
  readonly lasting: Map<string, Inode>;
  pending: readonly Change[];
  /** Folders that were not there in the beginning. */
  readonly made: Set<string>;
}

let lastId = 0;

export function inode(kind: Inode['kind'], content: string): Inode {
  lastId += 1;
  return { id: lastId, kind, content, lasting: content };
}

export function diskOf(files: ReadonlyMap<string, Inode>): Disk {
  return { names: new Map(files), lasting: new Map(files), pending: [], made: new Set() };
}

/** False where nothing was changed that a loss of power could show. */
export function play(disk: Disk, call: Call): boolean {
  if (!call.isDone) return false;
  const { names } = disk;
  const own = names.get(call.path);
  switch (call.kind) {
    case 'make': {
      if (own !== undefined) {
        if (!call.flags.includes('O_TRUNC') || own.content === '') return false;
        own.content = '';
        return true;
      }
      const isFolder = call.syscall.startsWith('mkdir');
      if (isFolder) disk.made.add(call.path);
      const made = isFolder ? inode('folder', '') : inode('file', '');
      return change(disk, { gone: [], come: [[call.path, made]] });
    }
    case 'write': {
      if (own === undefined || call.size === 0) return false;
      const text =
        call.syscall === 'copy_file_range'
          ? (names.get(call.to)?.content ?? '')
          : call.text.slice(0, call.size);
      own.content += text;
      return true;
    }
    case 'link': {
      const isSymbolic = call.syscall.startsWith('symlink');
      const made = isSymbolic ? inode('link', call.to) : own;
      if (made === undefined) throw new Error(`nothing is known of ${call.path}`);
      return change(disk, { gone: [], come: [[isSymbolic ? call.path : call.to, made]] });
    }
    case 'rename': {
      if (own === undefined) throw new Error(`nothing is known of ${call.path}`);
      return change(disk, { gone: [call.path], come: [[call.to, own]] });
    }
    case 'remove':
      return own === undefined ? false : change(disk, { gone: [call.path], come: [] });
    case 'sync':
      return makeLast(disk, call);
  }
}

function change(disk: Disk, { gone, come }: Pick<Change, 'gone' | 'come'>): boolean {
  const target = come[0]?.[0] ?? gone[0] ?? '';
  const one: Change = { gone, come, folders: [path.dirname(target)] };
  apply(disk.names, one);
  disk.pending = [...disk.pending, one];
  return true;
}

function apply(names: Map<string, Inode>, { gone, come }: Change): void {
  for (const name of gone) names.delete(name);
  for (const [name, node] of come) names.set(name, node);
}

/** fsync of a file is about its content; of a folder, about the names in it. */
function makeLast(disk: Disk, call: Call): boolean {
  const isAll = call.syscall.startsWith('sync');
  for (const node of isAll ? disk.names.values() : [disk.names.get(call.path)])
    if (node !== undefined) node.lasting = node.content;
  const isMeant = ({ folders }: Change): boolean => isAll || folders.includes(call.path);
  for (const one of disk.pending.filter(isMeant)) apply(disk.lasting, one);
  disk.pending = disk.pending.filter((one) => !isMeant(one));
  return true;
}

/** One state of the disk: path, kind, mode and content, and which names are of one file. */
export type After = ReadonlyMap<string, { readonly inode: Inode; readonly content: string }>;

/**
 * The states that the disk may be found in now: nothing that was pending, all of it, each change of names alone or as the only one that is missing, and as
 * many more as are asked for; each with contents lost, and kept.
 */
export function statesAfter(disk: Disk, random: () => number, more: number): readonly After[] {
  const { pending } = disk;
  const chosen: readonly (readonly boolean[])[] = [
    pending.map(() => false),
    pending.map(() => true),
    ...pending.flatMap((_, own) => [
      pending.map((__, at) => at === own),
      pending.map((__, at) => at !== own),
    ]),
    ...Array.from({ length: pending.length > 2 ? more : 0 }, () => pending.map(() => random() < 0.5)),
  ];
  return chosen.flatMap((kept) => [stateOf(disk, kept, 'lost'), stateOf(disk, kept, 'kept')]);
}

function stateOf(
  { lasting, pending, made }: Disk,
  kept: readonly boolean[],
  contents: 'lost' | 'kept',
): After {
  const names = new Map(lasting);
  for (const [at, one] of pending.entries()) if (kept[at] === true) apply(names, one);
  // What lies in a folder that is not there is not there either.
  const isThere = (name: string): boolean => {
    const folder = path.dirname(name);
    return folder === '/' || ((!made.has(folder) || names.has(folder)) && isThere(folder));
  };
  return new Map(
    [...names]
      .filter(([name]) => isThere(name))
      .map(
        ([name, one]) =>
          [name, { inode: one, content: contents === 'kept' ? one.content : one.lasting }] as const,
      ),
  );
}

/** What makes two states alike. */
export function digestOf(after: After): string {
  return [...after]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([
        name,
        {
          inode: { kind, id },
          content,
        },
      ]) => `${name} ${kind} ${id} ${content}`,
    )
    .join('\n');
}
