/** `plan` asks each API server how it is, also where nobody but the nodes tells the CA: no node is changed while another is ill. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Inspection } from '../../src/model/inspection.ts';
import type { Plan } from '../../src/model/plan.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { simulate, type Simulation } from '../simulator/simulate.ts';
import { runCli } from '../support/run-cli.ts';
import { openSimulatedNode } from '../support/simulated-cli.ts';

let simulation: Simulation;
beforeAll(async () => {
  simulation = await simulate({ nodes: 2 });
});
afterEach(() => {
  for (const { api } of simulation.nodes) api.setHealthy(true);
});
afterAll(() => simulation.stop());

async function told<Told>(command: string, ...args: readonly string[]): Promise<Told & { code: number }> {
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  const { code, stdout } = await runCli(
    [command, ...nodes, ...loginFlags(simulation), '--format=json', ...args],
    { openNode: openSimulatedNode },
  );
  return { ...(JSON.parse(stdout) as Told), code };
}

test('each says that it is ready, to a handshake by its own address', async () => {
  const { facts } = await told<Inspection>('inspect', '--connect-timeout=30s');
  const asked = facts.probes.filter(
    ({ way, result }) => way === 'ssh' && result.state === 'served' && result.health?.status === 200,
  );
  expect(new Set(asked.map(({ from }) => from))).toEqual(new Set(facts.nodes.map(({ node }) => node.name)));
});

test('one that is not ready is a refusal for the others (fault 48)', async () => {
  const { api } = simulation.nodes[1] ?? {};
  api?.setHealthy(false);
  const plan = await told<Plan>('plan', '--san=new.example.com');
  expect(plan.code).toBe(7);
  expect(plan.refusals.map(({ code }) => code)).toEqual(['apiserver-unhealthy']);
  expect(plan.refusals[0]?.detail).toContain('/readyz says that it is not ready');
});
