/** How the user wants nodes to be reached, as flags and fix-sans.yaml say; every adapter takes the same. */
import type { Limits } from './transport.ts';

export interface ReachOptions {
  readonly transport: 'ssh2' | 'openssh';
  /** For nodes whose target names none. */
  readonly user?: string;
  /** None: what the ssh settings and the agent have. */
  readonly identityFiles: readonly string[];
  /** None: what the ssh settings say. */
  readonly knownHostsFiles?: readonly string[];
  readonly acceptNewHostKeys: boolean;
  /** `none`: no file at all. Undefined: the user's and the system's. */
  readonly sshConfigFile?: string;
  /** How to be root on the node: by sudo, not at all, or through the root-owned helper that sudoers allows. */
  readonly become: 'sudo' | 'none' | 'helper';
  /** Asked for when a sudo first wants it; the same answer serves every node. */
  readonly becomePassword?: () => Promise<string>;
  /** Somebody sits at a terminal and can be asked. */
  readonly isInteractive: boolean;
  readonly ask: (question: string, options?: { readonly isSecret?: boolean }) => Promise<string>;
  /** Keeps everybody else from the terminal, from now until the answer is called: somebody is asked something there. */
  readonly holdTerminal?: () => () => void;
  readonly limits: Limits;
  /** A line for stderr. Already safe to show. */
  readonly say: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}
