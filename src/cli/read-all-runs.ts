/** The runs of all control planes, each asked once. */
import { readRuns } from '../inspect/runs/read-runs.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { NodeRuns, RunsListing } from '../model/runs.ts';
import { ReachError } from '../reach/transport.ts';
import type { ClusterReading } from './facts.ts';

export type AllRuns = Pick<RunsListing, 'nodes' | 'unread'>;

export async function readAllRuns(
  { nodes }: ClusterFacts,
  { open }: Pick<ClusterReading['means'], 'open'>,
): Promise<AllRuns> {
  const read: NodeRuns[] = [];
  const unread: { readonly node: string; readonly why: string }[] = [];
  for (const { node, result } of nodes) {
    if (node.role !== 'control-plane') continue;
    if (result.state === 'unread') {
      unread.push({ node: node.name, why: result.trouble.message });
      continue;
    }
    try {
      await using reader = await open(node);
      read.push(await readRuns(reader));
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
      unread.push({ node: node.name, why: error.trouble.message });
    }
  }
  return { nodes: read, unread };
}

/**
 * The newest that came to a good end on any of them; their names sort by time. Also one that was taken back since: asked for twice, a rollback comes
 * to the same, and does not take back the run before it.
 */
export function lastDone({ nodes }: AllRuns): string | undefined {
  const done = nodes.flatMap(({ runs }) =>
    runs.filter(({ isEnded, steps }) => isEnded && steps.some(({ step }) => step === 'done')),
  );
  return done
    .map(({ run }) => run)
    .toSorted()
    .at(-1);
}
