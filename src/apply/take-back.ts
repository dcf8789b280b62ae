/** `rollback`: the old pair of a run on every node that has it, one after the other, and kubeadm-config where it is what that run wrote. */
import type { Certificate } from '../model/certificate.ts';
import type { ExitName } from '../model/exit-code.ts';
import type { DurableOutcome, NodeOutcome, ServedCertificate } from '../model/rollout.ts';
import { ReachError } from '../reach/transport.ts';
import { configBack } from './config-back.ts';
import { clauseOf, exitOfFault, undoClauses } from './faults.ts';
import { gateFaults } from './gate.ts';
import type { Link } from './link.ts';
import type { Locked } from './locks.ts';
import { backupOf, commandsBack, commandsCompare, commandsRestart } from './node-result.ts';
import { putFilesBack } from './node-files.ts';
import type { Ports } from './ports.ts';
import { type Place, servedAs } from './task.ts';
import { undoOn, type UndoneOn } from './undo-on.ts';

export interface TakeBackAsk {
  /** The run that is taken back. */
  readonly of: string;
  readonly nodes: readonly TakeBackNode[];
  readonly locked: Locked;
  readonly ports: Ports;
  readonly config?: ConfigBack;
}

export interface TakeBackNode {
  readonly place: Place;
  readonly before?: ServedCertificate;
  readonly old?: Certificate;
  /** What that run had staged there was thrown away before anything was changed. */
  readonly wasDiscarded?: boolean;
  /** That run has changed kubespray's file there. */
  readonly hasFile?: boolean;
}

/** The text that kubeadm-config had before that run, and what it is now. */
export interface ConfigBack {
  readonly node: string;
  readonly old: string;
  readonly resourceVersion: string;
  /** `unread`: it could not be asked for what it is now. */
  readonly state: 'ours' | 'nothing' | 'foreign' | 'unread';
}

export interface TakeBackEnd {
  readonly nodes: readonly NodeOutcome[];
  readonly durable: readonly DurableOutcome[];
  readonly exits: readonly ExitName[];
}

export async function takeBack(ask: TakeBackAsk): Promise<TakeBackEnd> {
  const { nodes, locked, ports } = ask;
  const stopKeeping = locked.keep();
  const ended: NodeOutcome[] = [];
  const exits: ExitName[] = [];
  try {
    for (const one of nodes) {
      const { node } = one.place;
      if (exits.length > 0 || ports.stop?.aborted === true) {
        if (exits.length === 0) exits.push('interrupted');
        ended.push({ ...bare(one), state: 'untouched', why: notBegun(ended) });
        continue;
      }
      const facts = { run: locked.run.run, kind: 'rollback', node } as const;
      const objection = await ports.hook('preNode', facts);
      if (objection !== undefined) {
        exits.push('failed');
        ended.push({
          ...bare(one),
          state: 'untouched',
          why: `the program of --pre-node says no: ${objection}`,
        });
        continue;
      }
      const link = locked.links.get(node);
      locked.workOn(node);
      const waiting = nodes.slice(ended.length + 1).map(({ place }) => place.endpoint);
      const { outcome, exit } =
        link === undefined ? unlocked(one) : await throughGate(one, link, ask, waiting);
      locked.workOn(undefined);
      ended.push(outcome);
      if (exit === undefined) {
        const no = await ports.hook('postNode', { ...facts, state: outcome.state });
        if (no !== undefined) exits.push('partial');
        continue;
      }
      exits.push(exit);
      await ports.hook('onFailure', { ...facts, state: outcome.state, why: outcome.why ?? '' });
    }
    const isWhole = exits.length === 0;
    const withFile = nodes.filter(({ hasFile }) => hasFile === true).map(({ place }) => place.node);
    const durable = [
      ...(await configBack(ask, isWhole)),
      ...(await putFilesBack(withFile, ask.of, { locked, ports, isWhole })),
    ];
    const isDone = ended.some(({ state }) => state === 'done');
    // Once something was taken back, "nothing changed" would be untrue.
    const told = exits.map((exit): ExitName => (isDone && exit !== 'needsHuman' ? 'partial' : exit));
    // Also what somebody has changed since still has that run's names, for all that is known.
    const isLeft = durable.some(
      ({ kind, state }) =>
        state === 'failed' ||
        (isWhole && state === 'left-to-you' && (kind === 'kubeadm-config' || kind === 'node-file')),
    );
    return { nodes: ended, durable, exits: [...told, ...(isLeft ? (['partial'] as const) : [])] };
  } finally {
    await stopKeeping();
  }
}

function notBegun(ended: readonly NodeOutcome[]): string {
  const failed = ended.find(({ state, why }) => why !== undefined && state !== 'nothing');
  if (failed === undefined) return 'stopped before it';
  return failed.state === 'done'
    ? `not begun, since the cluster is not well after ${failed.node}`
    : `not begun, since ${failed.node} did not come to a good end`;
}

interface Ended {
  readonly outcome: NodeOutcome;
  readonly exit?: ExitName;
}

