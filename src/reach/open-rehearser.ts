/** The other door: from a node to a rehearser of it. Inspection must not come through here, and test/architecture.test.ts looks. */
import type { ClusterNode } from '../model/node.ts';
import { openTransport, runAs } from './open.ts';
import type { ReachOptions } from './options.ts';
import { type NodeRehearser, nodeRehearser } from './rehearser.ts';

export async function openRehearser(node: ClusterNode, options: ReachOptions): Promise<NodeRehearser> {
  const transport = await openTransport(node, options);
  return nodeRehearser(node, transport, { as: runAs[options.become], limits: options.limits });
}
