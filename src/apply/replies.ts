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

export interface Staged {
  readonly certificate: Certificate;
  readonly keyFingerprint: string;
  /** Of all four files, for the swap. */
  readonly sums: string;
}

/** After how many milliseconds by the node's clock; undefined where it has none that is fine enough. */
export type Served = { readonly isServed: false } | { readonly isServed: true; readonly afterMs?: number };

/** Of `reload`: what was served before it, and after. */
export interface Reloaded {
  readonly was?: Certificate;
  readonly wasStopped: boolean;
  readonly served: Served;
}

export interface Proved {
  readonly served?: Certificate;
  /** By name: the fingerprint of what was served for it. */
  readonly named: ReadonlyMap<string, string>;
  /** `10.0.0.1:6443 ready`, one for each look. */
  readonly samples: readonly string[];
  readonly good: number;
  /** By name of the lease, at the first look and at the last: when it was renewed, or `alone` and how its owner is that elects no leader. */
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

export const undoResults = [
  'back',
  'nothing',
  'no-pair',
  'foreign',
  'no-backup',
  'failed',
  'half',
  'newer',
  'damaged',
] as const;
export type UndoResult = (typeof undoResults)[number];

export interface Undone {
  readonly result: UndoResult;
  /** Undefined where there was no old certificate to wait for. */
  readonly served?: Served;
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

export function readRequest(reply: Reply): StepReply<string> {
  return unlessFault(reply, () => {
    const csr = textIn(reply, 'csr') ?? '';
    return /^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE REQUEST-----\n$/.test(
      csr,
    )
      ? csr
      : undefined;
  });
}

/** Of `swap` and `restart`. */
export function readServed(reply: Reply): StepReply<Served> {
  return unlessFault(reply, () => servedIn(reply));
}

export function readReloaded(reply: Reply): StepReply<Reloaded> {
  return unlessFault(reply, () => {
    const [was, served] = [certificateIn(reply, 'was'), servedIn(reply)];
    if (served === undefined) return undefined;
    const wasStopped = textIn(reply, 'stopped') !== undefined;
    return { served, wasStopped, ...(was === undefined ? {} : { was }) };
  });
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

export function unlessFault<T>(reply: Reply, read: () => T | undefined): StepReply<T> {
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

export function whole<T>(value: T): StepReply<T> {
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

export function textIn({ frames }: Reply, name: string): string | undefined {
  const frame = frames.find((one) => one.name === name);
  return frame === undefined ? undefined : Buffer.from(frame.bytes).toString('utf8');
}

export function linesIn(reply: Reply, name: string): readonly string[] {
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
export function digestAt(text: string | undefined): string | undefined {
  return /^([0-9a-f]{64})(?:\s|$)/.exec(text ?? '')?.[1];
}
