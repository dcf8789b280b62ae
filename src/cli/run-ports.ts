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

export function portsFor({ io, reach, hooks, log, say, stop }: PortsAsk): Ports & {
  readonly events: () => readonly RunEvent[];
} {
  const events: RunEvent[] = [];
  return {
    open: (node) => (io.openChanger ?? openChanger)(node, reach),
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
