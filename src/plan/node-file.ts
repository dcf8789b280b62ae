/** The names of a plan in the file that kubespray keeps of kubeadm's configuration: the same edit as of kubeadm-config, as one place of it. Pure. */
import { certSan } from '../flavours/kubeadm.ts';
import type { Plan } from '../model/plan.ts';
import { type San, sanKey } from '../model/san.ts';
import { sameName } from './kubeadm-forms.ts';
import { shellWord } from './signing.ts';
import { addToList } from './yaml-list.ts';
import { readList } from './yaml-place.ts';
import { removeFromList } from './yaml-remove.ts';

const place = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' } as const;

export interface NameChange {
  readonly added: readonly San[];
  readonly removed: readonly San[];
}

/** What kubeadm-config gets, and what every new certificate gets; undefined where that is nothing. */
export function nameChange({ nodes, durable }: Plan): NameChange | undefined {
  const change = durable.find((one) => one.kind === 'kubeadm-config');
  const signed = nodes
    .filter(({ action }) => action === 'reissue')
    .map(({ names }) => names.filter(({ fate }) => fate === 'added').map(({ san }) => san));
  const [first = [], ...others] = signed;
  const byAll = first.filter((san) =>
    others.every((names) => names.some((one) => sanKey(one) === sanKey(san))),
  );
  const gone = nodes.flatMap(({ names }) =>
    names.filter(({ fate }) => fate === 'removed').map(({ san }) => san),
  );
  const added = unique([...(change?.names ?? []), ...byAll]);
  const removed = unique([...(change?.removed ?? []), ...gone]);
  return added.length + removed.length === 0 ? undefined : { added, removed };
}

function unique(sans: readonly San[]): readonly San[] {
  return [...new Map(sans.map((san) => [sanKey(san), san])).values()];
}

/** In bytes, since a node cuts bytes. */
export interface ByteEdit {
  readonly at: number;
  readonly drop: number;
  /** What is dropped, as it was looked at. */
  readonly gone: string;
  readonly insert: string;
}

export type NodeFileEdit =
  | { readonly ok: true; readonly edit: ByteEdit | undefined }
  | { readonly ok: false; readonly why: string };

export function editNodeFile(text: string, { added, removed }: NameChange): NodeFileEdit {
  const list = readList(text, place);
  if (list.ok && list.items?.some(isMasked) === true)
    return refused({ line: list.line, column: 1, detail: 'its names cannot be told from what is secret' });
  const gone = new Set(removed.map(sanKey));
  const isGone = (item: string): boolean => {
    const san = certSan(item);
    return san !== undefined && gone.has(sanKey(san));
  };
  const without = gone.size === 0 ? { ok: true as const, text } : removeFromList(text, place, isGone);
  if (!without.ok) return refused(without);
  const names = added.map(({ value }) => value);
  const edit = addToList(without.text, place, names, sameName);
  if (!edit.ok) return refused(edit);
  return { ok: true, edit: edit.text === text ? undefined : between(text, edit.text) };
}

/** As the step on the node does it; no name that a certificate can have has this sign in it. */
function isMasked(item: string): boolean {
  return item.includes('_');
}

function refused({
  line,
  column,
  detail,
}: {
  readonly line: number;
  readonly column: number;
  readonly detail: string;
}): NodeFileEdit {
  return { ok: false, why: `line ${line}, column ${column} of it cannot be edited safely: ${detail}` };
}

/** On whole lines, so that no character is cut. */
function between(before: string, after: string): ByteEdit {
  const [old, now] = [before.split(/(?<=\n)/), after.split(/(?<=\n)/)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end))
    end += 1;
  const at = Buffer.byteLength(old.slice(0, start).join(''));
  const gone = old.slice(start, old.length - end).join('');
  const insert = now.slice(start, now.length - end).join('');
  // A last line without an end stays as it is, whatever is in it.
  return end === 0 &&
    gone !== '' &&
    !gone.endsWith('\n') &&
    /^\r?\n/.test(insert.slice(gone.length)) &&
    insert.startsWith(gone)
    ? { at: at + Buffer.byteLength(gone), drop: 0, gone: '', insert: insert.slice(gone.length) }
    : { at, drop: Buffer.byteLength(gone), gone, insert };
}

/** The same by hand, of this very text and no other, beside the live file and then renamed over it. */
export function editCommand(file: string, sum: string, { at, drop, insert }: ByteEdit): string {
  const parts = [
    `head -c ${at} ${file}`,
    `printf %s ${shellWord(insert)}`,
    `tail -c +${at + drop + 1} ${file}`,
  ];
  const folder = `${file}.new`;
  const steps = [
    `echo "${sum}  ${file}" | sha256sum -c`,
    `mkdir -m 0700 ${folder}`,
    `cp -a ${file} ${folder}/text`,
    `{ ${parts.join(' && ')}; } >${folder}/text`,
    `mv -f ${folder}/text ${file}`,
    `rmdir ${folder}`,
  ];
  return steps.join(' && ');
}
