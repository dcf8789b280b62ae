/** The way back of a node: the old pair in place and served, or what a human has to do. */
import type { ExitName } from '../model/exit-code.ts';
import { ReachError } from '../reach/transport.ts';
import type { Patch } from './durable-end.ts';
import { clauseOf, undoClauses } from './faults.ts';
import {
  adviceAfterUndo,
  commandsAfterUndo,
  commandsBack,
  commandsRestart,
  type NodeResult,
  outcomeOf,
} from './node-result.ts';
import type { Link } from './link.ts';
import type { Ports, RunName } from './ports.ts';
import type { StepReply } from './replies.ts';
import type { Task } from './task.ts';
import { undoOn, type UndoneOn } from './undo-on.ts';

export interface NodeRun {
  readonly task: Task;
  readonly link: Link;
  readonly run: RunName;
  readonly ports: Ports;
  /** Of `finish`: whether the lock goes with it, and what is to be written into kubeadm-config. */
  readonly ending: { readonly isRelease: boolean; readonly patch?: Patch };
}

type On = Pick<NodeRun, 'task' | 'link' | 'run' | 'ports'>;

/** Nothing in use was touched: what was staged is thrown away, now or by the next run. */
export async function tidyUp(on: On, why: string, exit?: ExitName): Promise<NodeResult> {
  const { task, run } = on;
  const answer = await asked(on, false).catch((error: unknown) => {
    if (error instanceof ReachError) return undefined;
    throw error;
  });
  // It never began there, or it was ended already.
  if (answer?.ok === true && answer.value.result === 'back') return ended(on, answer.value, why, false);
  return outcomeOf(task, run.run, { state: 'untouched', why, ...(exit === undefined ? {} : { exit }) });
}

export async function putBack(on: On, why: string, wasRestarted = false): Promise<NodeResult> {
  const { task, run, link, ports } = on;
  try {
    const answer = await asked(on, wasRestarted);
    if (answer.ok) return ended(on, answer.value, why, wasRestarted);
    if (answer.fault.word === 'no-run')
      return outcomeOf(task, run.run, { state: 'untouched', why, exit: 'rolledBack', wasRestarted });
    // Whoever has the lock now has healed what was begun here, or is about to: nothing is to be typed into their run.
    if (answer.fault.word === 'lock-lost') {
      const all = `${why}; then the lock was another run’s, which puts the old pair back first, as the node does by itself`;
      ports.tell({ event: 'failed', node: task.plan.node, detail: all });
      return outcomeOf(task, run.run, { state: 'unknown', why: all, exit: 'rolledBack', wasRestarted });
    }
    return stuck(
      on,
      `${why}; and the way back: ${clauseOf(answer.fault)}`,
      commandsBack(task.place, run.run),
      {
        wasRestarted,
      },
    );
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const by = `${link.deadline().toISOString().slice(0, 19)}Z`;
    const all = `${why}; then the line was lost (${error.trouble.message}): the node puts the old pair back by itself, by ${by} at the latest`;
    ports.tell({ event: 'failed', node: task.plan.node, detail: all });
    return outcomeOf(task, run.run, { state: 'unknown', why: all, exit: 'rolledBack', wasRestarted });
  }
}

function asked({ task, link, run, ports }: On, wasRestarted: boolean): Promise<StepReply<UndoneOn>> {
  const ask = { of: run.run, isBack: false, endpoint: task.place.endpoint, wasRestarted };
  return undoOn(link, ask, { timing: run.timing, ports });
}

function ended(on: On, undone: UndoneOn, why: string, wasRestartedBefore: boolean): NodeResult {
  const { task, run, ports } = on;
  const { result, served, whyNotServed } = undone;
  const wasRestarted = wasRestartedBefore || undone.wasRestarted;
  const { place, plan } = task;
  if (result === 'back' || result === 'nothing') {
    // Where nothing was changed there may be no old certificate to wait for; else it is seen, or not known to be served.
    if (served === undefined ? result === 'back' : !served.isServed) {
      const all = `${why}; the old pair is in place again, but it is not served: ${whyNotServed}`;
      return stuck(on, all, commandsRestart(place.socket), { wasRestarted });
    }
    ports.tell({ event: 'undone', node: plan.node, detail: undoClauses[result] });
    // It never came to the swap: there is nothing of which could be said that it is served again.
    const state = served === undefined && !wasRestarted ? 'untouched' : 'undone';
    return outcomeOf(task, run.run, { state, why, exit: 'rolledBack', wasRestarted });
  }
  const all = `${why}; and the way back: ${undoClauses[result]}${adviceAfterUndo(result)}`;
  const commands = commandsAfterUndo(result, false, { place, of: run.run });
  return stuck(on, all, commands, { wasRestarted });
}

function stuck(
  { task, run, ports }: On,
  why: string,
  commands: readonly string[],
  { wasRestarted }: { readonly wasRestarted: boolean },
): NodeResult {
  ports.tell({ event: 'failed', node: task.plan.node, detail: why });
  return outcomeOf(task, run.run, { state: 'stuck', why, commands, exit: 'needsHuman', wasRestarted });
}
