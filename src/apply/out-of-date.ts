/** API servers that cannot be ready before their turn comes in this run: what they serve is out of date. Pure. */
import { validity } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { formatEndpoint } from '../model/server-address.ts';
import type { Task } from './task.ts';

/**
 * On its disk or as it serves it: it was not ready before this run either, so that it is not cannot have come of what was done to another one. Its
 * own turn waits for it as for all others.
 */
export function waitsForItsTurn(
  endpoint: string,
  {
    tasks,
    ends,
    facts,
  }: {
    readonly tasks: readonly Pick<Task, 'plan' | 'place'>[];
    readonly ends: ReadonlyMap<string, unknown>;
    readonly facts: ClusterFacts;
  },
): boolean {
  return tasks.some(
    ({ plan, place }) =>
      place.endpoint === endpoint &&
      !ends.has(plan.node) &&
      (plan.reasons.some((one) => one === 'expired' || one === 'not-yet-valid') ||
        servesOutOfDate(plan.node, endpoint, facts)),
  );
}

/** As the node itself sees it: from elsewhere somebody else may have answered. */
function servesOutOfDate(node: string, endpoint: string, { probes, readAt }: ClusterFacts): boolean {
  const seen = probes.flatMap(({ from, host, port, result }) =>
    from === node && formatEndpoint(host, port) === endpoint && result.state === 'served'
      ? result.chain.slice(0, 1)
      : [],
  );
  return seen.length > 0 && seen.every((one) => validity(one, new Date(readAt)) !== 'valid');
}
