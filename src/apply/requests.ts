/** Where somebody else holds the CA: a request for each control plane, made there by the key that is in use. Nothing is changed. */
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { ExitName } from '../model/exit-code.ts';
import type { NodePlan, Plan } from '../model/plan.ts';
import { isRefusal } from '../model/trouble.ts';
import { ReachError } from '../reach/transport.ts';
import { clauseOf, exitOfFault } from './faults.ts';
import { linkTo } from './link.ts';
import type { Ports, RunName } from './ports.ts';
import { readRequest } from './replies.ts';
import { request } from './stage-step.ts';
import { controlPlanesOf, placeOf, plannedNames } from './task.ts';

export type Requested =
  | { readonly node: string; readonly csr: string }
  | { readonly node: string; readonly why: string; readonly exit: ExitName };

export async function requestAll(
  plan: Plan,
  facts: ClusterFacts,
  { run, ports }: { readonly run: RunName; readonly ports: Ports },
): Promise<readonly Requested[]> {
  const all: Requested[] = [];
  for (const node of plan.nodes)
    if (node.action === 'reissue') all.push(await requestOn(node, facts, { run, ports }));
  return all;
}

async function requestOn(
  plan: NodePlan,
  facts: ClusterFacts,
  { run, ports }: { readonly run: RunName; readonly ports: Ports },
): Promise<Requested> {
  const { node } = plan;
  const plane = controlPlanesOf(facts).find(({ read }) => read.node.name === node);
  const place = plane === undefined ? undefined : placeOf(plane.facts, facts);
  if (plane === undefined || place === undefined)
    return { node, why: 'it is not known where its API server reads its key', exit: 'refused' };
  const link = linkTo(plane.read.node, run, ports);
  const names = plannedNames(plan).map(({ type, value }) => `${type === 'ip' ? 'IP' : 'DNS'}:${value}`);
  try {
    const answer = await link.ask(request, { key: place.keyPath, names: names.join(',') }, readRequest);
    return answer.ok
      ? { node, csr: answer.value }
      : { node, why: clauseOf(answer.fault), exit: exitOfFault(answer.fault) };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const exit = isRefusal(error.trouble) ? 'authentication' : 'temporary';
    return { node, why: error.trouble.message, exit };
  } finally {
    await link.close();
  }
}
