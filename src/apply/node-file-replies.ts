/** What the steps answer that have to do with kubespray's file on a node. */
import type { Reply } from '../reach/reader.ts';
import { digestAt, type StepReply, textIn, unlessFault } from './replies.ts';

/** Of kubespray's file: its text without secrets, and the digest of what lies there. */
export function readLooked(reply: Reply): StepReply<{ readonly text: string; readonly sum: string }> {
  return unlessFault(reply, () => {
    const [text, sum] = [textIn(reply, 'file'), digestAt(textIn(reply, 'sum'))];
    return text === undefined || sum === undefined ? undefined : { text, sum };
  });
}

export function readWritten(reply: Reply): StepReply<'written'> {
  return unlessFault(reply, () => (textIn(reply, 'written') === 'yes' ? 'written' : undefined));
}

const fileResults = ['back', 'nothing', 'foreign', 'no-backup', 'failed'] as const;

export function readFileBack(reply: Reply): StepReply<(typeof fileResults)[number]> {
  return unlessFault(reply, () => fileResults.find((one) => one === textIn(reply, 'result')));
}
