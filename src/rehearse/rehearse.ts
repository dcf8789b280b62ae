/** Has one node's kubeadm sign what a plan says, and reads what came of it. */
import { readCertificates } from '../model/certificate.ts';
import { display } from '../model/display.ts';
import type { Rehearsed } from '../model/rehearsal.ts';
import type { NodeRehearser } from '../reach/rehearser.ts';
import type { Reply } from '../reach/reader.ts';
import { scratchFolder, signInScratch } from './script.ts';

export interface RehearsalAsk {
  /** kubeadm's configuration, for the folder that it is given. */
  readonly configFor: (scratch: string) => string;
  readonly kubeadmPath: string;
  readonly caPath: string;
  readonly caKeyPath: string;
  /** What must be the same afterwards: the pair in use, the CA. */
  readonly livePaths: readonly string[];
}

export async function rehearse(
  node: NodeRehearser,
  { configFor, kubeadmPath, caPath, caKeyPath, livePaths }: RehearsalAsk,
  id: string,
): Promise<Rehearsed> {
  const scratch = scratchFolder(id);
  const reply = await node.rehearse(signInScratch, {
    scratch,
    kubeadm: kubeadmPath,
    config: configFor(scratch),
    ca: caPath,
    caKey: caKeyPath,
    live: livePaths.join('\n'),
  });
  return readReply(reply);
}

function readReply({ frames }: Reply): Rehearsed {
  const textOf = (name: string): string | undefined => {
    const frame = frames.find((one) => one.name === name);
    return frame === undefined ? undefined : Buffer.from(frame.bytes).toString('utf8');
  };
  const failed = textOf('failed');
  if (failed !== undefined) return { state: 'failed', why: display(lastWords(failed), 300) };
  const bytes = frames.find(({ name }) => name === 'certificate')?.bytes;
  const reading = bytes === undefined ? undefined : readCertificates(bytes);
  if (reading?.ok !== true) return { state: 'failed', why: 'kubeadm made no certificate that can be read' };
  const left = textOf('left');
  return {
    state: 'signed',
    certificate: reading.certificates[0],
    keyFingerprint: /^[0-9a-f]{64}/.exec(textOf('key') ?? '')?.[0] ?? '',
    touched: changedLines(textOf('before') ?? '', textOf('after') ?? ''),
    ...(left === undefined ? {} : { left }),
  };
}

/** kubeadm ends with a remark on stack traces. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('To see the stack'));
  return lines.find((line) => line.startsWith('error')) ?? lines.at(-1) ?? 'kubeadm said nothing';
}

/** By path: a line is its path, inode, size, mode, owner and times. */
function changedLines(before: string, after: string): readonly string[] {
  const now = new Set(after.split('\n'));
  return before
    .split('\n')
    .flatMap((line) => (line === '' || now.has(line) ? [] : [line.split(' ')[0] ?? '']));
}
