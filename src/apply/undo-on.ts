/** The old pair of a run in its place on a node and, where the API server does not take it by itself, served after a restart of its container. */
import { ReachError } from '../reach/transport.ts';
import { undo } from './end-steps.ts';
import { clauseOf } from './faults.ts';
import type { Link } from './link.ts';
import { type Ports, restartSeconds, type Timing, waitAfterRestart } from './ports.ts';
import { readServed, readUndone, type StepReply, type Undone } from './replies.ts';
import { restart } from './restart-step.ts';

export interface UndoAsk {
  readonly of: string;
  /** Also what came to a good end, and not only what did not end. */
  readonly isBack: boolean;
  readonly endpoint: string;
  /** Of the pair in use: what has to be served where that run changed none. */
  readonly certificatePath?: string;
  /** The API server was started anew before this, and takes its time. */
  readonly wasRestarted?: boolean;
}

export interface UndoneOn extends Undone {
  readonly wasRestarted: boolean;
  /** Where it is not served after all that. */
  readonly whyNotServed: string;
}

export async function undoOn(
  link: Link,
  { of, isBack, endpoint, certificatePath = '', wasRestarted: wasBefore = false }: UndoAsk,
  { timing, ports }: { readonly timing: Timing; readonly ports: Ports },
): Promise<StepReply<UndoneOn>> {
  const wait = wasBefore ? waitAfterRestart(timing) : timing.reloadSeconds;
  const data = { of, endpoint, wait: String(wait), isBack: isBack ? '1' : '', certificate: certificatePath };
  const asked = (): Promise<StepReply<Undone>> => link.insist(undo, data, readUndone, wait);
  const first = await asked();
  if (!first.ok) return first;
  const late = `the API server did not take the old pair within ${wait} s`;
  const ended = (undone: Undone, wasRestarted: boolean, why = late): StepReply<UndoneOn> => ({
    ok: true,
    value: { ...undone, wasRestarted, whyNotServed: why },
  });
  const { result, served } = first.value;
  if ((result !== 'back' && result !== 'nothing') || served?.isServed !== false)
    return ended(first.value, false);
  ports.tell({ event: 'restarted', node: link.node.name, detail: late });
  try {
    const longer = waitAfterRestart(timing);
    const waiting = { of, endpoint, wait: String(longer) };
    const again = await link.ask(restart, waiting, readServed, longer + restartSeconds);
    if (again.ok) return ended({ result, served: again.value }, true, `${late}, nor after a restart`);
    return ended(first.value, false, `${late}; ${clauseOf(again.fault)}`);
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    // Whether it was restarted nobody heard; what is served now can be asked again.
    const last = await asked();
    return last.ok ? ended(last.value, true) : last;
  }
}
