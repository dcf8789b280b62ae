/** The transaction of one node: stage, prove, swap, see it served, prove again, end; or the old pair back. */
import type { Certificate } from '../model/certificate.ts';
import { ReachError } from '../reach/transport.ts';
import { finish } from './end-steps.ts';
import { clauseOf, exitOfFault } from './faults.ts';
import type { Data } from './link.ts';
import { type NodeResult, outcomeOf } from './node-result.ts';
import { pauseOf, type Ports, restartSeconds, waitAfterRestart } from './ports.ts';
import { servingFaults, stagedFaults } from './proof.ts';
import { prove } from './prove-step.ts';
import { type NodeRun, putBack, tidyUp } from './put-back.ts';
import {
  type Finished,
  type Proved,
  readFinished,
  readProved,
  readServed,
  readStaged,
  type Staged,
  type StepReply,
} from './replies.ts';
import { restart } from './restart-step.ts';
import { stage, stageSigned } from './stage-step.ts';
import { swap } from './swap-steps.ts';
import { plannedNames, servedAs, sniOf } from './task.ts';

export interface NodeEnd extends NodeResult {
  readonly finished?: Finished;
}

/** How many runs of the past a node keeps. */
export const keptRuns = '5';

export async function runNode(on: NodeRun): Promise<NodeEnd> {
  const { task, run, ports } = on;
  const tell = (event: Parameters<Ports['tell']>[0]['event'], detail?: string): void =>
    ports.tell({ event, node: task.plan.node, ...(detail === undefined ? {} : { detail }) });
  const staged = await stageOn(on);
  if ('outcome' in staged) return staged;
  tell('staged', staged.certificate.fingerprint);
  const faults = stagedFaults(task, staged, ports.now());
  if (faults.length > 0) {
    tell('failed', faults.join('; '));
    return tidyUp(on, faults.join('; '), 'rolledBack');
  }
  tell('proven-staged');
  if (ports.stop?.aborted === true) return tidyUp(on, 'stopped before anything was changed');
  const swapped = await swapOn(on, staged);
  if ('outcome' in swapped) return swapped;
  const proved = await proveOn(on, staged.certificate, swapped);
  if ('outcome' in proved) return proved;
  const { served } = proved;
  tell('proven', served?.fingerprint);
  const ended = await finishOn(on);
  if ('outcome' in ended) return ended;
  tell('done', run.run);
  const after = served === undefined ? {} : { after: servedAs(served) };
  const result = outcomeOf(task, run.run, {
    state: 'done',
    wasRestarted: swapped.wasRestarted,
    ...after,
    ...(swapped.afterMs === undefined ? {} : { servedAfterMs: swapped.afterMs }),
  });
  return { ...result, finished: ended };
}

async function stageOn(on: NodeRun): Promise<Staged | NodeEnd> {
  const { task, link, run, ports } = on;
  const data = task.staging?.(run.run);
  if (data === undefined)
    return outcomeOf(task, run.run, { state: 'untouched', why: 'there is nothing to sign' });
  const fail = (why: string): void => ports.tell({ event: 'failed', node: task.plan.node, detail: why });
  try {
    const step = task.signed === undefined ? stage : stageSigned;
    const answer = await link.ask(step, data, readStaged);
    if (answer.ok) return answer.value;
    const { fault } = answer;
    fail(clauseOf(fault));
    // What is no answer of it may have left something all the same.
    if (fault.word === 'unreadable') return await tidyUp(on, clauseOf(fault), 'rolledBack');
    return outcomeOf(task, run.run, { state: 'untouched', why: clauseOf(fault), exit: exitOfFault(fault) });
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    fail(error.trouble.message);
    return tidyUp(on, error.trouble.message, 'temporary');
  }
}

interface Swapped {
  readonly afterMs?: number;
  readonly wasRestarted: boolean;
}

/** From here on the node may hold the new pair, whatever we heard of it. */
async function swapOn(on: NodeRun, { sums }: Staged): Promise<Swapped | NodeEnd> {
  const { task, link, run, ports } = on;
  const { reloadSeconds } = run.timing;
  const { place, plan } = task;
  const waiting: Data = { endpoint: place.endpoint, wait: String(reloadSeconds) };
  try {
    const answer = await link.ask(swap, { ...waiting, sums }, readServed, reloadSeconds);
    if (!answer.ok) {
      const { fault } = answer;
      const why = clauseOf(fault);
      ports.tell({ event: 'failed', node: plan.node, detail: why });
      // It drops what it staged by itself, but for these.
      const isDropped =
        fault.undone === undefined &&
        !['unreadable', 'busy', 'lock-lost', 'lock-unkept', 'no-run'].includes(fault.word);
      if (isDropped) return outcomeOf(task, run.run, { state: 'untouched', why, exit: exitOfFault(fault) });
      return await putBack(on, why);
    }
    ports.tell({ event: 'swapped', node: plan.node });
    if (answer.value.isServed) {
      const { afterMs } = answer.value;
      ports.tell({
        event: 'served',
        node: plan.node,
        ...(afterMs === undefined ? {} : { detail: `${afterMs} ms` }),
      });
      return { wasRestarted: false, ...(afterMs === undefined ? {} : { afterMs }) };
    }
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    // What became of it the next step tells.
    ports.tell({ event: 'failed', node: plan.node, detail: error.trouble.message });
    return { wasRestarted: false };
  }
  return restartOn(on, { ...waiting, socket: place.socket });
}

