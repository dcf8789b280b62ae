/** One line on a terminal while nodes are read: how many are done, running and failed, and which is the slowest. */
import { display } from '../model/display.ts';
import type { Io } from './io.ts';

export interface Progress {
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly total: number;
  /** The node that has been running longest. */
  readonly slowest?: string;
}

export interface ProgressLine {
  show(progress: Progress): void;
  clear(): void;
  /** Takes it away for as long as somebody else writes to the terminal: until the answer is called. */
  hold(): () => void;
}

export function progressLine(io: Io, isQuiet: boolean): ProgressLine {
  if (isQuiet || io.stderr.isTTY !== true || io.env['TERM'] === 'dumb')
    return { show: () => undefined, clear: () => undefined, hold: () => () => undefined };
  const columns = Math.max(20, io.stderr.columns ?? 80);
  let isShown = false;
  let holders = 0;
  let last: string | undefined;
  const write = (): void => {
    if (holders > 0 || last === undefined) return;
    io.stderr.write(`\r\u001b[K${last}`);
    isShown = true;
  };
  const takeAway = (): void => {
    if (isShown) io.stderr.write('\r\u001b[K');
    isShown = false;
  };
  return {
    show({ done, running, failed, total, slowest }) {
      const slow = slowest === undefined ? '' : `, waiting for ${display(slowest, 40)}`;
      const line = `reading nodes: ${done} of ${total} done, ${running} running, ${failed} failed${slow}`;
      last = line.slice(0, columns - 1);
      write();
    },
    clear() {
      last = undefined;
      takeAway();
    },
    hold() {
      takeAway();
      holders += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holders -= 1;
        write();
      };
    },
  };
}

/** `--wait`: what is still waited for, on one line of a terminal; elsewhere a line for each new reason. */
export function waitingLine(io: Io, isQuiet: boolean): (reason: string, secondsLeft: number) => void {
  if (isQuiet) return () => undefined;
  const isTerminal = io.stderr.isTTY === true && io.env['TERM'] !== 'dumb';
  const columns = Math.max(20, io.stderr.columns ?? 80);
  let last = '';
  return (reason, secondsLeft) => {
    const shown = display(reason, 200);
    if (isTerminal) {
      const line = `waiting, ${secondsLeft} s left: ${shown}`;
      io.stderr.write(`\r\u001b[K${line.slice(0, columns - 1)}`);
    } else if (shown !== last) io.stderr.write(`fix-sans: waiting: ${shown}\n`);
    last = shown;
  };
}
