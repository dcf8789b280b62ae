/** From the answer of a node to its runs; a journal is believed only where its own sum is right. */
import { createHash } from 'node:crypto';
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import type { LockHolder, NodeRuns, RecordedRun } from '../../model/runs.ts';
import type { NodeReader, Reply } from '../../reach/reader.ts';
import { runsQuery } from './runs-script.ts';

/** Of one run on one node, for the way back. */
export interface RunDetail {
  readonly old?: Certificate;
  readonly made?: Certificate;
  /** kubeadm-config as it was before. */
  readonly config?: string;
  /** And what that run wrote in its place. */
  readonly newConfig?: string;
  /** It has changed kubespray's file on the node. */
  readonly hasFile: boolean;
  /** It came to its end on this node before anything was changed. */
  readonly wasDiscarded: boolean;
  /** Who ran it, where it has changed a pair there. */
  readonly by?: string;
}

export async function readRuns(reader: NodeReader): Promise<NodeRuns> {
  return runsIn(reader.node.name, await reader.query(runsQuery, { of: '' }));
}

export async function readRunDetail(reader: NodeReader, of: string): Promise<RunDetail> {
  const reply = await reader.query(runsQuery, { of });
  const certificate = (name: string): Certificate | undefined => {
    const bytes = reply.frames.find((one) => one.name === name)?.bytes;
    const reading = bytes === undefined ? undefined : readCertificates(bytes);
    return reading?.ok === true ? reading.certificates[0] : undefined;
  };
  const [old, made] = [certificate('old-crt'), certificate('new-crt')];
  const [config, newConfig] = [textIn(reply, 'old-config'), textIn(reply, 'new-config')];
  const by = textIn(reply, 'by')?.trim();
  return {
    ...(old === undefined ? {} : { old }),
    ...(made === undefined ? {} : { made }),
    hasFile: textIn(reply, 'file') === 'yes',
    wasDiscarded: runsIn(reader.node.name, reply).runs.some(
      ({ run, isEnded, state }) => run === of && isEnded && state === 'discarded',
    ),
    ...(config === undefined ? {} : { config }),
    ...(newConfig === undefined ? {} : { newConfig }),
    ...(by === undefined || by === '' ? {} : { by }),
  };
}

export function runsIn(node: string, reply: Reply): NodeRuns {
  const lock = lockIn(reply);
  const runs = reply.frames.flatMap(({ name, bytes }): readonly RecordedRun[] => {
    const [, kind, run = ''] = /^(journal|ended)\.([0-9a-fTZ-]{1,64})$/.exec(name) ?? [];
    if (kind === undefined) return [];
    const hasConfig = textIn(reply, `config.${run}`) === 'yes';
    return [
      { run, isEnded: kind === 'ended', hasConfig, ...readJournal(Buffer.from(bytes).toString('utf8')) },
    ];
  });
  return { node, ...(lock === undefined ? {} : { lock }), runs };
}

const head = 'fix-sans-journal 1';

/** Lines of a step, the node's uptime and the time of day; the last line is the sum of all others. */
export function readJournal(text: string): Pick<RecordedRun, 'state' | 'steps'> {
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines[0] !== head)
    return { state: /^fix-sans-journal \d/.test(lines[0] ?? '') ? 'newer' : 'damaged', steps: [] };
  const body = lines.slice(0, -1).map((line) => `${line}\n`);
  const sum = createHash('sha256').update(body.join('')).digest('hex');
  if (lines.at(-1) !== `sum ${sum}`) return { state: 'damaged', steps: [] };
  const steps = lines.slice(1, -1).flatMap((line) => {
    const [step = '', , at = ''] = line.split(' ');
    return step === '' ? [] : [{ step, at }];
  });
  return { state: steps.at(-1)?.step ?? 'none', steps };
}

function lockIn(reply: Reply): LockHolder | undefined {
  const text = textIn(reply, 'lock');
  if (text === undefined) return undefined;
  const [run = '', boot = '', until = '', by = ''] = text.split('\n');
  const left = Number(/^\d{1,12}$/.test(until) ? until : 0) - Number(textIn(reply, 'up') ?? 0);
  const isLive = left > 0 && boot === textIn(reply, 'boot')?.trim();
  return { run, by, isLive, secondsLeft: isLive ? left : 0 };
}

function textIn({ frames }: Reply, name: string): string | undefined {
  const frame = frames.find((one) => one.name === name);
  return frame === undefined ? undefined : Buffer.from(frame.bytes).toString('utf8');
}
