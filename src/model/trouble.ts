/** Why a node could not be read or an endpoint not be reached: data, one stable code each. */

/** Codes of reaching a node and running something there. */
export const reachTroubles = [
  // the way there
  'dns',
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'bastion',
  // who answers, and who we are
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
  'authentication',
  'key-file',
  'needs-openssh',
  // what may be run there
  'no-shell',
  'sudo-password',
  'sudo-refused',
  'sudo-tty',
  'not-root',
  // what came back
  'garbled',
  'too-much-output',
  'command-timeout',
  'link-lost',
  'no-program',
  'failed',
] as const;

export type ReachTroubleCode = (typeof reachTroubles)[number];

export interface ReachTrouble {
  readonly code: ReachTroubleCode;
  /** One sentence, lower case, no full stop. May hold text from outside, so display() it. */
  readonly message: string;
  /** What to do or to type next. */
  readonly hint: string;
  /** Whether the same attempt may succeed a moment later. An authentication failure never is: sshd would lock us out. */
  readonly retryable: boolean;
}

/** Refused for good: exit code 4. All others are nodes that could not be read. */
export function isRefusal({ code }: Pick<ReachTrouble, 'code'>): boolean {
  return (
    code.startsWith('host-key-') ||
    code.startsWith('sudo-') ||
    code === 'authentication' ||
    code === 'key-file' ||
    code === 'no-shell' ||
    code === 'not-root'
  );
}
