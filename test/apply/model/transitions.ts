/** What apply and rollback make of the model, and the exit code with which they end. */
import {
  endRun,
  heal,
  healAll,
  leafOf,
  type Model,
  type ModelNode,
  openRuns,
  planned,
  prune,
  put,
  putBack,
  worst,
} from './model.ts';
import type { SeenNode } from './look.ts';

/** What only the nodes can tell: which pair kubeadm made, and the text of kubeadm-config; names and all else are the model's to say. */
export interface Told {
  readonly run: string;
  readonly seen: ReadonlyMap<string, SeenNode>;
  readonly config: string;
}

export function planExit(model: Model, wishes: readonly string[]): number {
  const { isRefused, hasWork } = planned(model, wishes);
  if (isRefused) return 7;
  return hasWork ? 2 : 0;
}

export function applied(model: Model, wishes: readonly string[], told: Told): number {
  const isHeld = model.nodes.some(({ lock }) => lock !== undefined);
  const hasOpen = model.nodes.some((node) => openRuns(node).length > 0);
  if (hasOpen) {
    if (isHeld) return 6;
    const exits = healAll(model);
    if (exits.length > 0) return worst(exits);
  }
  const plan = planned(model, wishes);
  if (plan.isRefused) return 7;
  if (!plan.hasWork) return 0;
  if (isHeld) return 6;
  healAll(model);
  return rolledOut(model, plan, told);
}

function rolledOut(model: Model, plan: ReturnType<typeof planned>, { run, seen, config }: Told): number {
  const [first, ...others] = model.nodes;
  // Last the one through which the API is read.
  const ordered = first === undefined ? [] : [...others, first];
  const work = ordered.filter(({ name }) => plan.actions.get(name) !== 'nothing');
  for (const [index, node] of work.entries()) {
    if (plan.actions.get(node.name) === 'restart') return index > 0 ? 3 : 1;
    const { leaf } = leafOf(model, node.pair);
    const made = seen.get(node.name);
    if (made === undefined) throw new Error('not looked at');
    if (node.isFrozen) {
      endRun(node, run, 'undone', { old: node.pair, made: made.runs[run]?.made ?? '' });
      return node.served === leaf ? 5 : 9;
    }
    const old = node.pair;
    const pair = made.runs[run]?.made ?? made.pair;
    const { leaf: fresh = made.leaf } = made.leaves[pair] ?? {};
    model.pairs.set(pair, { leaf: fresh, names: plan.names.get(node.name) ?? [] });
    put(model, node, pair);
    endRun(node, run, 'done', { old, made: pair });
    prune(node, run);
  }
  const last = work.at(-1) ?? first;
  if (plan.certSans.length !== model.certSans.length && last !== undefined) {
    const newConfig = seen.get(last.name)?.runs[run]?.newConfig ?? config;
    endRun(last, run, 'done', { oldConfig: model.config, newConfig });
    prune(last, run);
    model.config = newConfig;
    model.certSans = plan.certSans;
  }
  return 0;
}

/** As `runs` without a name: what has not ended, else the newest that was done. */
function lastRun({ nodes }: Model): string | undefined {
  const all = nodes.flatMap(({ runs }) => [...runs]).filter(([, { state }]) => state !== 'none');
  const open = all.filter(([, { isEnded }]) => !isEnded);
  const done = all.filter(([, { isDone }]) => isDone);
  return (open.length > 0 ? open : done)
    .map(([run]) => run)
    .toSorted()
    .at(-1);
}

export function rolledBack(model: Model, asked: string | undefined): readonly number[] {
  const of = asked ?? lastRun(model);
  if (of === undefined) return [1];
  const having = model.nodes.filter(({ runs }) => runs.has(of));
  if (having.length === 0) return [7];
  if (model.nodes.some(({ lock }) => lock !== undefined)) return [6];
  const sick = healAll(model);
  // The first of them is told.
  if (sick.length > 0) return sick.slice(0, 1);
  const config = having.find(({ runs }) => runs.get(of)?.oldConfig !== '');
  let isDone = false;
  for (const node of having) {
    const exit = takenBack(model, node, of);
    if (exit === 'done') isDone = true;
    else if (exit !== undefined) return [isDone && exit !== 9 ? 3 : exit];
  }
  return config === undefined ? [0] : configBack(model, config, of);
}

function takenBack(model: Model, node: ModelNode, of: string): number | 'done' | undefined {
  const run = node.runs.get(of);
  if (run === undefined || run.state === 'discarded' || run.old === '') return undefined;
  const result = putBack(model, node, of);
  if (result === 'foreign') {
    endRun(node, of, 'stuck-foreign');
    return 7;
  }
  endRun(node, of, 'undone');
  if (node.served !== leafOf(model, run.old).leaf) return 9;
  return result === 'back' ? 'done' : undefined;
}

function configBack(model: Model, node: ModelNode, of: string): readonly number[] {
  const { oldConfig = '', newConfig = '', state = '', old = '' } = node.runs.get(of) ?? {};
  if (model.config === oldConfig) return [0];
  // Whether what somebody else wrote is no more than our own edit, the program says.
  if (model.config !== newConfig) return [3, 0];
  if (state === 'done' && old === '') endRun(node, of, 'undone');
  prune(node, of);
  model.config = oldConfig;
  return [0];
}

/** Of what was begun the switch puts back what may be put back. */
export function timePassed(model: Model): void {
  for (const node of model.nodes) {
    node.lock = undefined;
    for (const run of node.switches) {
      heal(model, node, run);
      const isStuck = node.runs.get(run)?.isEnded === false;
      // It goes on trying.
      if (isStuck) node.switches.add(run);
    }
  }
}
