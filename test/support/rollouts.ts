/** A rollout of one new name on three control planes that answer what they are told to. */
import { expect } from 'vitest';
import { lockAll, type Locked } from '../../src/apply/locks.ts';
import type { Ports } from '../../src/apply/ports.ts';
import { rollout, type RolloutEnd } from '../../src/apply/rollout.ts';
import { controlPlanesOf } from '../../src/apply/task.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { Plan } from '../../src/model/plan.ts';
import { buildFacts, leaf } from './facts.ts';
import { type FakeCluster, fakeCluster, runName } from './fake-cluster.ts';
import { asking, planFor, valuesOf, withText } from './plans.ts';

/** Long enough from now on, whenever the tests are run: what is signed is held against the time of the fake nodes. */
export const dates = { notBefore: '20261121000000Z', notAfter: '20280101000000Z' };

export interface Setting {
  readonly facts: ClusterFacts;
  readonly plan: Plan;
  readonly made: ReadonlyMap<string, Certificate>;
  readonly cluster: FakeCluster;
}

export function setting(hook?: Ports['hook']): Setting {
  const facts = withText(buildFacts());
  const plan = planFor(facts, asking(['new.example.com']));
  expect(plan.refusals).toEqual([]);
  const made = new Map(plan.nodes.map((node) => [node.node, leaf(valuesOf(node), dates)]));
  return { facts, plan, made, cluster: fakeCluster(made, hook) };
}

async function locked({ facts, cluster }: Setting): Promise<Locked> {
  const nodes = controlPlanesOf(facts).map(({ read }) => read.node);
  const locking = await lockAll(nodes, runName, cluster.ports);
  if (!locking.ok) throw new Error(locking.fault.why);
  return locking.locked;
}

export async function roll(on: Setting, only?: string): Promise<RolloutEnd> {
  const { plan, facts, cluster } = on;
  const held = await locked(on);
  const end = await rollout({
    plan,
    facts,
    locked: held,
    ports: cluster.ports,
    ...(only === undefined ? {} : { only }),
  });
  await held.release();
  return end;
}

export function statesOf({ nodes }: RolloutEnd): readonly string[] {
  return nodes.map(({ state }) => state);
}

export function orderOf({ plan }: Setting): readonly [string, string, string] {
  const [first = '', second = '', third = ''] = plan.nodes.map(({ node }) => node);
  return [first, second, third];
}
