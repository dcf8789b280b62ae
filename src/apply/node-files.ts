/** kubespray's file on the control planes that have one: in step with kubeadm-config after the last node, and as before once a run is taken back. */
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { digestOf } from '../model/digest.ts';
import type { Plan } from '../model/plan.ts';
import type { DurableOutcome } from '../model/rollout.ts';
import type { San } from '../model/san.ts';
import { editCommand, editNodeFile, type NameChange, nameChange } from '../plan/node-file.ts';
import { ReachError } from '../reach/transport.ts';
import { clauseOf } from './faults.ts';
import type { Link } from './link.ts';
import type { Locked } from './locks.ts';
import { nodeFile } from './node-file-mask.ts';
import { lookAtFile, putFileBack, writeFile } from './node-file-steps.ts';
import { backupOf } from './node-result.ts';
import type { Ports } from './ports.ts';
import { readFileBack, readLooked, readWritten } from './node-file-replies.ts';
import { controlPlanesOf } from './task.ts';

type Told = Pick<DurableOutcome, 'state' | 'why' | 'command'>;

/** Those that have the file, where the plan changes what is in it. */
export function nodesWithFile(plan: Plan, facts: ClusterFacts): readonly string[] {
  if (nameChange(plan) === undefined) return [];
  return controlPlanesOf(facts)
    .filter(({ facts: node }) => node.distributions.some(({ evidence }) => evidence === nodeFile))
    .map(({ read }) => read.node.name);
}

export function filesLeft(nodes: readonly string[]): readonly DurableOutcome[] {
  const why = 'it is written after the last node, and not all are done';
  return nodes.map((node) => outcome(node, { state: 'left-to-you', why }));
}

export async function writeFiles(
  nodes: readonly string[],
  plan: Plan,
  { locked, ports }: { readonly locked: Locked; readonly ports: Ports },
): Promise<readonly DurableOutcome[]> {
  const change = nameChange(plan);
  const ends: DurableOutcome[] = [];
  for (const node of nodes) {
    const link = locked.links.get(node);
    if (link === undefined || change === undefined) continue;
    const told = await writeOne(link, change, () => locked.letGo(node));
    tell(ports, node, told);
    ends.push(outcome(node, told));
  }
  return ends;
}

/** What was looked at is no longer what lies there, so an edit made of it would cut in other lines. */
const isOfOtherText: ReadonlySet<string> = new Set(['other-file', 'other-bytes', 'moved']);

function namesByHand({ added, removed }: NameChange): string {
  return [
    ...(added.length > 0 ? [`names to be in its certSANs: ${listed(added)}`] : []),
    ...(removed.length > 0 ? [`names to be taken out of its certSANs: ${listed(removed)}`] : []),
  ].join('; ');
}

function listed(sans: readonly San[]): string {
  return sans.map(({ value }) => value).join(', ');
}

async function writeOne(link: Link, change: NameChange, letGo: () => void): Promise<Told> {
  const byHand = `\${EDITOR:-vi} ${nodeFile}`;
  const names = namesByHand(change);
  try {
    const looked = await link.insist(lookAtFile, {}, readLooked);
    if (!looked.ok) return { state: 'failed', why: `${clauseOf(looked.fault)}; ${names}`, command: byHand };
    const reading = editNodeFile(looked.value.text, change);
    if (!reading.ok) return { state: 'failed', why: `${reading.why}; ${names}`, command: byHand };
    const { edit } = reading;
    if (edit === undefined) return { state: 'nothing' };
    const data = {
      sum: looked.value.sum,
      at: String(edit.at),
      drop: String(edit.drop),
      gone: digestOf(edit.gone),
      insert: edit.insert,
      release: '1',
    };
    const written = await link.insist(writeFile, data, readWritten);
    if (!written.ok) {
      const why = clauseOf(written.fault);
      return isOfOtherText.has(written.fault.word)
        ? { state: 'failed', why: `${why}; ${names}`, command: byHand }
        : { state: 'failed', why, command: editCommand(nodeFile, looked.value.sum, edit) };
    }
    letGo();
    return { state: 'written' };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return { state: 'failed', why: `${error.trouble.message}; ${names}`, command: byHand };
  }
}

export async function putFilesBack(
  nodes: readonly string[],
  of: string,
  { locked, ports, isWhole }: { readonly locked: Locked; readonly ports: Ports; readonly isWhole: boolean },
): Promise<readonly DurableOutcome[]> {
  const ends: DurableOutcome[] = [];
  for (const node of nodes) {
    const link = locked.links.get(node);
    if (link === undefined || !isWhole) {
      ends.push(outcome(node, { state: 'left-to-you', why: 'not all nodes are taken back' }));
      continue;
    }
    const told = await putOneBack(link, of);
    tell(ports, node, told);
    ends.push(outcome(node, told));
  }
  return ends;
}

async function putOneBack(link: Link, of: string): Promise<Told> {
  // Under a name that nobody could have put a link at.
  const command = `new=$(mktemp ${nodeFile}.XXXXXX) && cp -a ${backupOf(of)}/file.old "$new" && mv -f "$new" ${nodeFile}`;
  try {
    const answer = await link.insist(putFileBack, { of }, readFileBack);
    if (!answer.ok) return { state: 'failed', why: clauseOf(answer.fault), command };
    switch (answer.value) {
      case 'back':
        return { state: 'written' };
      case 'nothing':
        return { state: 'nothing' };
      case 'foreign':
        return { state: 'left-to-you', why: 'it is not what that run wrote: somebody has changed it since' };
      case 'no-backup':
        return { state: 'failed', why: `the old one is gone or damaged: ${backupOf(of)}/file.old` };
      case 'failed':
        return { state: 'failed', why: 'the old one could not be put back', command };
    }
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return { state: 'failed', why: error.trouble.message, command };
  }
}

function outcome(node: string, told: Told): DurableOutcome {
  return { kind: 'node-file', where: `${node}:${nodeFile}`, ...told };
}

function tell(ports: Ports, node: string, { state }: Told): void {
  if (state === 'nothing') return;
  ports.tell({ event: state === 'written' ? 'durable' : 'failed', node, detail: nodeFile });
}
