/** The words in which a step says why it did not go on, as clauses, and what each means for the run. */
import type { ExitName } from '../model/exit-code.ts';
import type { Fault } from './replies.ts';

interface Meaning {
  readonly clause: string;
  readonly exit: ExitName;
  /** What to do about it, where the clause does not say it. */
  readonly next?: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  held: { clause: 'another run holds the lock', exit: 'locked' },
  busy: {
    clause: 'another step is running there and did not come to its end',
    exit: 'locked',
    next: 'try again in a minute; fix-sans runs says who is at work',
  },
  'lock-lost': {
    clause: 'the lock of this run is gone',
    exit: 'locked',
    next: 'it ran out, or another run took it over: fix-sans runs says which',
  },
  'lock-unkept': {
    clause: 'there is no room to renew the lock of this run',
    exit: 'rolledBack',
    next: 'make room in /var there',
  },
  stale: {
    clause: 'the pair in use is no longer the one that was planned for',
    exit: 'refused',
    next: 'plan again',
  },
  moved: {
    clause: 'the pair in use is not where it was, or behind a link',
    exit: 'refused',
    next: 'plan again',
  },
  'other-file': { clause: 'somebody has changed the file meanwhile', exit: 'partial' },
  'other-bytes': {
    clause: 'what stands at that place of the file cannot be replaced safely',
    exit: 'partial',
  },
  'odd-text': {
    clause: 'the file has NUL, escapes or merged keys in it, so it cannot be edited safely',
    exit: 'partial',
  },
  'not-utf8': { clause: 'the file is not UTF-8 text, so it cannot be edited safely', exit: 'partial' },
  'other-kubeadm': {
    clause: 'kubeadm is of another version than planned for',
    exit: 'refused',
    next: 'plan again',
  },
  'two-disks': {
    clause: 'certificate and key lie on two file systems, so no rename is one step',
    exit: 'refused',
    next: 'move both to one file system first',
  },
  'no-pair': {
    clause: 'key and certificate on its disk do not belong together, so it would not start with them',
    exit: 'refused',
    next: 'put the key there that belongs to it, or the old pair back, before it is started anew',
  },
  expired: {
    clause: 'the certificate on its disk has expired',
    exit: 'refused',
    next: 'plan again: it is then signed anew',
  },
  'no-request': { clause: 'openssl made no request', exit: 'refused' },
  'no-program': {
    clause: 'a program is missing that a step needs',
    exit: 'refused',
    next: 'install it there',
  },
  'no-paths': { clause: 'a path is not absolute', exit: 'refused' },
  'run-there': { clause: 'there is a run of this name already', exit: 'refused' },
  newer: {
    clause: 'its journal is of a newer version of fix-sans',
    exit: 'refused',
    next: 'end that run with the version that made it',
  },
  'no-space': {
    clause: 'there is no room, or nothing can be written',
    exit: 'rolledBack',
    next: 'see df and mount there, for /var/lib and the folder of the pair',
  },
  'kubeadm-failed': { clause: 'kubeadm signed nothing', exit: 'rolledBack' },
  'stage-changed': {
    clause: 'what was staged is no longer what was proven',
    exit: 'rolledBack',
    next: 'find out who writes there, then plan again',
  },
  'no-attributes': {
    clause: 'owner, mode, ACL and label of the pair in use could not be given to the new one',
    exit: 'rolledBack',
  },
  'no-backup': { clause: 'the backup could not be read back', exit: 'rolledBack' },
  'no-dead-man': {
    clause: 'the dead-man switch could not be armed',
    exit: 'rolledBack',
    next: 'see there whether systemd-run works: journalctl -b -p err',
  },
  'rename-failed': {
    clause: 'the pair could not be renamed over',
    exit: 'rolledBack',
    next: 'lsattr shows files that may not be changed',
  },
  stopped: { clause: 'a signal ended the step on the node', exit: 'rolledBack' },
  'no-process': { clause: 'no kube-apiserver listens on the port of the API server', exit: 'rolledBack' },
  'no-kubelet': {
    clause: 'no kubelet runs there that would start the API server again',
    exit: 'rolledBack',
    next: 'start it: systemctl start kubelet',
  },
  'not-stopped': { clause: 'the process of the API server could not be stopped', exit: 'rolledBack' },
  staged: { clause: 'the node never began to swap the pair', exit: 'rolledBack' },
  intent: { clause: 'the swap was cut off on the node', exit: 'rolledBack' },
  undoing: { clause: 'the node is putting the old pair back', exit: 'rolledBack' },
  undone: { clause: 'the node has put the old pair back by itself', exit: 'rolledBack' },
  discarded: { clause: 'the node has thrown away what was staged', exit: 'rolledBack' },
  'no-run': { clause: 'the node knows of no such run', exit: 'rolledBack' },
  damaged: {
    clause: 'its journal is damaged',
    exit: 'needsHuman',
    next: 'look at it there, in /var/lib/fix-sans',
  },
  unreadable: {
    clause: 'the answer of the node is not what this step gives',
    exit: 'rolledBack',
    next: 'try again; where it stays so, something there writes to stdout at each login',
  },
};

export function clauseOf({ word, said }: Fault): string {
  const { clause, next } = meaningOf(word) ?? { clause: `the node says: ${word}` };
  const all = said === undefined || said.trim() === '' ? clause : `${clause}: ${lastWords(said)}`;
  return next === undefined ? all : `${all} (${next})`;
}

export function exitOfFault({ word }: Fault): ExitName {
  return meaningOf(word)?.exit ?? 'rolledBack';
}

/** A word of the node: `constructor` is none of ours. */
function meaningOf(word: string): Meaning | undefined {
  return Object.hasOwn(meanings, word) ? meanings[word] : undefined;
}

/** kubeadm ends with a remark on stack traces. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('To see the stack'));
  return (lines.find((line) => line.startsWith('error')) ?? lines.at(-1) ?? '').slice(0, 300);
}

/** Of an undo: what it means that the old pair is not in place. */
export const undoClauses = {
  back: 'the old pair is in place again',
  nothing: 'nothing was changed',
  'no-pair': 'that run has changed no pair there',
  foreign: 'the pair in use is neither the old one nor the new one: somebody else has written it',
  'no-backup': 'the backup is gone or damaged',
  failed: 'the old pair could not be put back',
  half: 'the old pair could not be put back, and the two files in use do not belong together',
  newer: 'the journal there is of a newer version of fix-sans',
  damaged: 'the journal there is damaged',
} as const;
