/** What a run needs from outside, so that tests can be the outside. */
import type { ClusterNode } from '../model/node.ts';
import type { RunEvent } from '../model/rollout.ts';
import type { NodeChanger } from '../reach/changer.ts';
import type { HookFacts, HookName } from './hooks.ts';

export interface Ports {
  open(node: ClusterNode): Promise<NodeChanger>;
  now(): Date;
  /** Milliseconds of a clock that nobody sets. */
  clock(): number;
  sleep(milliseconds: number): Promise<void>;
  tell(event: Omit<RunEvent, 'at'>): void;
  /** Undefined where all is well, or there is none. */
  hook(name: HookName, facts: HookFacts): Promise<string | undefined>;
  /** Aborted by the first signal: what is in work is brought to its end. */
  readonly stop?: AbortSignal;
}

export interface Timing {
  readonly reloadSeconds: number;
  readonly settleSeconds: number;
  /** Between two looks at how well all of them are; a second where nothing is said. */
  readonly lookMs?: number;
  /** How long a node waits for us before it puts the old pair back. */
  readonly deadManSeconds: number;
}

/** What a restart of the API server's container may take, and what every step takes beside its waiting. */
export const restartSeconds = 60;
export const stepSeconds = 30;

/** Of these, how long a process may take to end before it is killed. */
const endingSeconds = 20;

/** However soon a reload has to be seen: the API server that was only just started anew takes its time. */
export function waitAfterRestart({ reloadSeconds }: Pick<Timing, 'reloadSeconds'>): number {
  return Math.max(reloadSeconds, restartSeconds - endingSeconds);
}

/** As `sleep` takes it. */
export function pauseOf({ lookMs = 1000 }: Pick<Timing, 'lookMs'>): string {
  return String(lookMs / 1000);
}

export interface RunName {
  readonly run: string;
  /** Who, for whoever finds the lock held. */
  readonly by: string;
  readonly timing: Timing;
}
