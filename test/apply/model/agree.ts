/** After each command: the nodes are what the model says, or what was cut off may have left; else it is told in one error what is not. */
import { isDeepStrictEqual } from 'node:util';
import { certSansIn, type Ground, until } from './ground.ts';
import { look, type SeenNode } from './look.ts';
import { leafOf, type Model, type ModelNode } from './model.ts';

export function seenOn({ nodes }: Ground): ReadonlyMap<string, SeenNode> {
  return new Map(nodes.map((node) => [node.name, look(node)]));
}

export class Disagreement extends Error {}

export async function agree(model: Model, ground: Ground, what: string): Promise<void> {
  let faults: readonly string[] = [];
  // An API server and a switch that has nothing more to do take a moment.
  const isWell = await until(() => {
    faults = disagreements(model, ground);
    return faults.length === 0;
  }, 15_000);
  if (!isWell) throw new Disagreement(`after ${what}:\n  ${faults.join('\n  ')}`);
}

function disagreements(model: Model, ground: Ground): readonly string[] {
  const all = model.nodes.flatMap((node) => {
    const simulated = ground.nodes.find(({ name }) => name === node.name);
    if (simulated === undefined) return [`there is no ${node.name}`];
    return onNode(model, node, look(simulated)).map((fault) => `${node.name}: ${fault}`);
  });
  const config = ground.config();
  if (config !== model.config) all.push(`kubeadm-config is ${config} and should be ${model.config}`);
  if (!isDeepStrictEqual(certSansIn(config), model.certSans))
    all.push(`kubeadm-config has ${certSansIn(config).join()} and should have ${model.certSans.join()}`);
  return all;
}

function onNode(model: Model, node: ModelNode, seen: SeenNode): readonly string[] {
  const faults: string[] = [];
  const same = (what: string, is: unknown, should: unknown): void => {
    if (isDeepStrictEqual(is, should)) return;
    faults.push(`${what}: is ${JSON.stringify(is)}, should be ${JSON.stringify(should)}`);
  };
  same('key and certificate belong together', seen.isWhole, model.pairs.has(node.pair));
  same('the pair on disk', seen.pair, node.pair);
  if (model.pairs.has(node.pair)) same('the names on disk', seen.names, leafOf(model, node.pair).names);
  same('what is served', seen.served, node.served);
  same('the lock', seen.lock, node.lock);
  same('the runs', seen.runs, Object.fromEntries([...node.runs].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  same('the switches', seen.switches, [...node.switches].toSorted());
  same('keys that others may read', seen.readableKeys, []);
  const isOpen = [...node.runs].some(([, { isEnded }]) => !isEnded);
  const left = seen.left.filter((name) => !(isOpen && name.startsWith('pki/.fix-sans-')));
  if (!node.isDirty) same('what is left over', left, []);
  return faults;
}

/** What was killed may have ended anywhere: the model takes over what may be, and refuses what may not. */
export function adopt(model: Model, node: ModelNode, seen: SeenNode): void {
  const refuse = (why: string): never => {
    throw new Disagreement(`${node.name}: ${why}: ${JSON.stringify({ seen, model: node })}`);
  };
  for (const [run, now] of Object.entries(seen.runs)) {
    const before = node.runs.get(run);
    if (before?.isEnded === true && !isDeepStrictEqual(now, before)) refuse(`${run} had ended`);
    if (now.state === 'damaged' || now.state === 'newer') refuse('a journal that cannot be read');
  }
  const known = new Set(Object.values(seen.runs).flatMap(({ old, made }) => [old, made]));
  if (seen.pair !== node.pair && !known.has(seen.pair)) {
    const between = Object.values(seen.runs).filter(({ isEnded, state, old, made }) => {
      const isMarked = !isEnded && /^(?:intent|undoing|stuck-.*)$/.test(state);
      return isMarked && seen.pair === `${old.split(' ')[0]} ${made.split(' ')[1]}`;
    });
    if (between.length === 0) refuse('a pair of nobody');
  }
  const isHalf = !seen.isWhole;
  // Whatever is not the old pair is watched over, or is done.
  const owner = Object.entries(seen.runs).find(
    ([, { old, made, isEnded }]) => !isEnded && old !== '' && old !== seen.pair && made !== '',
  );
  if (seen.pair !== node.pair && owner !== undefined && !seen.switches.includes(owner[0]))
    refuse('nobody watches over what was begun');
  if (isHalf && owner === undefined) refuse('half a pair of nobody');
  node.runs.clear();
  for (const [run, one] of Object.entries(seen.runs)) node.runs.set(run, one);
  node.switches.clear();
  for (const run of seen.switches) node.switches.add(run);
  node.lock = seen.lock;
  node.isDirty = true;
  if (seen.isWhole) {
    if (!model.pairs.has(seen.pair)) model.pairs.set(seen.pair, { leaf: seen.leaf, names: seen.names });
    node.pair = seen.pair;
    if (!node.isFrozen) {
      node.served = seen.leaf;
      node.servedNames = seen.names;
    }
  } else node.pair = seen.pair;
}
