/** From everything that was read to what is said about it. */
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Finding, Severity } from '../model/finding.ts';
import type { Inspection } from '../model/inspection.ts';
import { contextOf } from './context.ts';
import { nextSteps } from './next-steps.ts';
import { ownershipRules, rules } from './rules/index.ts';
import { suggestionsOf } from './suggestions.ts';
import { verdictOf } from './verdict.ts';

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

export function diagnoseCluster(facts: ClusterFacts): Inspection {
  const context = contextOf(facts);
  const applied = context.owner === undefined ? rules : ownershipRules;
  const findings: readonly Finding[] = applied
    .flatMap((rule) => rule(context))
    .toSorted((one, other) => rank[one.severity] - rank[other.severity]);
  const suggestions = context.owner === undefined ? suggestionsOf(context) : [];
  return {
    ...verdictOf(context, findings),
    nodes: facts.nodes,
    names: context.rows,
    findings,
    suggestions,
    next: nextSteps(context, findings, suggestions),
    facts,
    vantages: context.vantages,
  };
}
