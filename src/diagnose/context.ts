/** Everything that the rules look at, made once from the facts. */
import { type Owner, ownerOf } from '../flavours/foreign.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Finding } from '../model/finding.ts';
import type { NameRow, Vantage } from '../model/inspection.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { withAsked } from './asked-names.ts';
import {
  type AskedEndpoint,
  askedEndpoints,
  type Backend,
  backendsOf,
  indexProbes,
  type ProbeIndex,
} from './backend.ts';
import { type Expected, expectedNames } from './expected.ts';
import { type Authorities, authoritiesOf } from './issuer.ts';
import { type Holders, holdersOf, type Missing, missingNames, nameRows } from './names.ts';
import { vantagesOf } from './vantages.ts';

export interface Context {
  readonly facts: ClusterFacts;
  readonly now: Date;
  /** Nodes that were read, workers too. */
  readonly read: readonly NodeFacts[];
  readonly backends: readonly Backend[];
  readonly asked: readonly AskedEndpoint[];
  readonly probes: ProbeIndex;
  readonly authorities: Authorities;
  readonly vantages: readonly Vantage[];
  readonly expected: ReadonlyMap<string, Expected>;
  readonly holders: Holders;
  readonly missing: readonly Missing[];
  readonly rows: readonly NameRow[];
  readonly owner: (Owner & { readonly node: string }) | undefined;
}

/** One kind of trouble, looked for in everything that was read. */
export type Rule = (context: Context) => readonly Finding[];

export function contextOf(facts: ClusterFacts): Context {
  const authorities = authoritiesOf(facts);
  const probes = indexProbes(facts.probes);
  const backends = backendsOf(facts, probes, authorities);
  const expected = expectedNames(facts, backends);
  const holders = holdersOf(backends);
  const asked = askedEndpoints(facts);
  const shown = withAsked(expected, {
    backends,
    asked,
    probes,
    authorities,
    isUnverified: facts.kubeconfig?.skipsVerification === true,
  });
  const read = facts.nodes.flatMap(({ result }) => (result.state === 'read' ? [result.facts] : []));
  return {
    facts,
    now: new Date(facts.readAt),
    read,
    backends,
    asked,
    probes,
    authorities,
    vantages: vantagesOf(facts.probes, authorities),
    expected,
    holders,
    missing: missingNames(backends, expected, holders),
    rows: nameRows(facts, backends, shown, holders),
    owner: foreignOwner(read),
  };
}

function foreignOwner(read: readonly NodeFacts[]): Context['owner'] {
  for (const { node, distributions, apiserver } of read) {
    const owner = ownerOf(
      distributions,
      apiserver !== undefined && !/\/(?:rancher|k0s|snap)\//.test(apiserver.manifest),
    );
    if (owner !== undefined) return { ...owner, node };
  }
  return undefined;
}
