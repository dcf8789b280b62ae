/** Takes a reply apart: finds our records between the noise of banners and profiles, and believes only what its digest proves. */
import { createHash } from 'node:crypto';
import type { Frame } from './reader.ts';

/** What a script's stdout held. */
export type FrameReading =
  | {
      readonly state: 'whole';
      readonly frames: readonly Frame[];
      /** Exit status of the query. */
      readonly status: number;
      readonly uid: number;
      readonly scriptId: string;
    }
  /** No shell ever read our script. */
  | { readonly state: 'not-started' }
  | { readonly state: 'lacks'; readonly program: string }
  | { readonly state: 'garbled'; readonly fault: string };

/** More frames than any script of ours sends. */
const mostFrames = 20_000;

export function readFrames(stdout: Uint8Array, nonce: string): FrameReading {
  // One character a byte; a record starts a line, and the script breaks the line before it in case noise did not.
  const text = `\n${Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength).toString('latin1')}`;
  const mark = `\n#fix-sans ${nonce} `;
  const first = text.indexOf(mark);
  if (first === -1) return { state: 'not-started' };
  const lacks = /lacks ([a-z0-9]{1,20})\n/y;
  lacks.lastIndex = first + mark.length;
  const lack = lacks.exec(text);
  if (lack) return { state: 'lacks', program: lack[1] ?? '' };
  const start = /start ([0-9a-f]{16}) (\d{1,10})\n/y;
  start.lastIndex = first + mark.length;
  const started = start.exec(text);
  if (!started) return garbled('its first record is no start');
  const frames: Frame[] = [];
  let status: number | undefined;
  // A record's last line break may be the one before the next record.
  let at = start.lastIndex - 1;
  for (;;) {
    const next = text.indexOf(mark, at);
    if (next === -1) break;
    if (status !== undefined) return garbled('something follows its end');
    const record = readRecord(text, next + mark.length, mark);
    if (typeof record === 'string') return garbled(record);
    at = record.after;
    if (record.frame.name === 'end') {
      const said = Buffer.from(record.frame.bytes).toString('latin1');
      if (!/^\d{1,3}$/.test(said)) return garbled('its end carries no status');
      status = Number(said);
    } else {
      frames.push(record.frame);
      if (frames.length > mostFrames) return garbled(`it has more than ${mostFrames} frames`);
    }
  }
  if (status === undefined) return garbled('it breaks off before its end');
  return { state: 'whole', frames, status, uid: Number(started[2]), scriptId: started[1] ?? '' };
}

type GoodRecord = { readonly frame: Frame; readonly after: number };

/** One record whose mark ends at `at`, or what is wrong with it. */
function readRecord(text: string, at: number, mark: string): GoodRecord | string {
  const header = /frame ([A-Za-z0-9._-]{1,200}) (\d{1,10}) ([0-9a-f]{64})\n/y;
  header.lastIndex = at;
  const found = header.exec(text);
  if (!found) return 'a record of it is no frame';
  const [, name = '', length = '', digest = ''] = found;
  const from = header.lastIndex;
  const to = from + Number(length);
  const end = `${mark}.\n`;
  if (!text.startsWith(end, to)) return `frame ${name} is cut or has something in it`;
  const body = text.slice(from, to);
  const ours = createHash('sha256').update(`${name}\n${body}`, 'latin1').digest('hex');
  if (ours !== digest) return `frame ${name} does not match its digest`;
  // Buffer.from would skip what is no base64, so that two texts could mean the same bytes.
  if (!/^[A-Za-z0-9+/\n]*={0,2}$/.test(body)) return `frame ${name} is not in base64`;
  return { frame: { name, bytes: new Uint8Array(Buffer.from(body, 'base64')) }, after: to + end.length - 1 };
}

function garbled(fault: string): FrameReading {
  return { state: 'garbled', fault };
}

/** What the script itself said on stderr: what follows our mark there. */
export function talkOf(stderr: string, nonce: string): string {
  const mark = `\n#fix-sans ${nonce} talk\n`;
  const at = `\n${stderr}`.lastIndexOf(mark);
  return at === -1 ? '' : `\n${stderr}`.slice(at + mark.length);
}
