/** What the nodes remember of earlier runs: read from their journals, nothing concluded. All text is hostile. */
import type { ExitCode } from './exit-code.ts';

export interface RunsListing {
  readonly cluster?: string;
  readonly madeAt: string;
  readonly exitCode: ExitCode;
  readonly nodes: readonly NodeRuns[];
  readonly unread: readonly { readonly node: string; readonly why: string }[];
}

export interface NodeRuns {
  readonly node: string;
  /** Whoever holds the node's lock, or held it when they were last heard of. */
  readonly lock?: LockHolder;
  /** Newest first. */
  readonly runs: readonly RecordedRun[];
}

export interface LockHolder {
  readonly run: string;
  readonly by: string;
  /** By the node's own clock and boot; a lock that is not live is taken over by the next run. */
  readonly isLive: boolean;
  readonly secondsLeft: number;
}

export interface RecordedRun {
  readonly run: string;
  /** `done`, `undone`, `discarded`; where it has not ended, its last step. `damaged` or `newer` where the journal cannot be read. */
  readonly state: string;
  readonly isEnded: boolean;
  readonly steps: readonly { readonly step: string; readonly at: string }[];
  /** Whether it has the text that kubeadm-config had before. */
  readonly hasConfig: boolean;
}

/** A run is named after the time at which it began, by the clock of whoever began it. */
export function beginningOf(run: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(run) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return year === undefined || Number.isNaN(at.getTime()) ? undefined : at;
}
