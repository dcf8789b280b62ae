/** The one port by which a node is reached: start the constant command, give it a stdin, get its output; every adapter passes one contract suite. */
import type { Duplex } from 'node:stream';
import type { ReachTrouble } from '../model/trouble.ts';

export interface Limits {
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** Output beyond this ends the command: `too-much-output`. */
  readonly outputBytes: number;
}

export const usualLimits: Limits = {
  connectTimeoutMs: 10_000,
  commandTimeoutMs: 60_000,
  outputBytes: 8 * 1024 * 1024,
};

/** Who runs the script: the user who logged in, root by sudo, or the root-owned helper that sudoers allows and nothing else. */
export type RunAs = 'login' | 'root' | 'helper';

export interface Ran {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal?: string;
  readonly stdout: Uint8Array;
  /** The last 64 KiB. */
  readonly stderr: string;
}

/** What is known of the connection, for the report. */
export interface ConnectionFacts {
  readonly transport: 'ssh2' | 'openssh' | 'docker' | 'local';
  readonly user?: string;
  readonly hostKey?: {
    readonly type: string;
    /** `SHA256:…`, as ssh-keygen -l prints it. */
    readonly fingerprint: string;
    readonly trust: 'known' | 'added' | 'openssh';
  };
  /** host:port of each bastion, first to last. */
  readonly through: readonly string[];
}

export interface Transport extends AsyncDisposable {
  /** As the user may type it: `ssh://ops@10.0.0.1:22`. */
  readonly label: string;
  readonly facts: ConnectionFacts;
  /** Only ever set by the simulator in test/, which plays a node in a folder of its own. */
  readonly isSimulated?: true;
  /**
   * Runs `/bin/sh -s` (as RunAs says) with these bytes as its stdin. No word of it comes from outside: user, host and port
   * are the transport's, everything else is in stdin. Rejects with ReachError for all that is no exit status.
   */
  run(stdin: Uint8Array, as: RunAs, limits: Limits): Promise<Ran>;
  /** A byte stream to host:port as the node's sshd dials it; absent where the transport has none. */
  dial?(host: string, port: number, timeoutMs: number): Promise<Duplex>;
}

export class ReachError extends Error {
  readonly trouble: ReachTrouble;

  constructor(trouble: ReachTrouble, options?: ErrorOptions) {
    super(trouble.message, options);
    this.name = 'ReachError';
    this.trouble = trouble;
  }
}
