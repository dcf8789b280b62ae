/** What the steps answer that have to do with kubespray's file on a node. */
import type { Reply } from '../reach/reader.ts';
import { digestAt, type StepReply, textIn, unlessFault, whole } from './replies.ts';

/** Of kubespray's file: its text without secrets, and the digest of what lies there. */
export function readLooked(reply: Reply): StepReply<{ readonly text: string; readonly sum: string }> {
  const answer = unlessFault(reply, () => {
    const bytes = reply.frames.find(({ name }) => name === 'file')?.bytes;
    const sum = digestAt(textIn(reply, 'sum'));
    return bytes === undefined || sum === undefined ? undefined : { bytes, sum };
  });
  if (!answer.ok) return answer;
  const { bytes, sum } = answer.value;
  const text = exactText(bytes);
  return text === undefined ? { ok: false, fault: { word: 'not-utf8' } } : whole({ text, sum });
}

/** Bytes that stand for nothing would become others, three for one, and the mark at the beginning would go: no place behind them would be right. */
function exactText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function readWritten(reply: Reply): StepReply<'written'> {
  return unlessFault(reply, () => (textIn(reply, 'written') === 'yes' ? 'written' : undefined));
}

const fileResults = ['back', 'nothing', 'foreign', 'no-backup', 'failed'] as const;

export function readFileBack(reply: Reply): StepReply<(typeof fileResults)[number]> {
  return unlessFault(reply, () => fileResults.find((one) => one === textIn(reply, 'result')));
}
