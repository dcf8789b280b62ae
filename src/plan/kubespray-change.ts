/** The inventory of kubespray: which names its next run would drop, and the patch that keeps them. */
import { kubesprayCommand, kubesprayNames } from '../flavours/kubespray.ts';
import { isKubespray } from '../diagnose/expected.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { digestOf } from '../model/digest.ts';
import type { DurableChange, TextEdit } from '../model/plan.ts';
import { looseSan, type San, sanKey } from '../model/san.ts';
import type { Ask } from './ask.ts';
import { type InventoryPatch, patchInventory, variable } from './inventory-patch.ts';
import { shellWord } from './signing.ts';
import type { Subject } from './subject.ts';
import { unifiedDiff } from './unified-diff.ts';

interface Kubespray {
  readonly facts: ClusterFacts;
  readonly subjects: readonly Subject[];
  readonly ask: Ask;
  /** Names that every control plane will have. */
  readonly everywhere: readonly San[];
  readonly removed: ReadonlySet<string>;
}

export function kubesprayChanges(given: Kubespray): readonly DurableChange[] {
  const { facts, subjects, ask, everywhere, removed } = given;
  if (!isKubespray(facts)) return [];
  const { inventory } = facts;
  const supplementary = inventory?.supplementary ?? [];
  const bare = writtenBy(given, []);
  const today = writtenBy(given, supplementary);
  const names = everywhere.filter((san) => !isMade(san, subjects, bare));
  const wouldDrop = everywhere.filter((san) => isHeld(san, subjects) && !isMade(san, subjects, today));
  const changes: DurableChange[] = [];
  const gone = supplementary.filter((text) =>
    removed.has(sanKey(looseSan(text) ?? { type: 'dns', value: text })),
  );
  if (gone.length > 0)
    changes.push(
      inventoryAdvice(
        inventory?.path ?? '',
        'these names were taken away; take them out of the list too',
        gone,
      ),
    );
  const texts = names.map(({ value }) => value);
  if (texts.length === 0) return changes;
  if (ask.inventory === undefined) {
    const known = new Set(supplementary.flatMap((text) => looseSan(text) ?? []).map(sanKey));
    const lacking = names.filter((san) => !known.has(sanKey(san))).map(({ value }) => value);
    const why =
      inventory === undefined
        ? 'kubespray made this cluster, and no inventory was given (--inventory): its next run would drop these names'
        : 'only Ansible knows where the variable is set in this inventory';
    return lacking.length === 0
      ? changes
      : [...changes, inventoryAdvice(`group_vars/k8s_cluster`, why, lacking)];
  }
  const { files, belongs, controlPlanes, fault } = ask.inventory;
  if (fault !== undefined) return [...changes, inventoryAdvice(fault.where, fault.why, texts)];
  const patches = patchInventory({ files, belongs, controlPlanes, names: texts });
  const command = kubesprayCommand(shellWord(inventory?.path ?? 'INVENTORY'));
  return [
    ...changes,
    ...patches.flatMap((patch) => changeOf(patch, { wouldDrop, command })),
    ...(patches.every(({ kind }) => kind === 'nothing') ? [] : [nodeFile(texts)]),
  ];
}

function changeOf(
  patch: InventoryPatch,
  { wouldDrop, command }: { readonly wouldDrop: readonly San[]; readonly command: string },
): readonly DurableChange[] {
  if (patch.kind === 'nothing') return [];
  if (patch.kind === 'advice')
    return [
      {
        kind: 'advice',
        about: 'inventory',
        where: `${patch.path}:${patch.line}:${patch.column}`,
        why: patch.why,
        text: patch.text,
      },
    ];
  const { path, before, after, added, hides } = patch;
  return [
    {
      kind: 'inventory',
      path,
      names: added.flatMap((text) => looseSan(text) ?? []),
      wouldDrop,
      diff: unifiedDiff(before, after, { from: `a${path}`, to: `b${path}` }, 0),
      edit: editOf(before, after),
      command,
      hides,
    },
  ];
}

/** What was put in, and where: a plan that is passed around holds nothing else of the file. */
export function editOf(before: string, after: string): TextEdit {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  const inserted = after.slice(at, at + after.length - before.length);
  return { before: digestOf(before), after: digestOf(after), at, inserted };
}

/** Undefined where the text is not the one that the edit was made for. */
export function applyEdit(text: string, { before, after, at, inserted }: TextEdit): string | undefined {
  if (digestOf(text) !== before) return undefined;
  const edited = text.slice(0, at) + inserted + text.slice(at);
  return digestOf(edited) === after ? edited : undefined;
}

function writtenBy(
  { facts, subjects, ask }: Kubespray,
  supplementary: readonly string[],
): ReadonlySet<string> {
  const { inventory, api } = facts;
  const certain = kubesprayNames({
    version: ask.kubesprayVersion ?? inventory?.kubesprayVersion,
    dnsDomain: api?.kubeadmConfig?.configuration.dnsDomain,
    serviceAddress: api?.kubernetesService?.clusterIps[0],
    loadBalancerDomain: inventory?.loadBalancerName,
    loadBalancerAddress: inventory?.loadBalancerAddress,
    supplementary,
    controlPlanes: subjects.map(({ read, facts: node, told }) => ({
      inventoryName: read.node.source === 'inventory' ? read.node.name : undefined,
      hostname: node.system.hostname,
      ip: told.advertiseAddress,
      defaultIpv4: node.system.defaultRouteAddress,
    })),
  });
  return new Set(certain.filter(({ isCertain }) => isCertain).map(({ san }) => sanKey(san)));
}

/** By kubespray on all of them, or else by kubeadm's own rules on each. */
function isMade(san: San, subjects: readonly Subject[], written: ReadonlySet<string>): boolean {
  const key = sanKey(san);
  return written.has(key) || subjects.every(({ computed }) => computed.has(key));
}

function isHeld(san: San, subjects: readonly Subject[]): boolean {
  const key = sanKey(san);
  return subjects.some(({ onDisk, inUse }) => onDisk.has(key) || inUse.has(key));
}

function inventoryAdvice(where: string, why: string, names: readonly string[]): DurableChange {
  const text = `${variable}:\n${names.map((name) => `  - ${JSON.stringify(name)}\n`).join('')}`;
  return { kind: 'advice', about: 'inventory', where, why, text };
}

function nodeFile(names: readonly string[]): DurableChange {
  return {
    kind: 'advice',
    about: 'kubespray-file',
    where: '/etc/kubernetes/kubeadm-config.yaml on each control plane',
    why: 'kubespray writes this file from the inventory at its next run; until then it lacks these names, and whoever runs kubeadm with it loses them',
    text: `apiServer:\n  certSANs:\n${names.map((name) => `  - ${JSON.stringify(name)}\n`).join('')}`,
  };
}
