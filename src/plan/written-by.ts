/** Whether the cluster's configuration is what a run of ours made of the old text, so that the old text may take its place again. */
import { certSan } from '../flavours/kubeadm.ts';
import { type San, sanKey } from '../model/san.ts';
import { sameName } from './kubeadm-forms.ts';
import { addToList } from './yaml-list.ts';
import { readList } from './yaml-place.ts';
import { removeFromList } from './yaml-remove.ts';

const place = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' } as const;

/** Byte for byte the edit that we would make, with names that the run's own certificates hold. */
export function isOurEdit(old: string, now: string, made: readonly San[]): boolean {
  if (old === now) return true;
  const [before, after] = [namesIn(old), namesIn(now)];
  if (before === undefined || after === undefined) return false;
  const [was, is] = [keys(before), keys(after)];
  const held = new Set(made.map(sanKey));
  const added = after.filter((name) => !was.has(keyOf(name) ?? ''));
  if (!added.every((name) => held.has(keyOf(name) ?? ''))) return false;
  const gone = before.some((name) => !is.has(keyOf(name) ?? ''));
  const without = gone ? removeFromList(old, place, (item) => !is.has(keyOf(item) ?? '')) : undefined;
  if (without !== undefined && !without.ok) return false;
  const edit = addToList(without?.text ?? old, place, added, sameName);
  return edit.ok && edit.text === now;
}

function keys(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => keyOf(name) ?? []));
}

function keyOf(name: string): string | undefined {
  const san = certSan(name);
  return san === undefined ? undefined : sanKey(san);
}

function namesIn(text: string): readonly string[] | undefined {
  const reading = readList(text, place);
  return reading.ok ? (reading.items ?? []) : undefined;
}
