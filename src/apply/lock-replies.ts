/** What a node answers to who wants its lock: who has it, who had it and is gone, and what was begun there and did not end. */
import type { Reply } from '../reach/reader.ts';
import { linesIn, type StepReply, textIn, unlessFault, whole } from './replies.ts';

export interface Holder {
  readonly run: string;
  readonly by: string;
  readonly secondsLeft: number;
}

export interface DeadHolder {
  readonly run: string;
  readonly by: string;
  /** Whether the old pair is back, by the node itself or by that run. */
  readonly isUndone: boolean;
}

export interface UnendedRun {
  readonly run: string;
  readonly state: string;
}

export type Taken =
  | { readonly state: 'held'; readonly holder: Holder }
  | { readonly state: 'taken'; readonly dead?: DeadHolder; readonly unended: readonly UnendedRun[] };

export function readTaken(reply: Reply): StepReply<Taken> {
  const holder = textIn(reply, 'holder');
  if (holder !== undefined && textIn(reply, 'fault') === 'held') {
    const [run = '', left = '', by = ''] = holder.split('\n');
    return whole({
      state: 'held',
      holder: { run, by, secondsLeft: /^\d{1,9}$/.test(left) ? Number(left) : 0 },
    });
  }
  return unlessFault(reply, () => {
    if (textIn(reply, 'lock') !== 'taken') return undefined;
    const dead = deadIn(textIn(reply, 'dead'));
    const unended = linesIn(reply, 'runs').flatMap((line) => {
      const [run = '', state = ''] = line.split(' ');
      // What is no name of a run of ours, no step of ours would take either.
      return isRunName(run) ? [{ run, state }] : [];
    });
    return { state: 'taken', ...(dead === undefined ? {} : { dead }), unended };
  });
}

function deadIn(text: string | undefined): DeadHolder | undefined {
  if (text === undefined) return undefined;
  const [run = '', by = '', state = ''] = text.split('\n');
  return { run, by, isUndone: state === 'undone' };
}

function isRunName(text: string): boolean {
  return /^[0-9a-fTZ-]{1,64}$/.test(text);
}

export function readReleased(reply: Reply): StepReply<'released'> {
  return unlessFault(reply, () => (textIn(reply, 'lock') === undefined ? undefined : 'released'));
}
