/** Gives pods a network with what every node image has: a point-to-point plugin on each node, and routes between the nodes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNode } from './state.ts';
import { feed, run } from './run.ts';
import { Trouble } from './trouble.ts';

export async function connectPods(nodes: readonly LabNode[]): Promise<void> {
  const ranges = await podRanges(nodes);
  await Promise.all(
    nodes.map(async (node) => {
      const routes = nodes
        .filter((other) => other !== node)
        .map((other) => `ip route replace ${ranges.get(other.name) ?? ''} via ${other.address}`);
      const script = [
        ...routes,
        // Renamed last: the kubelet calls the node ready as soon as it sees the file.
        'mkdir -p /etc/cni/net.d',
        'cat >/etc/cni/net.d/.pods',
        'mv /etc/cni/net.d/.pods /etc/cni/net.d/10-pods.conflist',
      ].join(' && ');
      await feed(
        pluginChain(ranges.get(node.name) ?? ''),
      )`docker exec --interactive ${node.name} sh -c ${script}`;
    }),
  );
}

/** The controller manager gives each node a range, a moment after the node has joined. */
async function podRanges(nodes: readonly LabNode[]): Promise<Map<string, string>> {
  const deadline = Date.now() + 60_000;
  const format = '{range .items[*]}{.metadata.name}{" "}{.spec.podCIDR}{"\\n"}{end}';
  while (Date.now() < deadline) {
    const { stdout } = await run({
      nothrow: true,
    })`docker exec ${nodes[0]?.name} kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --output ${`jsonpath=${format}`}`;
    const ranges = new Map(
      stdout
        .split('\n')
        .map((line) => line.split(' '))
        .flatMap(([name = '', range = '']) => (range === '' ? [] : [[name, range] as const])),
    );
    if (nodes.every(({ name }) => ranges.has(name))) return ranges;
    await sleep(300);
  }
  throw new Trouble('the nodes got no pod ranges within a minute', `docker logs ${nodes[0]?.name ?? ''}`);
}

function pluginChain(range: string): string {
  return JSON.stringify({
    cniVersion: '0.3.1',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: range }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}
