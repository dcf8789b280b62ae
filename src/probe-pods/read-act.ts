/** The reply of a script that acts on a pod: what the API server said, or why it was not asked. */
import { splitAnswers } from '../inspect/api/api-facts.ts';
import type { ApiAnswer } from '../inspect/api/questions.ts';
import { nodeReply } from '../inspect/node/frames-of.ts';
import { parseRows } from '../inspect/node/texts.ts';
import { display } from '../model/display.ts';
import type { Reply } from '../reach/reader.ts';

export interface ActTold {
  /** To what was asked last. */
  readonly answer?: ApiAnswer;
  readonly events: ApiAnswer | undefined;
  /** Where there is no answer. */
  readonly why: string;
  /** The node could not ask, so nothing was made or deleted. */
  readonly isUnasked: boolean;
}

export function readAct(reply: Reply): ActTold {
  const frames = nodeReply(reply);
  const answer = [...splitAnswers(frames.bytes('api')).values()].at(-1);
  const events = splitAnswers(frames.bytes('events')).get('events');
  if (answer !== undefined) return { answer, events, why: '', isUnasked: false };
  const why = parseRows(frames.text('unread'), 2).find(([what]) => what === 'api')?.[1];
  return {
    events,
    why: why === undefined ? 'the node said nothing of it' : display(why, 300),
    isUnasked: why !== undefined,
  };
}

/** kubectl warns before it says what is wrong. */
export function saidOf(why: string): string {
  const at = /Error from server|The connection to the server|Unable to connect/.exec(why)?.index ?? 0;
  return display(why.slice(at), 300);
}
