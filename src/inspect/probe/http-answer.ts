/** Reads one HTTP/1.1 answer as far as it matters, from a peer that may be anything: bounded, and never following what it says. */
import type { Duplex } from 'node:stream';
import type { Health, HttpAnswer } from '../../model/probe.ts';
import { ProbeError } from './probe-error.ts';

const mostOfHead = 16 * 1024;
const mostOfBody = 64 * 1024;
const mostInterim = 8;
/** Fewer characters of a secret's beginning are no secret. */
const leastOfSecret = 4;

export interface Head {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; of a header that comes twice, the first. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where the body starts. */
  readonly length: number;
}

/** The head at the beginning of `bytes`; undefined until it is complete. Interim answers (1xx) are passed over. */
export function readHead(bytes: Buffer, from = 0, interim = 0): Head | undefined {
  if (interim > mostInterim) throw new ProbeError('too-large', 'its interim answers have no end');
  const end = /\r?\n\r?\n/.exec(bytes.toString('latin1', from, from + mostOfHead));
  if (!end) {
    const [line = ''] = bytes.toString('latin1', from, from + 200).split(/\r?\n/, 1);
    if (bytes.length - from >= mostOfHead)
      throw new ProbeError('too-large', 'the head of its answer has no end');
    if (line.length >= 5 && !line.startsWith('HTTP/'))
      throw new ProbeError('failed', `what it said is not HTTP: ${line}`);
    return undefined;
  }
  const [statusLine = '', ...lines] = bytes.toString('latin1', from, from + end.index).split(/\r?\n/);
  const [, status, reason = ''] = /^HTTP\/\d(?:\.\d)? +(\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
  if (status === undefined)
    throw new ProbeError('failed', `what it said is not HTTP: ${statusLine.slice(0, 200)}`);
  const length = from + end.index + end[0].length;
  if (status.startsWith('1') && status !== '101') return readHead(bytes, length, interim + 1);
  const headers = new Map<string, string>();
  for (const line of lines) {
    // Blanks are trimmed afterwards: in the pattern, many of them would cost the square of their number.
    const [, name = '', value = ''] = /^([\w-]+):(.*)$/s.exec(line) ?? [];
    if (name !== '' && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value.trim());
  }
  return { status: Number(status), reason, headers, length };
}

interface Body {
  readonly text: () => string;
  /** No more of it is to be waited for. */
  readonly isWhole: boolean;
}

/** Reads a body that grows: each byte once, though it may come byte by byte. */
function bodyReader({ headers }: Head): (bytes: Buffer) => Body {
  const isChunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
  const declared = headers.get('content-length');
  const length = declared !== undefined && /^\d{1,15}$/.test(declared) ? Number(declared) : Infinity;
  const piecesOf = pieceReader();
  return (bytes) => {
    const isFull = bytes.length >= mostOfBody;
    if (isChunked) {
      const { pieces, isEnd } = piecesOf(bytes);
      const text = () => Buffer.concat(pieces.map(([from, to]) => bytes.subarray(from, to))).toString('utf8');
      return { text, isWhole: isEnd || isFull };
    }
    const text = () => bytes.subarray(0, Math.min(length, mostOfBody)).toString('utf8');
    return { text, isWhole: bytes.length >= length || isFull };
  };
}

/** Where the pieces of a chunked body are, the last of them perhaps not yet whole. */
function pieceReader() {
  const pieces: (readonly [number, number])[] = [];
  let at = 0;
  let isEnd = false;
  return (bytes: Buffer): { readonly pieces: typeof pieces; readonly isEnd: boolean } => {
    while (!isEnd && at < bytes.length) {
      const [line, digits = ''] =
        /^([0-9a-f]{1,8})[^\n]{0,200}\n/i.exec(bytes.toString('latin1', at, at + 220)) ?? [];
      if (line === undefined) break;
      const size = Number.parseInt(digits, 16);
      const from = at + line.length;
      if (size > 0) pieces.push([from, from + size]);
      isEnd = size === 0;
      at = from + size + 2;
    }
    return { pieces, isEnd };
  };
}

/** What is worth keeping of an answer. `secrets` are taken out of what the peer repeats of our own words. */
export function summarize(head: Head, body: string, secrets: readonly string[] = []): HttpAnswer {
  const json = jsonOf(body);
  const server = head.headers.get('server');
  const firstLine = hide(lineOf(body, json) || head.reason, secrets).slice(0, 200);
  const version = json?.['gitVersion'];
  const isVersion = typeof version === 'string' && /^v\d+\.\d+[\w.+-]{0,60}$/.test(version);
  // https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (Status)
  const isStatus = json?.['kind'] === 'Status' && json['apiVersion'] === 'v1';
  return {
    status: head.status,
    ...(server === undefined ? {} : { server: hide(server, secrets).slice(0, 100) }),
    firstLine,
    ...(isVersion ? { gitVersion: version } : {}),
    ...(isVersion || isStatus ? { isKubernetes: true } : {}),
  };
}

function jsonOf(body: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(body)) return undefined;
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function lineOf(body: string, json: Readonly<Record<string, unknown>> | undefined): string {
  const said = json?.['message'];
  if (typeof said === 'string') return said.trim();
  const compact = json && compactOf(json);
  if (compact !== undefined) return compact;
  const [, title] = /<title[^>]{0,200}>([^<]{1,1000})</i.exec(body) ?? [];
  const lines = (title ?? body).split(/\r?\n/).map((line) => line.trim());
  return lines.find((line) => line !== '') ?? '';
}

/** Undefined where it is nested deeper than can be written. */
function compactOf(json: Readonly<Record<string, unknown>>): string | undefined {
  try {
    return JSON.stringify(json);
  } catch {
    return undefined;
  }
}

/** Takes out what the peer repeats of our secrets, also where the text was cut in the middle of one. */
export function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => {
    if (secret === '') return shown;
    const whole = shown.replaceAll(secret, '***');
    for (let length = secret.length - 1; length >= leastOfSecret; length -= 1)
      if (whole.endsWith(secret.slice(0, length))) return `${whole.slice(0, -length)}***`;
    return whole;
  }, text);
}

