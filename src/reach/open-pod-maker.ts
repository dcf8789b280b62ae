/** The door to a maker of pods. Inspection must not come through here, and test/architecture.test.ts looks. */
import type { ClusterNode } from '../model/node.ts';
import { openTransport, runAs } from './open.ts';
import type { ReachOptions } from './options.ts';
import { type PodMaker, podMaker } from './pod-maker.ts';

export async function openPodMaker(node: ClusterNode, options: ReachOptions): Promise<PodMaker> {
  const transport = await openTransport(node, options);
  return podMaker(node, transport, { as: runAs[options.become], limits: options.limits });
}
