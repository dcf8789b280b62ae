/** Waits until a cluster is what a test may expect: every node Ready, every pod of the system running. */
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './run.ts';
import type { ClusterState } from './state.ts';
import { Trouble } from './trouble.ts';

export async function waitUntilReady({
  nodes,
  config,
}: Pick<ClusterState, 'nodes' | 'config'>): Promise<void> {
  const deadline = Date.now() + 180_000;
  const kubectl = [
    'docker',
    'exec',
    nodes[0]?.name ?? '',
    'kubectl',
    '--kubeconfig',
    '/etc/kubernetes/admin.conf',
  ];
  let missing = '';
  while (Date.now() < deadline) {
    missing = await whatIsMissing(kubectl, nodes.length);
    if (missing === '') return;
    await sleep(500);
  }
  throw new Trouble(`after three minutes ${missing}`, `scripts/lab up ${config}`);
}

async function whatIsMissing(kubectl: readonly string[], count: number): Promise<string> {
  const condition =
    '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const get = async (kind: string): Promise<readonly string[]> => {
    const { stdout } = await run({
      nothrow: true,
    })`${kubectl} get ${kind} --all-namespaces --output ${`jsonpath=${condition}`}`;
    return stdout.split('\n').filter(Boolean);
  };
  const nodes = await get('nodes');
  const late = nodes.filter((line) => !line.endsWith('=True'));
  if (nodes.length < count) return `${nodes.length} of ${count} nodes have joined`;
  if (late.length > 0) return `these nodes are not Ready: ${late.join(' ')}`;
  const pods = await get('pods');
  const pending = pods.filter((line) => !line.endsWith('=True'));
  if (pods.length === 0) return 'there are no pods';
  return pending.length > 0 ? `these pods are not ready: ${pending.join(' ')}` : '';
}
