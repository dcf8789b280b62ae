/** The client of the bench of round trips: in sshd's network, as the wires have to be. Prints its times as one line of JSON. */
import { readEnvironment } from '../src/inspect/environment.ts';
import { inspectCluster } from '../src/inspect/inspect-cluster.ts';
import type { ClusterNode } from '../src/model/node.ts';
import { openNode } from '../src/reach/open.ts';
import { query } from '../src/reach/reader.ts';
import { startApiEndpoint } from '../test/support/api-endpoint.ts';
import { startFaultProxy } from '../test/support/fault-proxy.ts';
import { mintKubeadm } from '../test/support/mint.ts';
import { reachOptions } from '../test/support/reach-options.ts';

export interface TripsTask {
  readonly sshConfig: string;
  /** Where the sshd is that `slow` in the configuration means. */
  readonly to: string;
  readonly runs: number;
}

/** Milliseconds, each the least of the runs. */
export interface Trips {
  /** Login and exec without the wire, and with it. */
  readonly near: number;
  readonly far: number;
  /** A whole inspection of that node, and one with three endpoints as far away. */
  readonly inspection: number;
  readonly withProbes: number;
}

async function measure({ sshConfig, to, runs }: TripsTask): Promise<Trips> {
  await using wire = await startFaultProxy({ host: to, port: 22 });
  await using api = await startApiEndpoint({ chain: [mintKubeadm('ec').apiserver] });
  const wires = await Promise.all([1, 2, 3].map(() => startFaultProxy(api)));
  const node: ClusterNode = {
    name: 'slow',
    role: 'worker',
    target: { via: 'ssh', host: 'slow', port: wire.port },
    source: 'flag',
  };
  const set = (delayMs: number): void => {
    for (const one of [wire, ...wires]) one.set({ delayMs });
  };
  // As for many nodes: the settings are asked for once.
  const options = reachOptions({ become: 'none', sshConfigFile: sshConfig });
  const once = async (): Promise<void> => {
    await using reader = await openNode(node, options);
    await reader.query(query('nothing', ':'));
  };
  const environment = await readEnvironment({ env: {} });
  const inspect = async (endpoints: readonly { host: string; port: number }[]): Promise<void> => {
    const facts = await inspectCluster({
      nodes: [node],
      endpoints,
      wishes: [],
      environment,
      open: (one) => openNode(one, options),
      most: 32,
      probeTimeoutMs: 10_000,
      vantages: [],
      now: () => new Date(),
      onProgress: () => undefined,
    });
    const [read] = facts.nodes;
    const served = facts.probes.filter(({ result }) => result.state === 'served').length;
    if (read?.result.state !== 'read' || served !== endpoints.length)
      throw new Error(`${read?.result.state}, ${served} of ${endpoints.length} endpoints`);
  };
  try {
    const near = await least(runs, once);
    set(50);
    const far = await least(runs, once);
    const inspection = await least(runs, () => inspect([]));
    const withProbes = await least(runs, () => inspect(wires.map(({ host, port }) => ({ host, port }))));
    return { near, far, inspection, withProbes };
  } finally {
    for (const one of wires) await one.close();
  }
}

async function least(runs: number, work: () => Promise<void>): Promise<number> {
  let best = Infinity;
  // The first one loads and compiles what the others find.
  for (let left = runs; left >= 0; left -= 1) {
    const began = performance.now();
    await work();
    if (left < runs) best = Math.min(best, performance.now() - began);
  }
  return best;
}

async function main(): Promise<void> {
  const told = await measure(JSON.parse(process.argv[2] ?? '') as TripsTask);
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

void main();