/** Collects bytes from a stream until `read` makes something of them. The stream is paused then, and nobody listens to its errors. */
export function receive<T>(
  stream: Duplex,
  signal: AbortSignal,
  read: (bytes: Buffer, isEnd: boolean) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const stop = (): void => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      stream.off('error', onError);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const look = (isEnd: boolean): void => {
      try {
        const found = read(bytes, isEnd);
        if (found === undefined && !isEnd) return;
        if (found === undefined) throw new ProbeError('closed', 'closed before a whole answer came');
        stop();
        stream.pause();
        resolve(found);
      } catch (error) {
        fail(error as Error);
      }
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      look(false);
    };
    const onEnd = (): void => look(true);
    // Half an answer is worth more than none.
    const breakOff = (why: Error): void => {
      let found: T | undefined;
      try {
        found = read(bytes, true);
      } catch {
        // What broke it off says more than what is wrong with a half.
      }
      if (found === undefined) {
        fail(why);
        return;
      }
      stop();
      resolve(found);
    };
    const onError = (error: Error): void => breakOff(error);
    const onAbort = (): void => breakOff(new ProbeError('timeout', 'no answer in time'));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('close', onEnd);
    stream.on('error', onError);
    stream.resume();
  });
}

/** For one `receive`: a whole answer, summed up. */
export function wholeAnswer(
  secrets: readonly string[] = [],
): (bytes: Buffer, isEnd: boolean) => HttpAnswer | undefined {
  return wholeAs((head, body) => summarize(head, body, secrets));
}

/** For one `receive`: what an API server says of itself, `[-]etcd failed: reason withheld` for each check that fails. */
export function healthAnswer(): (bytes: Buffer, isEnd: boolean) => Health | undefined {
  return wholeAs(({ status }, body) => ({
    status,
    failing: [...body.matchAll(/^\[-\]([\w./-]{1,100}) failed/gm)].slice(0, 20).map(([, name = '']) => name),
  }));
}

function wholeAs<Sum>(
  sum: (head: Head, body: string) => Sum,
): (bytes: Buffer, isEnd: boolean) => Sum | undefined {
  let head: Head | undefined;
  let readBody: ReturnType<typeof bodyReader> | undefined;
  return (bytes, isEnd) => {
    head ??= readHead(bytes);
    if (!head) return undefined;
    readBody ??= bodyReader(head);
    const { text, isWhole } = readBody(bytes.subarray(head.length));
    return isWhole || isEnd ? sum(head, text()) : undefined;
  };
}
