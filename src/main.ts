/** The program: argv in, exit code out. The only place that knows the process. */
import { setMaxListeners } from 'node:events';
import { calledAs } from './cli/called.ts';
import { run } from './cli/run.ts';

/** Of a command that has changed something, which is more than its account; the others have nothing but their result. */
let codeWithoutResult: number | undefined;
let isResultLost = false;

// A reader that went away (`| head`) is no error of ours, and no reason to lose the exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`fix-sans: cannot write the result: ${error.message}\n`);
  // The reports and the audit line are still to come.
  if (codeWithoutResult === undefined) process.exit(1);
  isResultLost = true;
  if (process.exitCode === 0) process.exitCode = codeWithoutResult;
});
process.stderr.on('error', () => undefined);

/** Once asked for, the first signal aborts and the second ends the process as it always does. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  // Each handshake under way listens, and Node would warn of a leak.
  setMaxListeners(0, controller.signal);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      stoppedWith ??= code;
      controller.abort(new Error(`stopped by ${signal}`));
    });
  }
  return controller.signal;
}

let stoppedWith: number | undefined;

/** For who has something in the middle of a change: the words that a second signal lets through. */
function onSecondStop(lastWords: () => string): void {
  let heard = 0;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      heard += 1;
      if (heard < 2) return;
      process.stderr.write(lastWords());
      process.exit(code);
    });
  }
}

/** A node that needs a human, or was put back, is said whoever stopped the run. */
const outranksSignals: ReadonlySet<number> = new Set([5, 9]);

/** Somebody may have removed it meanwhile. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** A command that made something says what became of it. */
function aftermathOf(error: unknown): string {
  return (error as { readonly aftermath?: string }).aftermath ?? 'nothing was changed';
}

void run(process.argv.slice(2), {
  stop: stopOnSignal,
  atSecondStop: onSecondStop,
  atLostResult: (code) => {
    codeWithoutResult = code;
  },
  // At once where somebody listens, so that nothing more is printed; otherwise it is the usual death.
  interrupt: () => void (process.emit('SIGINT', 'SIGINT') || process.kill(process.pid, 'SIGINT')),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  called: calledAs({
    node: process.argv0,
    script: process.argv[1] ?? '',
    folder: currentFolder(),
    env: process.env,
  }),
}).then(
  (told) => {
    const code = isResultLost && told === 0 ? (codeWithoutResult ?? 1) : told;
    process.exitCode = outranksSignals.has(code) ? code : (stoppedWith ?? code);
    // A question that was left open would go on waiting for its answer.
    if (stoppedWith !== undefined) process.stdin.destroy();
  },
  (error: unknown) => {
    if (stoppedWith !== undefined) {
      // Behind the ^C that the terminal shows.
      const before = process.stderr.isTTY ? '\n' : '';
      process.stderr.write(`${before}fix-sans: stopped; ${aftermathOf(error)}\n`);
      // Connections that were being made are not waited for.
      process.exit(stoppedWith);
    }
    process.stderr.write(
      `fix-sans: this is a bug, please report it; ${aftermathOf(error)}\n${String((error as Error).stack ?? error)}\n`,
    );
    process.exitCode = 1;
  },
);
