/**
 * One command from its start to its end, the same for every adapter: feeds stdin, collects output up to the cap, watches the
 * clock, and gives sudo its password when and only when sudo asks.
 */
import type { Readable, Writable } from 'node:stream';
import { passwordPrompt, readyMark, type RemoteCommand } from './become.ts';
import { trialOf } from './password-trial.ts';
import { type Limits, type Ran, ReachError } from './transport.ts';

/** A started command. */
export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once it has ended and all its output has been handed out; rejects with ReachError where the link failed. */
  readonly ended: Promise<{ readonly exitCode?: number | undefined; readonly signal?: string | undefined }>;
  /** Ends it, whatever it is doing. May be called after its end. */
  kill(): void;
}

export interface Errand {
  readonly stdin: Uint8Array;
  readonly limits: Limits;
  readonly command: RemoteCommand;
  /** ReachOptions.becomePassword; called when and only when sudo asks. */
  readonly password?: (() => Promise<string>) | undefined;
}

/** What is kept of stderr: its end. */
const mostTalk = 64 * 1024;

export async function exchange(running: Running, errand: Errand): Promise<Ran> {
  const { limits } = errand;
  const stdout: Uint8Array[] = [];
  let talk: Buffer = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const talking = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const stop = (error: unknown): void => {
      running.kill();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it came
      reject(error);
    };
    const wind = (): void => {
      timer = setTimeout(() => {
        stop(timedOut(limits));
      }, limits.commandTimeoutMs);
    };
    wind();
    const counted = (keep: (chunk: Buffer) => void): ((chunk: Buffer) => void) => {
      let size = 0;
      return (chunk) => {
        size += chunk.length;
        if (size > limits.outputBytes) stop(tooMuch(limits));
        else keep(chunk);
      };
    };
    running.stdout.on(
      'data',
      counted((chunk) => void stdout.push(chunk)),
    );
    const hear = listener(running.stdin, errand, {
      ended: talking.signal,
      // Whoever types a password takes their time.
      unhurried: async (question) => {
        clearTimeout(timer);
        try {
          return await question;
        } finally {
          if (!talking.signal.aborted) wind();
        }
      },
      failed: stop,
    });
    running.stderr.on(
      'data',
      counted((chunk) => {
        talk = Buffer.concat([talk, chunk]).subarray(-mostTalk);
        hear(chunk);
      }),
    );
  });
  // Why a pipe broke is told by how the command ended.
  for (const stream of [running.stdin, running.stdout, running.stderr]) {
    stream.on('error', () => undefined);
  }
  // May settle long after the race is over.
  running.ended.catch(() => undefined);
  stopped.catch(() => undefined);
  try {
    const { exitCode, signal } = await Promise.race([running.ended, stopped]);
    return {
      exitCode,
      ...(signal !== undefined && { signal }),
      stdout: Buffer.concat(stdout),
      stderr: talk.toString('utf8'),
    };
  } finally {
    talking.abort();
    clearTimeout(timer);
  }
}

interface Around {
  readonly ended: AbortSignal;
  readonly unhurried: <T>(question: Promise<T>) => Promise<T>;
  readonly failed: (error: unknown) => void;
}

/** Sends stdin: at once, or when sudo has had its say. Returns what has to hear stderr. */
function listener(
  stdin: Writable,
  { stdin: bytes, command, password }: Errand,
  { ended, unhurried, failed }: Around,
): (chunk: Buffer) => void {
  if (!command.mayAsk || !password) {
    stdin.end(bytes);
    return () => undefined;
  }
  const trial = trialOf(password);
  let heard = '';
  let state: 'waiting' | 'asked' | 'answered' | 'over' = 'waiting';
  const settle = (worked: boolean | undefined): void => {
    if (state === 'answered') trial.settle(worked);
    state = 'over';
  };
  ended.addEventListener('abort', () => {
    settle(undefined);
  });
  const answer = async (): Promise<void> => {
    const given = await unhurried(trial.give());
    if (ended.aborted) trial.settle(undefined);
    else {
      state = 'answered';
      stdin.write(`${given}\n`);
    }
  };
  return (chunk) => {
    if (state === 'over') return;
    // A mark may come in pieces.
    heard = `${heard}${chunk.toString('latin1')}`.slice(-mostTalk);
    if (heard.includes(readyMark)) {
      settle(true);
      stdin.end(bytes);
      return;
    }
    const at = heard.indexOf(passwordPrompt);
    if (at === -1) return;
    heard = heard.slice(at + passwordPrompt.length);
    if (state === 'waiting') {
      state = 'asked';
      answer().catch(failed);
    } else if (state === 'answered') {
      // Asked again: it was wrong. One failure is enough, three lock accounts.
      settle(false);
      stdin.end();
    }
  };
}

function timedOut({ commandTimeoutMs }: Limits): ReachError {
  return new ReachError({
    code: 'command-timeout',
    message: `the node gave no whole reply within ${commandTimeoutMs / 1000} s`,
    hint: 'look at the load of the node, or allow more by --command-timeout',
    retryable: true,
  });
}

function tooMuch({ outputBytes }: Limits): ReachError {
  return new ReachError({
    code: 'too-much-output',
    message: `the node sent more than ${outputBytes} bytes`,
    hint: 'see what its shell prints at login: ssh HOST true | wc -c',
    retryable: false,
  });
}