async function restartOn(on: NodeRun, data: Data): Promise<Swapped | NodeEnd> {
  const { task, link, run, ports } = on;
  const { node } = task.plan;
  const { reloadSeconds } = run.timing;
  const late = `the API server did not take the new pair within ${reloadSeconds} s`;
  ports.tell({ event: 'restarted', node, detail: late });
  try {
    const wait = waitAfterRestart(run.timing);
    const waiting: Data = { ...data, wait: String(wait) };
    const answer = await link.ask(restart, waiting, readServed, wait + restartSeconds);
    if (!answer.ok) return await putBack(on, `${late}; ${clauseOf(answer.fault)}`, true);
    if (!answer.value.isServed) return await putBack(on, `${late}, nor after a restart`, true);
    ports.tell({ event: 'served', node });
    return { wasRestarted: true };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    ports.tell({ event: 'failed', node, detail: error.trouble.message });
    return { wasRestarted: true };
  }
}

async function proveOn(
  on: NodeRun,
  staged: Certificate,
  { wasRestarted }: Swapped,
): Promise<Proved | NodeEnd> {
  try {
    const proof = await proofOf(on, staged);
    return proof.ok ? proof.proved : await putBack(on, proof.faults.join('; '), wasRestarted);
  } catch (error) {
    return lost(on, error, wasRestarted);
  }
}

export type Proof =
  | { readonly ok: true; readonly proved: Proved }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Rejects with ReachError where the line was lost and did not come back. */
export async function proofOf({ task, link, run, ports }: NodeRun, wanted: Certificate): Promise<Proof> {
  const { place, plan } = task;
  const { settleSeconds } = run.timing;
  const names = plannedNames(plan).flatMap((san) => sniOf(san) ?? []);
  const data = {
    endpoint: place.endpoint,
    names: [...new Set(names)].join('\n'),
    peers: place.peers.join('\n'),
    admin: place.admin,
    settle: String(settleSeconds),
    pause: pauseOf(run.timing),
  };
  // The last look may begin when time is up, and asks every API server.
  const within = settleSeconds + names.length + 12 * (place.peers.length + 3);
  const answer = await link.insist(prove, data, readProved, within);
  const faults = answer.ok ? servingFaults(task, wanted, answer.value) : [clauseOf(answer.fault)];
  if (answer.ok && faults.length === 0) return { ok: true, proved: answer.value };
  ports.tell({ event: 'failed', node: plan.node, detail: faults.join('; ') });
  return { ok: false, faults };
}

async function finishOn(on: NodeRun): Promise<Finished | NodeEnd> {
  try {
    const answer = await askToFinish(on, 'the new API server certificate is proven');
    if (!answer.ok) return await putBack(on, clauseOf(answer.fault));
    if (answer.value.ended === 'done') return answer.value;
    return await putBack(on, `the node had ended the run already: ${answer.value.ended}`);
  } catch (error) {
    return lost(on, error, false);
  }
}

export function askToFinish({ task, link, ending }: NodeRun, summary: string): Promise<StepReply<Finished>> {
  const { endpoint, admin } = task.place;
  const data = {
    endpoint,
    admin,
    summary,
    keep: keptRuns,
    release: ending.isRelease ? '1' : '',
    patch: ending.patch?.patch ?? '',
    after: ending.patch?.after ?? '',
  };
  return link.insist(finish, data, readFinished, 3 * 30);
}

/** Nobody can say from here what it serves; the node itself knows what to do. */
function lost({ task, link, run, ports }: NodeRun, error: unknown, wasRestarted: boolean): NodeEnd {
  if (!(error instanceof ReachError)) throw error;
  const by = `${link.deadline().toISOString().slice(0, 19)}Z`;
  const why = `the line was lost and did not come back (${error.trouble.message}): the node puts the old pair back by itself, by ${by} at the latest`;
  ports.tell({ event: 'failed', node: task.plan.node, detail: why });
  return outcomeOf(task, run.run, { state: 'unknown', why, exit: 'rolledBack', wasRestarted });
}
