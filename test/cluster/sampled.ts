/** The sampler on the nodes of a real cluster: read past Docker, by what the kernel shows of each node's first process. */
import { accessSync, constants } from 'node:fs';
import type { LabCluster } from '../lab/handle.ts';
import type { LabNode } from '../lab/state.ts';
import { run } from '../lab/run.ts';
import { type SampledNode, startSampler } from '../support/sampler.ts';

/** A node's files as this machine has them, until the node is started anew. */
export async function rootOf({ name }: LabNode): Promise<string> {
  return `/proc/${(await run`docker inspect --format ${'{{.State.Pid}}'} ${name}`).stdout.trim()}/root`;
}

/** Handshakes are left to watchHandshakes, which shakes more hands. */
export async function sampleCluster(
  cluster: LabCluster,
  sampledNodes = cluster.controlPlanes,
): ReturnType<typeof startSampler> {
  const nodes = await Promise.all(
    sampledNodes.map(async (node): Promise<SampledNode> => {
      // Links are followed in the node: an absolute one would lead out of it here.
      const found = await cluster.inNode(
        node,
        'readlink -f /etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver.key',
      );
      const [certificate = '', key = ''] = found.trim().split('\n');
      const root = await rootOf(node);
      const sampled = {
        name: node.name,
        certificate: root + certificate,
        key: root + key,
        state: `${root}/var/lib/fix-sans`,
      };
      try {
        accessSync(sampled.key, constants.R_OK);
      } catch (error) {
        throw new Error(
          `the sampler cannot read ${sampled.key}: it has to be root on the machine whose kernel runs the nodes`,
          { cause: error },
        );
      }
      return sampled;
    }),
  );
  return startSampler(nodes);
}
