/** What `apply` is about to do: the plan made on the spot, or a saved one that still holds for the cluster as it is. */
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import type { Certificate } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { changedSince } from '../plan/bound.ts';
import { makePlan } from '../plan/make-plan.ts';
import { stalenessOf } from '../plan/plan-age.ts';
import { askFrom, differences } from '../plan/same-plan.ts';
import type { Options } from './command.ts';
import type { ClusterReading } from './facts.ts';
import type { Io } from './io.ts';
import { ageOf, textOf, textsOf } from './option-values.ts';
import { type EarlyAsk, wholeAsk } from './plan-ask.ts';
import { planIn } from './plan-file-in.ts';

export interface Decided {
  readonly facts: ClusterFacts;
  readonly plan: Plan;
  /** Why it may not be done; the plan's own refusals are among them. */
  readonly against: readonly string[];
  readonly exitCode: ExitCode;
}

export interface Deciding {
  readonly saved: Plan | undefined;
  readonly early: EarlyAsk;
  readonly cluster: ClusterReading;
  /** What whoever holds the CA has signed. */
  readonly signed?: readonly Certificate[];
}

export function decide(facts: ClusterFacts, { saved, early, cluster, signed = [] }: Deciding): Decided {
  const inspection = diagnoseCluster(facts);
  const ask = {
    ...wholeAsk(early, cluster),
    signed: new Set(signed.map(({ keyFingerprint }) => keyFingerprint)),
  };
  if (saved === undefined) return judged(facts, makePlan(inspection, ask), []);
  const changes = changedSince(saved.bound, inspection);
  const stale =
    changes.length === 0 ? [] : [`the plan is stale, since something has changed: ${changes.join(', ')}`];
  const plan = makePlan(inspection, { ...ask, ...askFrom(saved) });
  const own = saved.refusals.map(({ detail }) => `the plan itself is refused: ${detail}`);
  const other = changes.length > 0 || own.length > 0 ? [] : differences(saved, plan);
  const odd =
    other.length === 0 ? [] : [`planned anew, it comes to something else: ${other.join(', ')}; plan again`];
  return judged(facts, plan, [...own, ...stale, ...odd]);
}

function judged(facts: ClusterFacts, plan: Plan, more: readonly string[]): Decided {
  const refusals = plan.refusals.map(({ node, detail, remedy }) => {
    const where = node === undefined ? '' : `${node}: `;
    return `${where}${detail} (${remedy})`;
  });
  return {
    facts,
    plan,
    against: more.length > 0 ? more : refusals,
    exitCode: more.length > 0 ? exitCodes.refused.code : plan.exitCode,
  };
}

/** Whether there is anything to do on a node or in kubeadm-config. */
export function hasWork({ nodes, durable }: Plan): boolean {
  return (
    nodes.some(({ action }) => action !== 'nothing') || durable.some(({ kind }) => kind === 'kubeadm-config')
  );
}

export function unendedIn({
  nodes,
}: ClusterFacts): readonly { readonly node: string; readonly run: string }[] {
  return nodes.flatMap(({ node, result }) =>
    result.state === 'read' ? result.facts.unfinishedRuns.map((run) => ({ node: node.name, run })) : [],
  );
}

/** Also what cannot be trusted is told on stderr, with the code that goes with it. */
export async function savedPlan(options: Options, io: Io): Promise<Plan | ExitCode | undefined> {
  const file = textOf(options, 'plan');
  if (file === undefined) return undefined;
  const asked = ['san', 'remove'].find((name) => textsOf(options, name).length > 0);
  if (asked !== undefined || options['fromError'] !== undefined)
    throw new UserError(
      `--plan and --${asked ?? 'from-error'} do not go together: a saved plan is applied as it is`,
      'plan again with the other names, or leave --plan out',
    );
  const mostAgeMs = ageOf(options, 'maxAge', '--max-age');
  const plan = await planIn(file, io, '--plan ');
  if (typeof plan === 'number') return plan;
  const stale = stalenessOf(plan, io.now?.() ?? new Date(), mostAgeMs);
  if (stale === undefined) return plan;
  io.stderr.write(
    `fix-sans: --plan ${display(file)} is refused: ${stale.detail}\n          ${stale.remedy}\n`,
  );
  return exitCodes.refused.code;
}
