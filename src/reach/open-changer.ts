/** The third door: from a node to a changer of it. Only `apply` and `rollback` come through here, and test/architecture.test.ts looks. */
import type { ClusterNode } from '../model/node.ts';
import { type NodeChanger, nodeChanger } from './changer.ts';
import { openTransport, runAs } from './open.ts';
import type { ReachOptions } from './options.ts';

export async function openChanger(node: ClusterNode, options: ReachOptions): Promise<NodeChanger> {
  const transport = await openTransport(node, options);
  return nodeChanger(node, transport, { as: runAs[options.become], limits: options.limits });
}
