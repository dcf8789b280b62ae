/** What each step answers, as typed values. The text in them is the node's and stays as it came: whoever shows it makes it safe. */
import { type Certificate, readCertificates } from '../model/certificate.ts';
import type { Reply } from '../reach/reader.ts';

export type StepReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export interface Fault {
  /** A word of the steps', or `unreadable` where the answer is not what a step gives. */
  readonly word: string;
  /** What a program said. Hostile. */
  readonly said?: string;
  /** The swap alone: how what it had begun was taken back. */
  readonly undone?: string;
}

export interface Holder {
  readonly run: string;
  readonly by: string;
  readonly secondsLeft: number;
}

export interface DeadHolder {
  readonly run: string;
  readonly by: string;
  /** Whether the old pair is back, by the node itself or by that run. */
  readonly isUndone: boolean;
}

export interface UnendedRun {
  readonly run: string;
  readonly state: string;
}

export type Taken =
  | { readonly state: 'held'; readonly holder: Holder }
  | { readonly state: 'taken'; readonly dead?: DeadHolder; readonly unended: readonly UnendedRun[] };

export interface Staged {
  readonly certificate: Certificate;
  readonly keyFingerprint: string;
  /** Of all four files, for the swap. */
  readonly sums: string;
}

/** After how many milliseconds by the node's clock; undefined where it has none that is fine enough. */
export type Served = { readonly isServed: false } | { readonly isServed: true; readonly afterMs?: number };

export interface Proved {
  readonly served?: Certificate;
  /** By name: the fingerprint of what was served for it. */
  readonly named: ReadonlyMap<string, string>;
  /** `10.0.0.1:6443 ready`, one for each look. */
  readonly samples: readonly string[];
  readonly good: number;
  /** By name of the lease, at the first look and at the last. */
  readonly leases: {
    readonly first: ReadonlyMap<string, string>;
    readonly last: ReadonlyMap<string, string>;
  };
}

export interface Finished {
  readonly ended: string;
  /** kubeadm-config as it is now. */
  readonly config?: string;
  readonly configFault?: string;
}

export const undoResults = ['back', 'nothing', 'foreign', 'no-backup', 'failed', 'newer', 'damaged'] as const;
export type UndoResult = (typeof undoResults)[number];

export interface Undone {
  readonly result: UndoResult;
  /** Undefined where there was no old certificate to wait for. */
  readonly served?: Served;
}

export function readTaken(reply: Reply): StepReply<Taken> {
  const holder = textIn(reply, 'holder');
  if (holder !== undefined && textIn(reply, 'fault') === 'held') {
    const [run = '', left = '', by = ''] = holder.split('\n');
    return whole({
      state: 'held',
      holder: { run, by, secondsLeft: /^\d{1,9}$/.test(left) ? Number(left) : 0 },
    });
  }
  return unlessFault(reply, () => {
    if (textIn(reply, 'lock') !== 'taken') return undefined;
    const dead = deadIn(textIn(reply, 'dead'));
    const unended = linesIn(reply, 'runs').flatMap((line) => {
      const [run = '', state = ''] = line.split(' ');
      // What is no name of a run of ours, no step of ours would take either.
      return isRunName(run) ? [{ run, state }] : [];
    });
    return { state: 'taken', ...(dead === undefined ? {} : { dead }), unended };
  });
}

function deadIn(text: string | undefined): DeadHolder | undefined {
  if (text === undefined) return undefined;
  const [run = '', by = '', state = ''] = text.split('\n');
  return { run, by, isUndone: state === 'undone' };
}

export function isRunName(text: string): boolean {
  return /^[0-9a-fTZ-]{1,64}$/.test(text);
}

