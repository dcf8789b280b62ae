/** A run's line to one node: each step is one exec; a line that broke is made anew, and what is in doubt is asked for by another step. */
import { isRefusal } from '../model/trouble.ts';
import type { ClusterNode } from '../model/node.ts';
import type { Change, NodeChanger } from '../reach/changer.ts';
import type { Reply } from '../reach/reader.ts';
import { ReachError } from '../reach/transport.ts';
import { release, take } from './lock-steps.ts';
import { type Ports, type RunName, stepSeconds } from './ports.ts';
import { readTaken } from './lock-replies.ts';
import type { StepReply } from './replies.ts';

export type Data = Readonly<Record<string, string>>;

export interface Link {
  readonly node: ClusterNode;
  /** Once. Rejects with ReachError. `within`: for how many seconds the step may wait by itself. */
  ask<T>(
    step: Change,
    data: Data,
    read: (reply: Reply) => StepReply<T>,
    within?: number,
  ): Promise<StepReply<T>>;
  /** Only steps that come to the same whether they are run once or twice; until the node can no longer be waiting for us. */
  insist<T>(
    step: Change,
    data: Data,
    read: (reply: Reply) => StepReply<T>,
    within?: number,
  ): Promise<StepReply<T>>;
  /** By our clock: when the node, having heard nothing more, will have put the old pair back. */
  deadline(): Date;
  close(): Promise<void>;
}

const pauseMs = 2000;
/** The dead-man switch looks each second, and has to put two files back. */
const slackMs = 15_000;

export function linkTo(node: ClusterNode, { run, by, timing }: RunName, ports: Ports): Link {
  const seconds = String(timing.deadManSeconds);
  let changer: NodeChanger | undefined;
  let heardAt = ports.clock();
  // What was asked may have arrived there, whether we heard of it or not.
  let askedOn = ports.now();

  async function close(): Promise<void> {
    const open = changer;
    changer = undefined;
    try {
      await open?.[Symbol.asyncDispose]();
    } catch {
      // A line that is broken has nothing to say at its end.
    }
  }

  // The renewing of the lock goes on beside the steps. One after the other: neither may end the line of the other, nor open a second one.
  let before: Promise<unknown> = Promise.resolve();
  function ask<T>(...asked: Parameters<typeof askNow<T>>): Promise<StepReply<T>> {
    const answer = before.then(async () => askNow(...asked));
    before = answer.catch(() => undefined);
    return answer;
  }

  async function askNow<T>(
    step: Change,
    data: Data,
    read: (reply: Reply) => StepReply<T>,
    within = 0,
  ): Promise<StepReply<T>> {
    const speaksToSwitch = step !== take && step !== release;
    try {
      changer ??= await ports.open(node);
      // A step that only has to do with the lock says nothing to the dead-man switch.
      if (speaksToSwitch) askedOn = ports.now();
      const commandTimeoutMs = (within + stepSeconds) * 1000;
      const reply = await changer.change(step, { run, by, seconds, ...data }, { commandTimeoutMs });
      if (speaksToSwitch) heardAt = ports.clock();
      return read(reply);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function insist<T>(
    step: Change,
    data: Data,
    read: (reply: Reply) => StepReply<T>,
    within = 0,
  ): Promise<StepReply<T>> {
    const began = ports.clock();
    for (;;) {
      const isLate = ports.clock() > Math.max(heardAt, began) + timing.deadManSeconds * 1000 + slackMs;
      try {
        const since = heardAt;
        const answer = await ask(step, data, read, within);
        if (answer.ok || (answer.fault.word !== 'busy' && answer.fault.word !== 'lock-lost')) return answer;
        // Only what was done counts as heard.
        heardAt = since;
        if (isLate || (answer.fault.word === 'lock-lost' && !(await isTakenAgain()))) return answer;
      } catch (error) {
        if (isLate || !(error instanceof ReachError) || isRefusal(error.trouble)) throw error;
      }
      await ports.sleep(pauseMs);
    }
  }

  /** It ran out while the line was down; whoever has it now will heal what we began. */
  async function isTakenAgain(): Promise<boolean> {
    const answer = await ask(take, {}, readTaken);
    return answer.ok && answer.value.state === 'taken';
  }

  return {
    node,
    ask,
    insist,
    deadline: () => new Date(askedOn.getTime() + timing.deadManSeconds * 1000 + slackMs),
    close: async () => {
      await before;
      await close();
    },
  };
}
