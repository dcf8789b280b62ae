/** What became of the half of a plan that makes the names last. Pure. */
import type { DurableChange, Plan } from '../model/plan.ts';
import type { DurableOutcome } from '../model/rollout.ts';
import { configurationPatch } from '../plan/durable.ts';
import type { Finished } from './replies.ts';

export interface Patch {
  /** A JSON patch that fails where somebody else was faster. */
  readonly patch: string;
  readonly after: string;
}

export interface PatchEnd {
  readonly patch: Patch;
  readonly finished?: Finished;
  readonly fault?: string;
}

export function patchOf({ durable }: Plan): Patch | undefined {
  const change = durable.find((one) => one.kind === 'kubeadm-config');
  if (change === undefined) return undefined;
  return { patch: configurationPatch(change.resourceVersion, change.after), after: change.after };
}

/** The inventory is written by whoever has it, and later: until then it is left to the user. */
export function durableOutcomes(
  { durable }: Plan,
  end: PatchEnd | undefined,
  hasFiles = false,
): readonly DurableOutcome[] {
  // What is done on the nodes themselves is told node by node.
  const told = durable.filter((one) => !hasFiles || one.kind !== 'advice' || one.about !== 'kubespray-file');
  return told.map((change) => outcomeOf(change, end));
}

function outcomeOf(change: DurableChange, end: PatchEnd | undefined): DurableOutcome {
  switch (change.kind) {
    case 'kubeadm-config':
      return { kind: change.kind, where: configMap, ...configurationEnd(change, end) };
    case 'inventory':
      return {
        kind: change.kind,
        where: change.path,
        state: 'left-to-you',
        why: 'it is written with --write only',
        command: change.command,
      };
    case 'advice':
      return { kind: change.kind, where: change.where, state: 'left-to-you', why: change.why };
  }
}

const configMap = 'ConfigMap kube-system/kubeadm-config';

function configurationEnd(
  { after, command }: Extract<DurableChange, { kind: 'kubeadm-config' }>,
  end: PatchEnd | undefined,
): Pick<DurableOutcome, 'state' | 'why' | 'command'> {
  if (end === undefined)
    return { state: 'left-to-you', why: 'it is written after the last node, and not all are done' };
  const { finished, fault } = end;
  // Read back: written by us, or by us in an earlier try whose answer was lost.
  if (finished?.config === after) return { state: 'written' };
  const why = fault ?? finished?.configFault ?? 'it could not be read back as it was written';
  return { state: 'failed', why: why.trim().slice(0, 500), command };
}