export function readStaged(reply: Reply): StepReply<Staged> {
  return unlessFault(reply, () => {
    const certificate = certificateIn(reply, 'staged');
    const keyFingerprint = digestAt(textIn(reply, 'key'));
    const sums = textIn(reply, 'sums') ?? '';
    if (certificate === undefined || keyFingerprint === undefined) return undefined;
    return /^(?:[0-9a-f]{64} ){3}[0-9a-f]{64}$/.test(sums)
      ? { certificate, keyFingerprint, sums }
      : undefined;
  });
}

/** Of `swap` and `restart`. */
export function readServed(reply: Reply): StepReply<Served> {
  return unlessFault(reply, () => servedIn(reply));
}

export function readProved(reply: Reply): StepReply<Proved> {
  return unlessFault(reply, () => {
    const looks = textIn(reply, 'good') ?? '';
    if (!/^\d{1,5}$/.test(looks) || textIn(reply, 'named') === undefined) return undefined;
    const served = certificateIn(reply, 'served');
    const [first = '', last = ''] = (textIn(reply, 'leases') ?? '').split('\n--\n');
    return {
      ...(served === undefined ? {} : { served }),
      named: pairs(textIn(reply, 'named') ?? ''),
      samples: linesIn(reply, 'samples'),
      good: Number(looks),
      leases: { first: pairs(first), last: pairs(last) },
    };
  });
}

export function readFinished(reply: Reply): StepReply<Finished> {
  return unlessFault(reply, () => {
    const ended = textIn(reply, 'ended');
    if (ended === undefined) return undefined;
    const [config, configFault] = [textIn(reply, 'config'), textIn(reply, 'config-fault')];
    return {
      ended,
      ...(config === undefined ? {} : { config }),
      ...(configFault === undefined ? {} : { configFault }),
    };
  });
}

export function readUndone(reply: Reply): StepReply<Undone> {
  return unlessFault(reply, () => {
    const said = textIn(reply, 'result');
    const result = undoResults.find((one) => one === said);
    const served = servedIn(reply);
    return result === undefined ? undefined : { result, ...(served === undefined ? {} : { served }) };
  });
}

export function readReleased(reply: Reply): StepReply<'released'> {
  return unlessFault(reply, () => (textIn(reply, 'lock') === undefined ? undefined : 'released'));
}

function unlessFault<T>(reply: Reply, read: () => T | undefined): StepReply<T> {
  const word = textIn(reply, 'fault');
  if (word !== undefined) {
    const said = textIn(reply, 'said') ?? textIn(reply, 'lacks');
    const undone = textIn(reply, 'undone');
    return {
      ok: false,
      fault: { word, ...(said === undefined ? {} : { said }), ...(undone === undefined ? {} : { undone }) },
    };
  }
  const value = read();
  return value === undefined ? { ok: false, fault: { word: 'unreadable' } } : whole(value);
}

function whole<T>(value: T): StepReply<T> {
  return { ok: true, value };
}

function servedIn(reply: Reply): Served | undefined {
  const text = textIn(reply, 'served');
  if (text === undefined || !/^(?:no|\d{0,9})$/.test(text)) return undefined;
  if (text === 'no') return { isServed: false };
  return { isServed: true, ...(text === '' ? {} : { afterMs: Number(text) }) };
}

function certificateIn({ frames }: Reply, name: string): Certificate | undefined {
  const frame = frames.find((one) => one.name === name);
  const reading = frame === undefined ? undefined : readCertificates(frame.bytes);
  return reading?.ok === true ? reading.certificates[0] : undefined;
}

function textIn({ frames }: Reply, name: string): string | undefined {
  const frame = frames.find((one) => one.name === name);
  return frame === undefined ? undefined : Buffer.from(frame.bytes).toString('utf8');
}

function linesIn(reply: Reply, name: string): readonly string[] {
  return (textIn(reply, name) ?? '').split('\n').filter((line) => line !== '');
}

/** A word and what stands behind it, a line each. */
function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(' ');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

/** As sha256sum prints it. */
function digestAt(text: string | undefined): string | undefined {
  return /^([0-9a-f]{64})(?:\s|$)/.exec(text ?? '')?.[1];
}
