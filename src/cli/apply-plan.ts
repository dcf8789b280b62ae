/** What `apply` is about to do: the plan made on the spot, or a saved one that still holds for the cluster as it is. */
import { diagnoseCluster } from '../diagnose/diagnose-cluster.ts';
import type { Certificate } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { type ExitCode, exitCodes } from '../model/exit-code.ts';
import type { Plan, Refusal } from '../model/plan.ts';
import type { San } from '../model/san.ts';
import { UserError } from '../model/user-error.ts';
import { changedSince } from '../plan/bound.ts';
import { makePlan } from '../plan/make-plan.ts';
import { stalenessOf } from '../plan/plan-age.ts';
import { askFrom, differences } from '../plan/same-plan.ts';
import type { Options } from './command.ts';
import type { ClusterReading } from './facts.ts';
import type { Io } from './io.ts';
import { ageOf, textOf, textsOf } from './option-values.ts';
import { type EarlyAsk, wholeAsk, wishesIn } from './plan-ask.ts';
import { planIn } from './plan-file-in.ts';

export interface Decided {
  readonly facts: ClusterFacts;
  readonly plan: Plan;
  /** Why it may not be done; the plan's own refusals are among them. */
  readonly against: readonly string[];
  /** Of these, what stands in no plan. */
  readonly beyondPlan: readonly string[];
  readonly exitCode: ExitCode;
  /** Nothing speaks against it, or only that the CA's key is somewhere else. */
  readonly isForRequests: boolean;
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
  if (saved === undefined) return judged(facts, makePlan(inspection, ask), { signed });
  const changes = changedSince(saved.bound, inspection);
  const stale =
    changes.length === 0 ? [] : [`the plan is stale, since something has changed: ${changes.join(', ')}`];
  const plan = makePlan(inspection, { ...ask, ...askFrom(saved) });
  const own = saved.refusals.map(({ detail }) => `the plan itself is refused: ${detail}`);
  const isKeyAlone = stale.length === 0 && saved.refusals.every(isOfCaKey);
  const other = changes.length > 0 || own.length > 0 ? [] : differences(saved, plan);
  const odd =
    other.length === 0 ? [] : [`planned anew, it comes to something else: ${other.join(', ')}; plan again`];
  return judged(facts, plan, {
    signed,
    more: [...own, ...stale, ...odd],
    isKeyAlone: isKeyAlone && odd.length === 0,
  });
}

interface Judging {
  readonly signed: readonly Certificate[];
  /** What a saved plan brings along. */
  readonly more?: readonly string[];
  readonly isKeyAlone?: boolean;
}

function judged(facts: ClusterFacts, plan: Plan, { signed, more = [], isKeyAlone = true }: Judging): Decided {
  const refusals = plan.refusals.map(({ node, detail, remedy }) => {
    const where = node === undefined ? '' : `${node}: `;
    return `${where}${detail} (${remedy})`;
  });
  const unused = unusedSigned(plan, facts, signed);
  return {
    facts,
    plan,
    against: [...(more.length > 0 ? more : refusals), ...unused],
    beyondPlan: [...more, ...unused],
    exitCode: more.length + unused.length > 0 ? exitCodes.refused.code : plan.exitCode,
    isForRequests: isKeyAlone && plan.refusals.every(isOfCaKey),
  };
}

function isOfCaKey({ code }: Refusal): boolean {
  return code === 'ca-key-absent';
}

/** What was handed in for a node where nothing is to be signed would be dropped in silence; unless it is what lies there already. */
function unusedSigned(plan: Plan, facts: ClusterFacts, signed: readonly Certificate[]): readonly string[] {
  const planes = new Map(
    facts.nodes.flatMap(({ node, result }) =>
      result.state === 'read' ? [[node.name, result.facts] as const] : [],
    ),
  );
  return plan.nodes.flatMap(({ node, action }) => {
    const { key, certificate } = planes.get(node) ?? {};
    const given = signed.find(({ keyFingerprint }) => keyFingerprint === key?.keyFingerprint);
    if (action === 'reissue' || given === undefined) return [];
    const live = certificate?.reading?.ok === true ? certificate.reading.certificates[0] : undefined;
    if (live?.fingerprint === given.fingerprint) return [];
    const why =
      action === 'nothing'
        ? 'its certificate has every name already'
        : 'the certificate on its disk is right, and only its API server is to be started anew';
    return [
      `${node}: the certificate of --signed-cert (serial ${given.serial}) would not be used, since nothing is to be signed there: ${why} (leave that --signed-cert out)`,
    ];
  });
}

/** Facts older than that are read again before anything is changed: somebody may have thought about it for an hour. */
const freshMs = 30_000;

/** Only where time has gone by since it was read. */
export async function changedMeanwhile(
  { plan, facts }: Decided,
  { cluster }: Deciding,
): Promise<string | undefined> {
  if (Date.now() - Date.parse(facts.readAt) < freshMs) return undefined;
  const changes = changedSince(plan.bound, diagnoseCluster(await cluster.means.readAgain()));
  return changes.length === 0
    ? undefined
    : `something has changed meanwhile: ${changes.join(', ')}; apply again`;
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

/** Names that are dialled too. */
export function wishesOf(saved: Plan | undefined, early: EarlyAsk): readonly San[] {
  return saved === undefined ? wishesIn(early) : askFrom(saved).wishes.map(({ san }) => san);
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
