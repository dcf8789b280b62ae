/** A simulation for tests that apply: while it stands, every pair and every API server is looked at by the sampler, and what it saw is held at its end. */
import path from 'node:path';
import { markOf } from '../simulator/damage.ts';
import {
  simulate,
  type SimulatedNode,
  type Simulation,
  type SimulationOptions,
} from '../simulator/simulate.ts';
import { type SampledNode, startSampler } from './sampler.ts';

export async function sampledSimulation(options: SimulationOptions = {}): Promise<Simulation> {
  const simulation = await simulate(options);
  const end = await startSampler(simulation.nodes.map(sampledOf));
  return {
    ...simulation,
    stop: async () => {
      const { faults } = await end();
      await simulation.stop();
      if (faults.length > 0) throw new Error(`while this file's tests ran: ${faults.join('; ')}`);
    },
  };
}

export function sampledOf(node: SimulatedNode): SampledNode {
  const pki = path.join(node.root, 'etc/kubernetes/pki');
  return {
    name: node.name,
    certificate: path.join(pki, 'apiserver.crt'),
    key: path.join(pki, 'apiserver.key'),
    state: path.join(node.root, 'var/lib/fix-sans'),
    mark: markOf(node),
    api: { host: node.api.host, port: node.api.port },
  };
}
