/** What has to become of a cluster: the same as the program does, in a few words, without a node, a certificate or a shell. */
import type { Leaf, SeenNode, SeenRun } from './look.ts';

export interface ModelNode {
  readonly name: string;
  pair: string;
  served: string;
  /** What the certificate that is served holds. */
  servedNames: readonly string[];
  isFrozen: boolean;
  /** Off by more than a plan lets pass. */
  isClockOff: boolean;
  /** Whose run it is, while it is anybody's. */
  lock: string | undefined;
  readonly runs: Map<string, SeenRun>;
  readonly switches: Set<string>;
  /** Something was killed there, and nobody has had the lock since. */
  isDirty: boolean;
}

export interface Model {
  readonly nodes: readonly ModelNode[];
  /** The text of kubeadm-config, and the names in it. */
  config: string;
  certSans: readonly string[];
  /** Every pair that ever was. */
  readonly pairs: Map<string, Leaf>;
  /** kubeadm's own names on each node, whatever is asked for. */
  readonly computed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly done: string[];
}

export interface Planned {
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly actions: ReadonlyMap<string, 'reissue' | 'restart' | 'nothing'>;
  readonly certSans: readonly string[];
  readonly isRefused: boolean;
  readonly hasWork: boolean;
}

export function leafOf(model: Model, pair: string): Leaf {
  const leaf = model.pairs.get(pair);
  if (leaf === undefined) throw new Error(`the model knows no pair ${pair}`);
  return leaf;
}

export function openRuns({ runs }: ModelNode): readonly string[] {
  return [...runs]
    .filter(([, { isEnded, state }]) => !isEnded && state !== 'none')
    .map(([run]) => run)
    .toSorted();
}

export function isWhole(model: Model, { pair }: ModelNode): boolean {
  return model.pairs.has(pair);
}

export function planned(model: Model, wishes: readonly string[]): Planned {
  const names = new Map<string, readonly string[]>();
  const actions = new Map<string, 'reissue' | 'restart' | 'nothing'>();
  for (const node of model.nodes) {
    const { leaf, names: onDisk } = leafOf(model, node.pair);
    const wanted = [...model.certSans, ...node.servedNames, ...wishes];
    const isMissing = wanted.some((name) => !onDisk.includes(name));
    const isOld = node.served === leaf ? 'nothing' : 'restart';
    actions.set(node.name, isMissing ? 'reissue' : isOld);
    names.set(node.name, isMissing ? union(onDisk, wanted, [...computedOn(model, node)]) : onDisk);
  }
  const [first = [], ...others] = [...names.values()];
  const everywhere = first.filter((name) => others.every((one) => one.includes(name)));
  const additions = everywhere.filter((name) =>
    model.nodes.some((node) => !computedOn(model, node).has(name)),
  );
  const certSans = union(model.certSans, additions);
  const isRefused = model.nodes.some(
    (node) => actions.get(node.name) === 'reissue' && (node.isClockOff || openRuns(node).length > 0),
  );
  const isChanged = certSans.length !== model.certSans.length;
  const hasWork = isChanged || [...actions.values()].some((action) => action !== 'nothing');
  return { names, actions, certSans, isRefused, hasWork };
}

function computedOn({ computed }: Model, { name }: ModelNode): ReadonlySet<string> {
  return computed.get(name) ?? new Set();
}

export function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].toSorted();
}

/** Another pair is in place, and whoever looks at the files takes it. */
export function put(model: Model, node: ModelNode, pair: string): void {
  node.pair = pair;
  if (!node.isFrozen) serve(model, node);
}

export function serve(model: Model, node: ModelNode): void {
  const { leaf, names } = leafOf(model, node.pair);
  node.served = leaf;
  node.servedNames = names;
}

export function endRun(node: ModelNode, run: string, state: string, more: Partial<SeenRun> = {}): void {
  const before = node.runs.get(run);
  const empty = { old: '', made: '', oldConfig: '', newConfig: '', isDone: false };
  const isDone = state === 'done' || before?.isDone === true;
  node.runs.set(run, { ...empty, ...before, ...more, state, isDone, isEnded: true });
  node.switches.delete(run);
}

/** The old pair of a run that has one. `foreign`: somebody else's is there. */
export function putBack(model: Model, node: ModelNode, run: string): 'back' | 'nothing' | 'foreign' {
  const { old = '', made = '' } = node.runs.get(run) ?? {};
  if (node.pair === old) return 'nothing';
  const [live, olds, mades] = [node.pair, old, made].map((pair) => pair.split(' '));
  const isOurs = [0, 1].every((at) => live?.[at] === olds?.[at] || live?.[at] === mades?.[at]);
  if (!isOurs) return 'foreign';
  put(model, node, old);
  return 'back';
}

/** Whoever takes a lock tidies up what was killed before it had a journal. */
export function dropEmpty(node: ModelNode): void {
  node.isDirty = false;
  for (const [run, { state }] of node.runs) if (state === 'none') node.runs.delete(run);
}

/** Exit codes of what could not be healed; whoever has the lock does it. */
export function healAll(model: Model): readonly number[] {
  const exits: number[] = [];
  for (const node of model.nodes) {
    dropEmpty(node);
    for (const run of openRuns(node)) exits.push(...heal(model, node, run));
  }
  return exits;
}

export function heal(model: Model, node: ModelNode, run: string): readonly number[] {
  const { state = '', old = '' } = node.runs.get(run) ?? {};
  if (state === 'staged' || state === 'discarded') endRun(node, run, 'discarded');
  else if (state === 'config' || state === 'restarting' || (state === 'done' && old === ''))
    endRun(node, run, 'done');
  else if (putBack(model, node, run) === 'foreign') {
    const before = node.runs.get(run);
    if (before !== undefined) node.runs.set(run, { ...before, state: 'stuck-foreign' });
    return [7];
  } else {
    endRun(node, run, 'undone');
    // A server that looks at its files no more is not started anew by anybody here.
    if (node.served !== leafOf(model, old).leaf) return [9];
  }
  return [];
}

const order = [9, 5, 7, 6, 3, 2, 1, 75, 0];

export function worst(exits: readonly number[]): number {
  return order.find((exit) => exits.includes(exit)) ?? 0;
}

/** Five of each kind, the newest; and the one that asks. */
export function prune(node: ModelNode, own: string): void {
  const counts = { good: 0, bare: 0, others: 0 };
  for (const [run, { isEnded, isDone, old }] of [...node.runs].toSorted(([a], [b]) => (a < b ? 1 : -1))) {
    if (!isEnded) continue;
    const good = old === '' ? 'bare' : 'good';
    const kind = isDone ? good : 'others';
    counts[kind] += 1;
    if (counts[kind] > 5 && run !== own) node.runs.delete(run);
  }
}

export function modelOf(
  seen: readonly (readonly [name: string, node: SeenNode])[],
  config: string,
  certSans: readonly string[],
): Model {
  const pairs = new Map(seen.map(([, { pair, leaf, names }]) => [pair, { leaf, names }]));
  const computed = new Map(
    seen.map(([name, { names }]) => [name, new Set(names.filter((one) => !certSans.includes(one)))]),
  );
  const nodes = seen.map(([name, { pair, served, servedNames }]) => ({
    name,
    pair,
    served,
    servedNames,
    isFrozen: false,
    isClockOff: false,
    lock: undefined,
    runs: new Map<string, SeenRun>(),
    switches: new Set<string>(),
    isDirty: false,
  }));
  return { nodes, config, certSans, pairs, computed, done: [] };
}
