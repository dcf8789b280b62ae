/** How the lab runs programs and says what it does: each step with its time, each failure as one sentence. */
import { setMaxListeners } from 'node:events';
import { $, ProcessOutput } from 'zx';
import { Trouble } from './trouble.ts';

const interrupted = new AbortController();
setMaxListeners(0, interrupted.signal);

/** A program whose output is wanted or unimportant; ends when the lab is interrupted. */
export const run = $({
  quiet: true,
  verbose: false,
  stdio: ['ignore', 'pipe', 'pipe'],
  signal: interrupted.signal,
});

/** A program that reads this text. */
export function feed(input: string, env: Readonly<Record<string, string>> = {}): typeof run {
  return run({ input, stdio: 'pipe', env: { ...process.env, ...env } });
}

/** For taking down what is there: must work after an interruption, and with what is half there. */
export const tidy = $({ quiet: true, verbose: false, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });

export function interrupt(): void {
  interrupted.abort();
}

export function isInterrupted(): boolean {
  return interrupted.signal.aborted;
}

/** Progress goes to stderr, so that what `ssh-config` and `kubectl` print can be piped. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Runs one step, says how long it took, and turns a program's failure into a sentence. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  try {
    const result = await work();
    say(`  ${name.padEnd(44)} ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s`);
    return result;
  } catch (error) {
    throw troubleOf(error, name);
  }
}

/** A program's failure as a sentence; anything else stays what it is. */
export function troubleOf(error: unknown, name = 'a command'): unknown {
  const isFull = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC';
  if (!isFull && !(error instanceof ProcessOutput)) return error;
  const text = error instanceof ProcessOutput ? `${error.stdout}\n${error.stderr}` : '';
  if (isFull || /no space left on device/i.test(text)) {
    return new Trouble(`${name}: the disk is full`, 'docker system df; df -h; make room, and run this again');
  }
  // kind picks a free port and Docker takes it a second later: somebody may be faster.
  const [, port] = /:(\d+)[^\n]*(?:address already in use|port is already allocated)/i.exec(text) ?? [];
  if (port !== undefined) {
    return new Trouble(
      `${name}: somebody else has taken port ${port}, which was free a moment ago`,
      'run this again; it takes another port',
    );
  }
  return new Trouble(`${name} failed: ${lastWords(error)}`, 'run this again; what was finished is kept');
}

/** The end of what a program that failed has said. */
export function lastWords(error: unknown): string {
  if (!(error instanceof ProcessOutput)) return String(error);
  const lines = `${error.stdout}\n${error.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-8).join('\n    ') || `exit code ${error.exitCode ?? error.signal}`;
}

export async function hasImage(image: string): Promise<boolean> {
  return (await tidy`docker image inspect --format {{.Id}} ${image}`).exitCode === 0;
}
