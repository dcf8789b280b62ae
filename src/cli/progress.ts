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
}

export function progressLine(io: Io, isQuiet: boolean): ProgressLine {
  if (isQuiet || io.stderr.isTTY !== true || io.env['TERM'] === 'dumb')
    return { show: () => undefined, clear: () => undefined };
  const columns = Math.max(20, io.stderr.columns ?? 80);
  let isShown = false;
  return {
    show({ done, running, failed, total, slowest }) {
      const slow = slowest === undefined ? '' : `, waiting for ${display(slowest, 40)}`;
      const line = `reading nodes: ${done} of ${total} done, ${running} running, ${failed} failed${slow}`;
      io.stderr.write(`\r\u001b[K${line.slice(0, columns - 1)}`);
      isShown = true;
    },
    clear() {
      if (isShown) io.stderr.write('\r\u001b[K');
      isShown = false;
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
