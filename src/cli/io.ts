/** The outside world of a command: stdout is the result, stderr is the talk. */
import type { Readable } from 'node:stream';
import type { ExitCode } from '../model/exit-code.ts';
import type { openNode } from '../reach/open.ts';
import type { openChanger } from '../reach/open-changer.ts';
import type { openPodMaker } from '../reach/open-pod-maker.ts';
import type { openRehearser } from '../reach/open-rehearser.ts';

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the program is called here, for commands that it prints; `fix-sans` where nothing is said. */
  readonly called?: string;
  /** The clock; the system's where nothing is said. */
  readonly now?: () => Date;
  /** Aborted by Ctrl-C and SIGTERM, for a command that has something to put in order; asked for, it replaces the usual death. */
  readonly stop?: () => AbortSignal;
  /** What is said where a second signal ends the process at once. */
  readonly atSecondStop?: (lastWords: () => string) => void;
  /** For who changes something: the exit code in place of 0 where stdout cannot be written. For all others that is 1, at once. */
  readonly atLostResult?: (code: ExitCode) => void;
  /** Does what Ctrl-C does elsewhere, where the terminal gives the key itself. */
  readonly interrupt?: () => void;
  /** Only the simulator brings one of its own, whose nodes are folders; the program never does. */
  readonly openNode?: typeof openNode;
  readonly openRehearser?: typeof openRehearser;
  readonly openChanger?: typeof openChanger;
  readonly openPodMaker?: typeof openPodMaker;
}

/** Colour only where a person looks: https://no-color.org and https://bixense.com/clicolors */
export function wantsColour(output: Output, env: Io['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['CLICOLOR_FORCE'] ?? '0';
  if (force !== '0' && force !== '') return true;
  return output.isTTY === true && env['TERM'] !== 'dumb' && env['CLICOLOR'] !== '0';
}

/** COLUMNS where somebody exports it, else the terminal's own width; 100 for everything else, which is a file or another program. */
export function widthOf({ isTTY, columns = 0 }: Output, { COLUMNS = '' }: Io['env']): number {
  const asked = /^[1-9]\d{1,3}$/.test(COLUMNS) ? Number(COLUMNS) : undefined;
  const own = isTTY === true && columns > 0 ? columns : 100;
  // Narrower nobody can read a table, and wider nobody a sentence.
  return Math.max(50, Math.min(asked ?? own, 200));
}
