/** The outside world of a command: stdout is the result, stderr is the talk. */
import type { Readable } from 'node:stream';
import type { openNode } from '../reach/open.ts';
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
  /** Aborted by Ctrl-C and SIGTERM, for a command that has something to put in order; asked for, it replaces the usual death. */
  readonly stop?: () => AbortSignal;
  /** Only the simulator brings one of its own, whose nodes are folders; the program never does. */
  readonly openNode?: typeof openNode;
  readonly openRehearser?: typeof openRehearser;
}

/** Colour only where a person looks: https://no-color.org and https://bixense.com/clicolors */
export function wantsColour(output: Output, env: Io['env']): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['CLICOLOR_FORCE'] ?? '0';
  if (force !== '0' && force !== '') return true;
  return output.isTTY === true && env['TERM'] !== 'dumb' && env['CLICOLOR'] !== '0';
}

/** A terminal's own width within reason; 80 for everything else, which is a file or another program. */
export function widthOf({ isTTY, columns }: Output): number {
  return isTTY === true && columns !== undefined && columns > 0 ? Math.max(50, Math.min(columns, 100)) : 80;
}
