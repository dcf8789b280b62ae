/** The outside of a run: the door to the nodes, clocks, hooks, and whoever listens to what happens. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hooks, runHook } from '../apply/hooks.ts';
import type { Ports } from '../apply/ports.ts';
import { display } from '../model/display.ts';
import type { RunEvent } from '../model/rollout.ts';
import { openChanger } from '../reach/open-changer.ts';
import type { ReachOptions } from '../reach/options.ts';
import type { Io } from './io.ts';

export interface PortsAsk {
  readonly io: Io;
  readonly reach: ReachOptions;
  readonly hooks: Hooks;
  readonly log: (event: RunEvent) => void;
  readonly say: (line: string) => void;
  readonly stop?: AbortSignal;
}

/** What would stay behind if we left now. */
export interface UnderWay {
  /** A node whose pair is being changed, there or back: the dead-man switch watches over it. */
  readonly isArmed: boolean;
  readonly isLocked: boolean;
}

export function portsFor({ io, reach, hooks, log, say, stop }: PortsAsk): Ports & {
  readonly events: () => readonly RunEvent[];
  readonly underWay: () => UnderWay;
} {
  const events: RunEvent[] = [];
  const [armed, locked] = [new Set<string>(), new Set<string>()];
  return {
    open: async (node) => {
      const changer = await (io.openChanger ?? openChanger)(node, reach);
      return {
        node,
        change: async (step, data, limits) => {
          // What was asked may be done there, whether it is answered or not.
          if (step.name === 'take-lock') locked.add(node.name);
          if (step.name === 'swap' || step.name === 'undo') armed.add(node.name);
          const reply = await changer.change(step, data, limits);
          const said = new Map(reply.frames.map((one) => [one.name, one.bytes]));
          if (isOver(step.name, said)) armed.delete(node.name);
          if (isLetGo(step.name, data) && !said.has('fault')) {
            armed.delete(node.name);
            locked.delete(node.name);
          }
          return reply;
        },
        [Symbol.asyncDispose]: () => changer[Symbol.asyncDispose](),
      };
    },
    underWay: () => ({ isArmed: armed.size > 0, isLocked: locked.size > 0 }),
    now: () => new Date(),
    clock: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    tell: (told) => {
      const event: RunEvent = { at: new Date().toISOString(), ...told };
      events.push(event);
      log(event);
      say(sentenceOf(event));
    },
    hook: (name, facts) => runHook(hooks, name, facts, io.env),
    ...(stop === undefined ? {} : { stop }),
    events: () => events,
  };
}

/** By what a node answered: its pair is not in work, or no more. */
function isOver(step: string, said: ReadonlyMap<string, Uint8Array>): boolean {
  switch (step) {
    // It drops what it had staged; `undone`: it had begun.
    case 'swap':
      return said.has('fault') && !said.has('undone');
    case 'finish':
      return !said.has('fault');
    // With these two the switch goes on trying.
    case 'undo':
      return (
        said.has('result') && !/^(?:failed|half)$/.test(Buffer.from(said.get('result') ?? []).toString())
      );
    default:
      return false;
  }
}

/** Whoever takes part in a run to its end lets go of the lock with its last step. */
function isLetGo(step: string, data: Readonly<Record<string, string>>): boolean {
  return step === 'release' ? data['seconds'] === '' : data['release'] === '1';
}

const words: Readonly<Record<RunEvent['event'], string>> = {
  started: 'the run begins',
  locked: 'locked',
  healed: 'an earlier run was ended',
  staged: 'kubeadm has signed, beside the pair in use',
  'proven-staged': 'what was signed is what was planned',
  swapped: 'the new pair is in place',
  served: 'the new certificate is served',
  restarted: 'the API server is restarted',
  proven: 'proven: what is served, every API server ready, leases renewed',
  done: 'done',
  undone: 'the way back',
  failed: 'failed',
  durable: 'written',
  hook: 'a program said no',
  stopping: 'stopping',
  ended: 'the run has ended',
};

function sentenceOf({ event, node, detail }: RunEvent): string {
  const where = node === undefined ? '' : `${display(node, 80)}: `;
  return `${where}${words[event]}${detail === undefined ? '' : `: ${display(detail, 400)}`}`;
}

/** `20261121T135200Z-1a2b3c4d` */
export function newRunName(now: Date): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}
