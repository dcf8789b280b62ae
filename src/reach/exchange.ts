/**
 * One command from its start to its end, the same for every adapter: feeds stdin, collects output up to the cap, watches the
 * clock, and gives sudo its password when and only when sudo asks.
 */
import type { Readable, Writable } from 'node:stream';
import { passwordPrompt, readyMark, type RemoteCommand } from './become.ts';
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
  readonly password?: string | undefined;
}

/** What is kept of stderr: its end. */
const mostTalk = 64 * 1024;

export async function exchange(running: Running, errand: Errand): Promise<Ran> {
  const { limits } = errand;
  const stdout: Uint8Array[] = [];
  let size = 0;
  let talk: Buffer = Buffer.alloc(0);
  let talkSize = 0;
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    const stop = (error: ReachError): void => {
      running.kill();
      reject(error);
    };
    timer = setTimeout(() => {
      stop(timedOut(limits));
    }, limits.commandTimeoutMs);
    running.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.outputBytes) stop(tooMuch(limits));
      else stdout.push(chunk);
    });
    const hear = listener(running.stdin, errand);
    running.stderr.on('data', (chunk: Buffer) => {
      talkSize += chunk.length;
      if (talkSize > limits.outputBytes) stop(tooMuch(limits));
      talk = Buffer.concat([talk, chunk]).subarray(-mostTalk);
      hear(chunk);
    });
  });
  // Why a pipe broke is told by how the command ended.
  for (const stream of [running.stdin, running.stdout, running.stderr]) {
    stream.on('error', () => undefined);
  }
  // Rejects later than the race is over when a killed command takes its time.
  running.ended.catch(() => undefined);
  try {
    const { exitCode, signal } = await Promise.race([running.ended, stopped]);
    return {
      exitCode,
      ...(signal !== undefined && { signal }),
      stdout: Buffer.concat(stdout),
      stderr: talk.toString('utf8'),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Sends stdin: at once, or when sudo has had its say. Returns what has to hear stderr. */
function listener(stdin: Writable, { stdin: bytes, command, password }: Errand): (chunk: Buffer) => void {
  if (!command.mayAsk) {
    stdin.end(bytes);
    return () => undefined;
  }
  let heard = '';
  let isAnswered = false;
  let isDone = false;
  return (chunk) => {
    if (isDone) return;
    // Both marks are shorter than what is kept, and a mark may come in pieces.
    heard = `${heard}${chunk.toString('latin1')}`.slice(-64 * 1024);
    if (heard.includes(readyMark)) {
      isDone = true;
      stdin.end(bytes);
      return;
    }
    const at = heard.indexOf(passwordPrompt);
    if (at === -1) return;
    heard = heard.slice(at + passwordPrompt.length);
    // Asked again: it was wrong. One failure is enough, three lock accounts.
    if (isAnswered || password === undefined) {
      isDone = true;
      stdin.end();
      return;
    }
    isAnswered = true;
    stdin.write(`${password}\n`);
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
