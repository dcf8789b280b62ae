/** A program on this machine as a running command: started without a shell, in a process group of its own so that it ends whole. */
import { closeSync, openSync } from 'node:fs';
import { execa } from 'execa';
import type { Running } from './exchange.ts';
import { ReachError } from './transport.ts';

export interface SpawnOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Does more than a kill here can, as for a process in a container. */
  readonly onKill?: () => void;
  /** In our process group: Ctrl-C reaches it, and it can ask on our terminal. */
  readonly keepsTerminal?: boolean;
  /** Programs must not depend on where the user stands, but for one whose settings may name files as the user's own shell finds them. */
  readonly cwd?: string;
  /** What it leaves in the background may hold on to its pipes: once it has ended well, they are let go. */
  readonly goesToBackground?: boolean;
}

export function spawned(file: string, args: readonly string[], options: SpawnOptions): Running {
  const { env, onKill, keepsTerminal = false, goesToBackground = false, cwd = '/' } = options;
  if (!isRoomForPipes()) throw tooManyFiles();
  const child = execa(file, args, {
    env,
    extendEnv: false,
    buffer: false,
    reject: false,
    detached: !keepsTerminal,
    cwd,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  if (goesToBackground) {
    child.once('exit', (code) => {
      if (code !== 0) return;
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    });
  }
  let isOver = false;
  const ended = child.then((result) => {
    isOver = true;
    if (result.code === 'ENOENT' || result.code === 'EACCES') throw notThere(file);
    if (result.exitCode === undefined && result.signal === undefined && result.failed) {
      throw new ReachError({
        code: 'failed',
        message: `${file} could not be run: ${(result.shortMessage ?? '').slice(0, 200)}`,
        hint: 'try again; too many open files or processes are the usual reason (ulimit -n)',
        retryable: true,
      });
    }
    return { exitCode: result.exitCode, signal: result.signal };
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill() {
      if (isOver) return;
      onKill?.();
      const { pid } = child;
      try {
        if (pid !== undefined && !keepsTerminal) process.kill(-pid, 'SIGKILL');
      } catch {
        // Ended in between, or another user's: then its pipes close below.
      }
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
  };
}

function notThere(file: string): ReachError {
  return new ReachError({
    code: 'no-program',
    message: `there is no program ${file} here`,
    hint: `install ${file}, or choose another way to the node`,
    retryable: false,
  });
}

/**
 * Out of file descriptors, Node makes a child without pipes and emits its error later, where execa no longer listens: the
 * process would die of it. https://github.com/nodejs/node/blob/v20.19.0/lib/internal/child_process.js#L401
 */
function isRoomForPipes(): boolean {
  const open: number[] = [];
  try {
    // Three pairs, one pair for the start itself, and two to spare.
    while (open.length < 10) open.push(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

function tooManyFiles(): ReachError {
  return new ReachError({
    code: 'failed',
    message: 'too many files are open here for another connection',
    hint: 'allow more (ulimit -n), or reach fewer nodes at a time',
    retryable: true,
  });
}
