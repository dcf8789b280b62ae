/** A rollout: what was done on each node, in which order, with which proof. The report, the exit code and the events are made from it. */
import type { ExitCode } from './exit-code.ts';
import type { NextStep } from './inspection.ts';
import type { San } from './san.ts';

export interface Rollout {
  /** `20261121T135200Z-1a2b3c4d`: sorts by time, and is safe as a name of a file. */
  readonly run: string;
  readonly kind: 'apply' | 'rollback';
  readonly cluster?: string;
  readonly by: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitCode: ExitCode;
  /** In the order in which they were to be changed. */
  readonly nodes: readonly NodeOutcome[];
  readonly durable: readonly DurableOutcome[];
  readonly probe: ProbeTally;
  readonly events: readonly RunEvent[];
  /** Said once, where a second signal or a lost link left something armed. */
  readonly left: readonly string[];
  readonly next: readonly NextStep[];
}

export interface NodeOutcome {
  readonly node: string;
  /**
   * `done`: proven by handshake. `nothing`: it was as planned already. `untouched`: not begun, or given up before anything was changed.
   * `undone`: the old pair is in place again and served. `stuck`: it could not be put back. `unknown`: the link was lost, and the dead-man switch decides.
   */
  readonly state: 'done' | 'nothing' | 'untouched' | 'undone' | 'stuck' | 'unknown';
  /** Where it is not done: what failed, as a clause. With `nothing`: why there was nothing to take back. */
  readonly why?: string;
  /** It was left for later on purpose: by --only, or until a request is signed. */
  readonly waits?: true;
  /** What to type on the node, word for word; only where a human is needed. */
  readonly commands: readonly string[];
  readonly before?: ServedCertificate;
  readonly after?: ServedCertificate;
  /** Of the rename until the new certificate was served, by the node's own clock. */
  readonly servedAfterMs?: number;
  readonly wasRestarted: boolean;
  /** Of an earlier run that was found unfinished and healed first. */
  readonly healed: readonly string[];
  readonly backup?: string;
}

export interface ServedCertificate {
  readonly fingerprint: string;
  readonly serial: string;
  readonly names: readonly San[];
  readonly notAfter: string;
}

export interface DurableOutcome {
  /** `node-file`: kubespray's copy of kubeadm's configuration on a control plane. */
  readonly kind: 'kubeadm-config' | 'node-file' | 'inventory' | 'advice';
  readonly where: string;
  readonly state: 'written' | 'nothing' | 'failed' | 'left-to-you';
  readonly why?: string;
  /** To finish it by hand. */
  readonly command?: string;
}

/** Handshakes while it ran, of each endpoint. */
export interface ProbeTally {
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly from: 'here' | 'a-node';
    readonly handshakes: number;
    readonly failed: number;
    /** Between two good ones. */
    readonly longestGapMs: number;
    readonly firstFailure?: string;
  }[];
}

export interface RunEvent {
  readonly at: string;
  readonly node?: string;
  readonly event:
    | 'started'
    | 'locked'
    | 'healed'
    | 'staged'
    | 'proven-staged'
    | 'swapped'
    | 'served'
    | 'restarted'
    | 'proven'
    | 'done'
    | 'undone'
    | 'failed'
    | 'durable'
    | 'hook'
    | 'stopping'
    | 'ended';
  readonly detail?: string;
}
