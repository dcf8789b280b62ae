/** From what was found, and from what is asked, to the exact certificates before they exist. */
import { certSan } from '../flavours/kubeadm.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Inspection } from '../model/inspection.ts';
import type { DurableChange, KubeadmForms, NodePlan, Plan, Refusal, Risk } from '../model/plan.ts';
import { isCovered, sameSan, type San, sanKey } from '../model/san.ts';
import { type Ask, isSigned } from './ask.ts';
import { boundTo } from './bound.ts';
import * as cluster from './cluster-refusals.ts';
import { editKubeadmConfig, oneNodeOnly } from './durable.ts';
import { healthRefusals } from './health.ts';
import { configForm, flagsForm, type Written } from './kubeadm-forms.ts';
import { kubesprayChanges } from './kubespray-change.ts';
import { type NameTable, nameTable, type NodeAsk, type NodeNames, nodeNames } from './node-names.ts';
import { nodeRefusals } from './node-refusals.ts';
import { orderOf } from './order.ts';
import { exitOf, nextOf } from './outcome.ts';
import { judgeWishes } from './policy.ts';
import { lostByRecipe } from './recipe.ts';
import { risksOf } from './risks.ts';
import { runbook, stagingFolder } from './runbook.ts';
import { dateTrouble, type Made, madeOn } from './signing-of.ts';
import { type Subject, subjectsOf } from './subject.ts';
import { wayOutOf } from './way-out.ts';

/** A node on the way to its plan. */
export interface Draft {
  readonly subject: Subject;
  readonly names: NodeNames;
  readonly action: NodePlan['action'];
  readonly reasons: NodePlan['reasons'];
}

export function makePlan(inspection: Inspection, ask: Ask): Plan {
  const { facts, findings } = inspection;
  const owners = cluster.ownerRefusals(inspection);
  const subjects = owners.length > 0 ? [] : subjectsOf(inspection);
  const table = nameTable(inspection);
  const removed = new Set(ask.removals.map(sanKey));
  const isHeldByAll = (san: San): boolean =>
    subjects.length > 0 && subjects.every(({ onDisk }) => isCovered([...onDisk.values()], san));
  const judged = judgeWishes(inspection, ask, isHeldByAll);
  const configured = certSansOf(facts).filter((san) => !removed.has(sanKey(san)));
  const nodeAsk: NodeAsk = {
    configured: new Map(configured.map((san) => [sanKey(san), san])),
    wishes: new Map(ask.wishes.map(({ san }) => [sanKey(san), san])),
    refused: judged.refused,
    removed,
  };
  const drafts = subjects.map((subject) =>
    draftOf(subject, nodeNames(subject, table, nodeAsk), facts.readAt),
  );
  const missing = uniqueMissing(drafts);
  const everywhere = namesOfAll(drafts);
  const additions = everywhere.filter((san) =>
    drafts.some(({ subject }) => !subject.computed.has(sanKey(san))),
  );
  const config = editKubeadmConfig(facts, notIn(additions, configured), {
    removed,
    isNew: (san) => missing.some((one) => sameSan(one, san)),
  });
  const makes = new Map<string, Made>();
  for (const { subject, names, action } of drafts) {
    if (action !== 'reissue') continue;
    makes.set(
      subject.name,
      madeOn(subject, facts, { planned: names.planned, configured, configuration: config.base }),
    );
  }
  const changed = new Set(makes.keys());
  // A restart takes an API server away as well.
  const touched = new Set(drafts.flatMap((one) => (one.action === 'nothing' ? [] : [one.subject.name])));
  const asked = new Set(ask.wishes.map(({ san }) => sanKey(san)));
  const refusals: readonly Refusal[] = [
    ...owners,
    ...(owners.length > 0 ? [] : cluster.unseenRefusals(inspection, ask)),
    ...judged.refusals,
    ...cluster.removalRefusals(subjects, ask.removals, (san) => breaksOf(san, table), ask),
    ...(changed.size > 0 || config.changes.length > 0 ? cluster.configurationRefusals(inspection) : []),
    ...healthRefusals(inspection, subjects, touched),
    ...drafts.flatMap(({ subject, names, action }) => {
      const made = makes.get(subject.name);
      if (action !== 'reissue' || made === undefined) return [];
      return [
        ...nodeRefusals({ subject, made, inspection, accepted: ask.accepted }).filter(
          ({ code }) => code !== 'ca-key-absent' || !isSigned(ask, subject.facts.key),
        ),
        ...cluster.amountRefusals(subject.name, names.names, ask, asked),
      ];
    }),
  ];
  const byName = new Map(drafts.map((draft) => [draft.subject.name, draft]));
  const order = orderOf(subjects, {
    isBroken: ({ name }) => {
      const draft = byName.get(name);
      return draft !== undefined && isBroken(draft);
    },
    readThrough: facts.api?.readThrough,
  });
  const written: Written = new Map();
  const nodes = order.subjects.flatMap(({ name }) => {
    const draft = byName.get(name);
    const made = makes.get(name);
    return draft === undefined
      ? []
      : [nodePlan(draft, made, { facts, written, isRefused: refusals.length > 0 })];
  });
  const durable: readonly DurableChange[] = [
    ...config.changes,
    ...kubesprayChanges({ facts, subjects, ask, everywhere: additions, removed }),
    ...ownNames(drafts, [...configured, ...additions]),
  ];
  const fromOutside = missing.filter((san) => isFromOutside(san, table));
  const wayOut = wayOutOf(inspection, subjects, fromOutside);
  const risks: readonly Risk[] = risksOf({ inspection, ask, drafts, makes, answered: judged.answered });
  const outcome = { inspection, ask, nodes, durable, refusals, subjects };
  return {
    ...(facts.cluster === undefined ? {} : { cluster: facts.cluster }),
    madeAt: facts.readAt,
    exitCode: exitOf(outcome),
    nodes,
    order: order.why,
    durable,
    refusals,
    risks,
    ...(wayOut === undefined ? {} : { wayOut }),
    findings: findings.filter(({ code }) => !aboutNames.has(code)),
    leftOut: ask.leftOut ?? [],
    next: nextOf(outcome),
    bound: boundTo(inspection, subjects),
  };
}