function bare({ place, before }: TakeBackNode): Omit<NodeOutcome, 'state'> {
  return {
    node: place.node,
    commands: [],
    wasRestarted: false,
    healed: [],
    ...(before === undefined ? {} : { before }),
  };
}

function unlocked(one: TakeBackNode): Ended {
  return { outcome: { ...bare(one), state: 'untouched', why: 'it is not locked' }, exit: 'failed' };
}

/** Those that wait for their turn may be why it is taken back, so they are not waited for; and what was not changed has broken nothing. */
async function throughGate(
  one: TakeBackNode,
  link: Link,
  ask: TakeBackAsk,
  waiting: readonly string[],
): Promise<Ended> {
  const end = await takeBackOn(one, link, ask);
  if (end.outcome.state !== 'done') return end;
  const { place } = one;
  const { timing } = ask.locked.run;
  const peers = place.peers.filter((peer) => !waiting.includes(peer));
  const faults = await gateFaults(link, place, { peers, timing }).catch((error: unknown) => {
    if (error instanceof ReachError) return [`the line was lost: ${error.trouble.message}`];
    throw error;
  });
  if (faults.length === 0) {
    ask.ports.tell({ event: 'proven', node: place.node });
    return end;
  }
  const why = `its old certificate is served, and the cluster is not well: ${faults.join('; ')}`;
  ask.ports.tell({ event: 'failed', node: place.node, detail: why });
  return { outcome: { ...end.outcome, why }, exit: 'partial' };
}

async function takeBackOn(one: TakeBackNode, link: Link, { of, ports, locked }: TakeBackAsk): Promise<Ended> {
  const { place } = one;
  const { endpoint, certificatePath } = place;
  // Whatever is in use there by now is another run's, and may be any pair.
  if (one.wasDiscarded === true) {
    const why = 'that run has changed nothing there: what it had made was thrown away unused';
    ports.tell({ event: 'done', node: place.node, detail: why });
    return { outcome: { ...bare(one), state: 'nothing', why } };
  }
  try {
    const ask = { of, isBack: true, endpoint, certificatePath };
    const answer = await undoOn(link, ask, { timing: locked.run.timing, ports });
    if (answer.ok) return endOf(one, answer.value, of, ports);
    const why = clauseOf(answer.fault);
    ports.tell({ event: 'failed', node: place.node, detail: why });
    return {
      outcome: { ...bare(one), state: 'untouched', why },
      exit: exitOf(answer.fault.word, exitOfFault(answer.fault)),
    };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const why = `the line was lost: ${error.trouble.message}; the next run, or fix-sans rollback ${of} once more, ends what was begun there`;
    ports.tell({ event: 'failed', node: place.node, detail: why });
    return { outcome: { ...bare(one), state: 'unknown', why }, exit: 'partial' };
  }
}

/** A run that is no longer there is none that could be taken back; and that the old certificate is served is just what does not hold. */
function exitOf(word: string, usual: ExitName): ExitName {
  if (word === 'no-run') return 'refused';
  // Whatever it answered, it may have begun.
  if (word === 'unreadable') return 'partial';
  return usual === 'rolledBack' ? 'failed' : usual;
}

function endOf(
  one: TakeBackNode,
  { result, served, wasRestarted, whyNotServed }: UndoneOn,
  of: string,
  ports: Ports,
): Ended {
  const { place, old } = one;
  const { node } = place;
  if (result === 'no-pair') return { outcome: { ...bare(one), state: 'nothing', backup: backupOf(of) } };
  if (result !== 'back' && result !== 'nothing') {
    const why = undoClauses[result];
    ports.tell({ event: 'failed', node, detail: why });
    if (result === 'foreign' || result === 'newer') {
      // It has ended, and blocks nobody: whose pair that is can be seen by both.
      const commands = result === 'foreign' ? commandsCompare(place, of) : [];
      return { outcome: { ...bare(one), state: 'untouched', why, commands }, exit: 'refused' };
    }
    return {
      outcome: {
        ...bare(one),
        state: 'stuck',
        why,
        commands: result === 'no-backup' ? commandsCompare(place, of) : commandsBack(place, of),
      },
      exit: 'needsHuman',
    };
  }
  if (served?.isServed !== true) {
    const why = `the old pair is in place, but it is not served: ${whyNotServed}`;
    ports.tell({ event: 'failed', node, detail: why });
    const commands = commandsRestart(place.socket);
    return { outcome: { ...bare(one), state: 'stuck', why, commands, wasRestarted }, exit: 'needsHuman' };
  }
  const state = result === 'back' ? 'done' : 'nothing';
  const told = result === 'back' ? undoClauses.back : 'nothing to take back; the old certificate is served';
  ports.tell({ event: result === 'back' ? 'undone' : 'done', node, detail: told });
  return {
    outcome: {
      ...bare(one),
      state,
      wasRestarted,
      ...(old === undefined ? {} : { after: servedAs(old) }),
      ...(served.afterMs === undefined || result === 'nothing' ? {} : { servedAfterMs: served.afterMs }),
      backup: backupOf(of),
    },
  };
}
