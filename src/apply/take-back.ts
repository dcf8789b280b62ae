/** `rollback`: the old pair of a run on every node that has it, one after the other, and kubeadm-config where it is what that run wrote. */
import type { Certificate } from '../model/certificate.ts';
import type { ExitName } from '../model/exit-code.ts';
import type { DurableOutcome, NodeOutcome, ServedCertificate } from '../model/rollout.ts';
import { ReachError } from '../reach/transport.ts';
import { configurationPatch, patchCommand } from '../plan/durable.ts';
import { finish } from './end-steps.ts';
import { clauseOf, exitOfFault, undoClauses } from './faults.ts';
import type { Link } from './link.ts';
import type { Locked } from './locks.ts';
import { keptRuns } from './node-run.ts';
import { backupOf, commandsBack, commandsRestart } from './node-result.ts';
import type { Ports } from './ports.ts';
import { readFinished } from './replies.ts';
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
        ended.push({ ...bare(one), state: 'untouched', why: 'not begun' });
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
      const { outcome, exit } = link === undefined ? unlocked(one) : await takeBackOn(one, link, ask);
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
    const durable = await configBack(ask, exits.length === 0);
    const isDone = ended.some(({ state }) => state === 'done');
    // Once something was taken back, "nothing changed" would be untrue.
    const told = exits.map((exit): ExitName => (isDone && exit !== 'needsHuman' ? 'partial' : exit));
    return {
      nodes: ended,
      durable,
      exits: [...told, ...(durable.some(({ state }) => state === 'failed') ? (['partial'] as const) : [])],
    };
  } finally {
    await stopKeeping();
  }
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

async function takeBackOn(one: TakeBackNode, link: Link, { of, ports, locked }: TakeBackAsk): Promise<Ended> {
  const { place } = one;
  const { endpoint, certificatePath } = place;
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
    const why = `the line was lost: ${error.trouble.message}; the next run, or rollback ${of} once more, ends what was begun there`;
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
  if (result !== 'back' && result !== 'nothing') {
    const why = undoClauses[result];
    ports.tell({ event: 'failed', node, detail: why });
    if (result === 'foreign' || result === 'newer')
      return { outcome: { ...bare(one), state: 'untouched', why }, exit: 'refused' };
    return {
      outcome: { ...bare(one), state: 'stuck', why, commands: commandsBack(place, of) },
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
  ports.tell({ event: result === 'back' ? 'undone' : 'proven', node, detail: undoClauses[result] });
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

async function configBack(
  { config, nodes, locked, ports }: TakeBackAsk,
  isWhole: boolean,
): Promise<readonly DurableOutcome[]> {
  if (config === undefined) return [];
  const about = { kind: 'kubeadm-config', where: 'ConfigMap kube-system/kubeadm-config' } as const;
  const { state, old, resourceVersion, node } = config;
  if (state === 'nothing') return [{ ...about, state: 'nothing' }];
  if (state === 'foreign')
    return [
      { ...about, state: 'left-to-you', why: 'it is not what that run wrote: somebody has changed it since' },
    ];
  if (state === 'unread')
    return [
      {
        ...about,
        state: 'failed',
        why: 'it could not be read, so it is not known whether that run’s names are in it',
      },
    ];
  const command = patchCommand(resourceVersion, old);
  if (!isWhole) return [{ ...about, state: 'left-to-you', why: 'not all nodes are taken back', command }];
  const place = nodes.find((one) => one.place.node === node)?.place;
  const link = locked.links.get(node);
  if (place === undefined || link === undefined)
    return [{ ...about, state: 'failed', why: `${node} cannot be asked`, command }];
  const data = {
    endpoint: place.endpoint,
    admin: place.admin,
    summary: 'kubeadm-config is taken back',
    keep: keptRuns,
    release: '',
    isBack: '1',
    patch: configurationPatch(resourceVersion, old),
  };
  try {
    const answer = await link.insist(finish, data, readFinished, 3 * 30);
    const isWritten = answer.ok && answer.value.config === old;
    ports.tell({ event: isWritten ? 'durable' : 'failed', detail: 'kubeadm-config' });
    if (isWritten) return [{ ...about, state: 'written' }];
    const why = answer.ok
      ? (answer.value.configFault ?? 'it could not be read back')
      : clauseOf(answer.fault);
    return [{ ...about, state: 'failed', why, command }];
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    return [{ ...about, state: 'failed', why: error.trouble.message, command }];
  }
}
