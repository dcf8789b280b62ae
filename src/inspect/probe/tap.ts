/**
 * A stream that carries another one's bytes for TLS and remembers what came: whether it was TLS at all, how much it was and how it
 * ended. OpenSSL's own errors tell none of that apart.
 */
import { Duplex } from 'node:stream';

export interface Tap {
  /** What TLS runs on. */
  readonly stream: Duplex;
  /** Settles as soon as the peer says something that is not TLS: its first line. That is never passed on. */
  readonly plain: Promise<string>;
  /** How the peer's bytes ended, while they have. */
  ending(): 'open' | 'eof' | 'too-large' | Error;
  bytes(): number;
  destroy(): void;
}

/** A TLS record starts with its type, 20 to 24, and a major version of 3: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
function isTls(first: Buffer): boolean {
  const [type = 0, major = 3] = first;
  return type >= 20 && type <= 24 && major === 3;
}

const mostOfLine = 400;
/** A peer that speaks first may need a moment to finish its line. */
const lineWaitMs = 300;

export function tap(raw: Duplex, mostBytes: number): Tap {
  let ending: 'open' | 'eof' | 'too-large' | Error = 'open';
  let bytes = 0;
  let isPlain = false;
  let first = Buffer.alloc(0);
  let tellPlain: ((line: string) => void) | undefined;
  const plain = new Promise<string>((resolve) => {
    tellPlain = resolve;
  });
  const finishLine = (): void => tellPlain?.(lineOf(first));
  const stream = new Duplex({
    read: () => raw.resume(),
    write: (chunk: Buffer, _, done) => {
      if (raw.destroyed || raw.writableEnded) done();
      else raw.write(chunk, () => done());
    },
    final: (done) => {
      raw.end();
      done();
    },
    destroy: (error, done) => {
      raw.destroy();
      done(error);
    },
  });
  // TLS reports its own errors; this stream's are told by ending().
  stream.on('error', () => undefined);
  const close = (how: 'eof' | 'too-large' | Error): void => {
    if (ending !== 'open') return;
    ending = how;
    if (isPlain) finishLine();
    else stream.push(null);
  };
  raw.on('data', (chunk: Buffer) => {
    if (ending !== 'open') return;
    bytes += chunk.length;
    if (bytes > mostBytes) {
      close('too-large');
      raw.destroy();
      return;
    }
    if (isPlain || first.length < 2) {
      first = Buffer.concat([first, chunk]).subarray(0, mostOfLine);
      if (!isPlain && !isTls(first)) {
        isPlain = true;
        setTimeout(finishLine, lineWaitMs).unref();
      }
      if (isPlain && (first.includes('\n') || first.length === mostOfLine)) finishLine();
    }
    if (!isPlain && !stream.push(chunk)) raw.pause();
  });
  raw.on('end', () => close('eof'));
  raw.on('error', (error) => close(error));
  raw.on('close', () => close('eof'));
  if (raw.destroyed || raw.readableEnded) close('eof');
  return {
    stream,
    plain,
    ending: () => ending,
    bytes: () => bytes,
    destroy: () => {
      stream.destroy();
      raw.destroy();
    },
  };
}

/** Bytes that are no text are shown by their values. */
function lineOf(first: Buffer): string {
  const line = first.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  const isText = /^[\t\u0020-\u007e]*$/.test(line);
  return isText ? line.slice(0, 200) : `bytes ${first.subarray(0, 16).toString('hex')}`;
}
