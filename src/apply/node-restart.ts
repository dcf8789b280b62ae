/** A control plane whose pair on disk is right and which serves another: one restart, journalled and proven. There is nothing to put back. */
import { ReachError } from '../reach/transport.ts';
import { clauseOf, exitOfFault } from './faults.ts';
import type { Data } from './link.ts';
import { commandsLook, outcomeOf } from './node-result.ts';
import { askToFinish, type NodeEnd, proofOf } from './node-run.ts';
import { restartSeconds } from './ports.ts';
import type { NodeRun } from './put-back.ts';
import { type Fault, type Reloaded, readReloaded } from './replies.ts';
import { reload } from './restart-step.ts';
import { servedAs } from './task.ts';

export async function restartNode(on: NodeRun): Promise<NodeEnd> {
  const { task, run, ports } = on;
  const { node } = task.plan;
  if (task.onDisk === undefined || task.reloading === undefined)
    return outcomeOf(task, run.run, { state: 'untouched', why: 'what lies on its disk is not known' });
  ports.tell({ event: 'restarted', node, detail: 'the pair on disk is right, and another one is served' });
  try {
    const reloaded = await reloadOn(on, task.reloading);
    if ('outcome' in reloaded) return reloaded;
    const { was, wasStopped, served } = reloaded;
    const told = { wasRestarted: wasStopped, ...(was === undefined ? {} : { before: servedAs(was) }) };
    if (!served.isServed) {
      const why = 'the API server was restarted and does not serve the certificate that is on its disk';
      return needsHuman(on, why);
    }
    ports.tell({ event: 'served', node });
    const proof = await proofOf(on, task.onDisk);
    if (!proof.ok) return needsHuman(on, `it was restarted; ${proof.faults.join('; ')}`);
    ports.tell({ event: 'proven', node, detail: task.onDisk.fingerprint });
    const finished = await askToFinish(on, 'the API server is restarted and proven');
    if (!finished.ok) return needsHuman(on, `it was restarted and proven; ${clauseOf(finished.fault)}`);
    ports.tell({ event: 'done', node, detail: run.run });
    const result = outcomeOf(task, run.run, { state: 'done', after: servedAs(task.onDisk), ...told });
    return { ...result, finished: finished.value };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const why = `the line was lost and did not come back (${error.trouble.message}): the API server may have been restarted, with the pair that was on its disk before; nothing else was changed`;
    ports.tell({ event: 'failed', node, detail: why });
    return outcomeOf(task, run.run, {
      state: 'stuck',
      why,
      commands: commandsLook(task.place),
      exit: 'needsHuman',
      wasRestarted: true,
    });
  }
}

async function reloadOn(on: NodeRun, data: Data): Promise<Reloaded | NodeEnd> {
  const { task, link, run, ports } = on;
  const { reloadSeconds } = run.timing;
  const waiting = { ...data, endpoint: task.place.endpoint, wait: String(reloadSeconds) };
  const within = reloadSeconds + restartSeconds;
  let wasLost = false;
  const first = await link.ask(reload, waiting, readReloaded, within).catch((error: unknown) => {
    if (!(error instanceof ReachError)) throw error;
    wasLost = true;
    return undefined;
  });
  const isOver = first !== undefined && (first.ok || !isPassing(first.fault));
  const answer = isOver ? first : await link.insist(reload, waiting, readReloaded, within);
  if (answer.ok) return answer.value;
  const { fault } = answer;
  const why = clauseOf(fault);
  if (fault.word === 'not-stopped' || fault.word === 'unreadable') return needsHuman(on, why);
  if (wasLost)
    return needsHuman(on, `the line was lost, and the API server may have been restarted meanwhile; ${why}`);
  ports.tell({ event: 'failed', node: task.plan.node, detail: why });
  // All others are said before anything is stopped.
  const exit = exitOfFault(fault);
  return outcomeOf(task, run.run, { state: 'untouched', why, exit: exit === 'rolledBack' ? 'failed' : exit });
}

/** What is over by itself, or by taking the lock again. */
function isPassing({ word }: Fault): boolean {
  return word === 'busy' || word === 'lock-lost';
}

function needsHuman({ task, run, ports }: NodeRun, why: string): NodeEnd {
  ports.tell({ event: 'failed', node: task.plan.node, detail: why });
  const commands = commandsLook(task.place);
  return outcomeOf(task, run.run, { state: 'stuck', why, commands, exit: 'needsHuman', wasRestarted: true });
}
