/** What makes the names last: kubeadm-config for the next join, and what a node alone has and the next certificate would lack. */
import { certSan } from '../flavours/kubeadm.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { DurableChange } from '../model/plan.ts';
import { formatSan, type San, sanKey } from '../model/san.ts';
import { sameName } from './kubeadm-forms.ts';
import { shellWord } from './signing.ts';
import { unifiedDiff } from './unified-diff.ts';
import { addToList } from './yaml-list.ts';
import type { ListRefused } from './yaml-place.ts';
import { removeFromList } from './yaml-remove.ts';

const place = { path: ['apiServer', 'certSANs'], kind: 'ClusterConfiguration' } as const;

export interface ConfigurationEdit {
  /** What the temporary configurations are made from: without the names that were taken away. */
  readonly base: string | undefined;
  readonly changes: readonly DurableChange[];
}

/** Only the list is touched; every other byte of the text stays. */
export function editKubeadmConfig(
  { api }: ClusterFacts,
  additions: readonly San[],
  { removed, isNew }: { readonly removed: ReadonlySet<string>; readonly isNew: (san: San) => boolean },
): ConfigurationEdit {
  const config = api?.kubeadmConfig;
  const names = additions.map(({ value }) => value);
  if (config === undefined || config.text === '') {
    const why = 'kubeadm-config could not be read, so the next kubeadm join would lack these names';
    // What it lacks is not known, but for the names that the certificates lack too.
    const fresh = additions.filter(isNew).map(({ value }) => value);
    return { base: undefined, changes: fresh.length === 0 ? [] : [advice(why, fresh)] };
  }
  const { text, resourceVersion } = config;
  const without =
    removed.size === 0 ? undefined : removeFromList(text, place, (item) => isOneOf(item, removed));
  if (without !== undefined && !without.ok) return { base: text, changes: [refused(without, names)] };
  const base = without?.text ?? text;
  const gone = (without?.removed ?? []).flatMap((item) => certSan(item) ?? []);
  const edit = addToList(base, place, names, sameName);
  if (!edit.ok) return { base, changes: [refused(edit, names)] };
  if (edit.text === text) return { base, changes: [] };
  const titles = { from: 'a/ClusterConfiguration', to: 'b/ClusterConfiguration' };
  const change: DurableChange = {
    kind: 'kubeadm-config',
    resourceVersion,
    names: additions,
    removed: gone,
    diff: unifiedDiff(text, edit.text, titles),
    after: edit.text,
    command: patchCommand(resourceVersion, edit.text),
  };
  return { base, changes: [change] };
}

function isOneOf(item: string, keys: ReadonlySet<string>): boolean {
  const san = certSan(item);
  return san !== undefined && keys.has(sanKey(san));
}

/** A change by somebody else in between makes the test fail, and nothing is written. */
export function configurationPatch(resourceVersion: string, after: string): string {
  return JSON.stringify([
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/data/ClusterConfiguration', value: after },
  ]);
}

export function patchCommand(resourceVersion: string, after: string): string {
  return `kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system patch configmap kubeadm-config --type=json -p ${shellWord(configurationPatch(resourceVersion, after))}`;
}

function refused({ line, column, detail }: ListRefused, names: readonly string[]): DurableChange {
  return advice(`line ${line}, column ${column} of kubeadm-config cannot be edited safely: ${detail}`, names);
}

function advice(why: string, names: readonly string[]): DurableChange {
  return {
    kind: 'advice',
    about: 'kubeadm-config',
    where: 'ConfigMap kube-system/kubeadm-config, data.ClusterConfiguration',
    why,
    text: `apiServer:\n  certSANs:\n${names.map((name) => `  - ${JSON.stringify(name)}\n`).join('')}`,
  };
}

/** kubeadm-config is one list for all control planes, so what one of them alone has is not put there by itself. */
export function oneNodeOnly(node: string, names: readonly San[]): DurableChange {
  return {
    kind: 'advice',
    about: 'one-node-only',
    where: node,
    why: 'only this control plane has these names, and kubeadm-config does not give them: the new certificate keeps them, the next one made from kubeadm-config would not. Ask for them with --san to have them on all, or drop them with --remove',
    text: names.map(formatSan).join('\n'),
  };
}