const aboutNames: ReadonlySet<string> = new Set([
  'san-missing',
  'one-backend-stale',
  'config-drift',
  'inventory-drift',
  'certificate-per-node-differs',
]);

function certSansOf({ api }: ClusterFacts): readonly San[] {
  const sans = (api?.kubeadmConfig?.configuration.certSans ?? []).flatMap((text) => certSan(text) ?? []);
  return [...new Map(sans.map((san) => [sanKey(san), san])).values()];
}

function notIn(sans: readonly San[], others: readonly San[]): readonly San[] {
  const keys = new Set(others.map(sanKey));
  return sans.filter((san) => !keys.has(sanKey(san)));
}

function draftOf(subject: Subject, names: NodeNames, readAt: string): Draft {
  const { leaf, served, onDisk } = subject;
  const trouble = dateTrouble(leaf, readAt);
  const isRemoving = names.names.some(({ fate }) => fate === 'removed');
  const reasons: NodePlan['reasons'] = [
    ...(leaf === undefined ? ['no-certificate' as const] : []),
    ...(leaf !== undefined && names.missing.length > 0 ? ['missing-names' as const] : []),
    ...(isRemoving ? ['removal' as const] : []),
    ...(trouble === undefined ? [] : [trouble]),
  ];
  if (reasons.length > 0) return { subject, names, action: 'reissue', reasons };
  // Nothing to sign: the certificate stays as it is, also without what kubeadm would add.
  const kept: NodeNames = {
    names: names.names.filter(({ san }) => onDisk.has(sanKey(san))),
    planned: onDisk,
    missing: [],
  };
  const isOld = served !== undefined && leaf !== undefined && served.fingerprint !== leaf.fingerprint;
  return isOld
    ? { subject, names: kept, action: 'restart', reasons: ['not-reloaded'] }
    : { subject, names: kept, action: 'nothing', reasons: [] };
}

function isBroken({ reasons }: Draft): boolean {
  return reasons.some((one) => one === 'expired' || one === 'not-yet-valid' || one === 'no-certificate');
}

/** What each of them will hold. */
function namesOfAll(drafts: readonly Draft[]): readonly San[] {
  const [first, ...others] = drafts;
  if (first === undefined) return [];
  return [...first.names.planned]
    .filter(([key]) => others.every(({ names }) => names.planned.has(key)))
    .map(([, san]) => san);
}

/** Somebody dials it who can be told to check for another name: pods and kubelets cannot. */
function isFromOutside(san: San, table: NameTable): boolean {
  const row = table.rowOf(sanKey(san));
  return (
    row === undefined ||
    row.brokenWithout.includes('remote-kubectl') ||
    row.provenance.some(({ why }) => why === 'wish' || why === 'inventory')
  );
}

function breaksOf(san: San, table: NameTable): NodePlan['names'][number]['breaks'] {
  return table.rowOf(sanKey(san))?.brokenWithout ?? [];
}

function uniqueMissing(drafts: readonly Draft[]): readonly San[] {
  const missing = new Map<string, San>();
  for (const { names } of drafts) for (const san of names.missing) missing.set(sanKey(san), san);
  return [...missing.values()];
}

interface Making {
  readonly facts: ClusterFacts;
  readonly written: Written;
  readonly isRefused: boolean;
}

function nodePlan(draft: Draft, made: Made | undefined, { facts, written, isRefused }: Making): NodePlan {
  const { subject, names, action, reasons } = draft;
  const certificate =
    made?.certificate ??
    madeOn(subject, facts, { planned: names.planned, configured: [], configuration: undefined }).certificate;
  const forms = made?.signing === undefined || isRefused ? undefined : formsOf(made.signing, written);
  const added = names.names.filter(({ fate }) => fate === 'added').map(({ san }) => san);
  return {
    node: subject.name,
    action,
    reasons,
    names: names.names,
    lostByRecipe: action === 'reissue' ? lostByRecipe(subject, added) : [],
    certificate,
    ...(forms === undefined ? {} : { forms }),
  };
}

function formsOf(signing: NonNullable<Made['signing']>, written: Written): KubeadmForms {
  const staging = stagingFolder(signing);
  const config = configForm(signing, staging, written);
  const flags = flagsForm(signing, staging);
  const script = runbook(signing, 'withheld' in config ? flags : config, staging);
  return { flags, config, ...(script === undefined ? {} : { runbook: script }) };
}

/** Names of one control plane alone that its next certificate would lack. */
function ownNames(drafts: readonly Draft[], lasting: readonly San[]): readonly DurableChange[] {
  const keys = new Set(lasting.map(sanKey));
  return drafts.flatMap(({ subject, names }) => {
    const own = [...names.planned]
      .filter(([key]) => !keys.has(key) && !subject.computed.has(key))
      .map(([, san]) => san);
    return own.length === 0 ? [] : [oneNodeOnly(subject.name, own)];
  });
}
