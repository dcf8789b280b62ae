/** `plan --on-node`: each node's own kubeadm signs in a folder that is gone afterwards, and the plan is held against that. One node at a time. */
import { randomBytes } from 'node:crypto';
import { display } from '../model/display.ts';
import type { Certificate } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import type { Plan } from '../model/plan.ts';
import type { Rehearsed } from '../model/rehearsal.ts';
import { configurationFor, type RehearsedNode, withRehearsals } from '../plan/rehearsed.ts';
import { openRehearser } from '../reach/open-rehearser.ts';
import type { ReachOptions } from '../reach/options.ts';
import type { NodeRehearser } from '../reach/rehearser.ts';
import { ReachError } from '../reach/transport.ts';
import { rehearse, type RehearsalAsk } from '../rehearse/rehearse.ts';
import type { Io } from './io.ts';

export interface OnNode {
  readonly facts: ClusterFacts;
  readonly reach: ReachOptions;
  readonly io: Io;
  readonly say: (line: string) => void;
}

export async function rehearsedOnNodes(plan: Plan, { facts, reach, io, say }: OnNode): Promise<Plan> {
  if (plan.refusals.length > 0) {
    say('the plan is refused, so nothing is tried on the nodes');
    return plan;
  }
  const all: RehearsedNode[] = [];
  for (const node of plan.nodes) {
    const config = configurationFor(node);
    const read = facts.nodes.find((one) => one.node.name === node.node);
    if (config === undefined || read?.result.state !== 'read') {
      if (node.action === 'reissue')
        say(`on ${display(node.node)} nothing can be tried: there is no configuration`);
      continue;
    }
    say(`trying on ${display(node.node)}, in a folder that is gone afterwards`);
    const found = read.result.facts;
    const ask = {
      configFor: config,
      kubeadmPath: found.kubeadm?.path ?? '',
      caPath: found.ca?.file?.realPath ?? found.ca?.path ?? '',
      caKeyPath: found.caKey?.file?.realPath ?? found.caKey?.path ?? '',
      livePaths: [found.certificate, found.key, found.ca, found.caKey].flatMap((file) => file?.path ?? []),
    };
    const open = async () => (io.openRehearser ?? openRehearser)(read.node, reach);
    all.push({ node: node.node, ca: caOf(found), rehearsed: await tried(open, ask) });
  }
  return withRehearsals(plan, all);
}

async function tried(open: () => Promise<NodeRehearser>, ask: RehearsalAsk): Promise<Rehearsed> {
  try {
    await using rehearser = await open();
    return await rehearse(rehearser, ask, randomBytes(8).toString('hex'));
  } catch (error) {
    if (error instanceof ReachError) return { state: 'failed', why: error.trouble.message };
    throw error;
  }
}

function caOf({ ca }: NodeFacts): Certificate | undefined {
  return ca?.reading?.ok === true ? ca.reading.certificates[0] : undefined;
}
