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
 * What `rollback` takes back where no run is named: one that did not come to its end, before whatever was done earlier and is wanted; else the newest
 * that came to a good end on any of them, also where it was taken back since, so that the same rollback for a second time takes back no more. Their
 * names sort by time.
 */
export function lastRun({ nodes }: AllRuns): string | undefined {
  const all = nodes.flatMap(({ runs }) => runs);
  const unended = all.filter(({ isEnded }) => !isEnded);
  const done = all.filter(({ steps }) => steps.some(({ step }) => step === 'done'));
  return (unended.length > 0 ? unended : done)
    .map(({ run }) => run)
    .toSorted()
    .at(-1);
}
