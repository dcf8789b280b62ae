/** From everything that was read to what is said about it. */
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Finding, Severity } from '../model/finding.ts';
import type { DialledServer, Inspection } from '../model/inspection.ts';
import type { Probe } from '../model/probe.ts';
import { type Context, contextOf } from './context.ts';
import { nextSteps } from './next-steps.ts';
import { ownershipRules, rules } from './rules/index.ts';
import { suggestionsOf } from './suggestions.ts';
import { verdictOf } from './verdict.ts';

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

function issuerOf({ authorities }: Context, { result }: Probe): DialledServer['issuedBy'] {
  return result.state === 'served' ? authorities.issuerOf(result.chain) : 'nothing-served';
}

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
    dialled: context.backends.flatMap(({ kind, name, served }) =>
      kind === 'read' || served === undefined
        ? []
        : [{ name, certificate: served.certificate, issuedBy: issuerOf(context, served.probe) }],
    ),
    names: context.rows,
    findings,
    suggestions,
    next: nextSteps(context, findings, suggestions),
    facts,
    vantages: context.vantages,
  };
}
