/** `apply` against simulated nodes, by SSH: from a missing name to a proven one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import { simulate, type Simulation } from '../simulator/simulate.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openSimulatedChanger, openSimulatedNode } from '../support/simulated-cli.ts';

let simulation: Simulation;
let home: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, certSans: ['api.example.com'] });
  home = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-apply-'));
});
afterAll(async () => {
  await simulation.stop();
  rmSync(home, { recursive: true });
});

async function run(command: string, ...args: readonly string[]): Promise<CliResult> {
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  return runCli([command, ...nodes, ...loginFlags(simulation), ...args], {
    openNode: openSimulatedNode,
    openChanger: openSimulatedChanger,
    env: { XDG_STATE_HOME: home },
  });
}

test('a missing name is put into every certificate', async () => {
  const { code, stdout, stderr } = await run('apply', '--san=new.example.com', '--yes');
  console.log(stderr, stdout);
  expect(code).toBe(0);
  expect(simulation.nodes.every((node) => namesOnDisk(node).includes('new.example.com'))).toBe(true);
});
