/** `fix-sans verify` where something was not looked at: on simulated nodes as it is typed, and never 0. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { Verification } from '../../src/model/verification.ts';
import { simulate, type Simulation } from '../simulator/simulate.ts';
import { openSimulatedNode } from '../support/simulated-cli.ts';

let simulation: Simulation;
let folder: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, serviceSubnet: '10.240.0.64/26', certSans: ['api.example.com'] });
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-unseen-'));
});
afterAll(async () => {
  await simulation.stop();
  rmSync(folder, { recursive: true });
});

async function verified(args: readonly string[], nodes = simulation.nodes): Promise<Verification> {
  const [first] = simulation.nodes;
  const there = nodes.flatMap(({ ssh }) => ['--node', `ssh://${ssh.user}@${ssh.host}:${ssh.port}`]);
  const keys = [
    '--identity',
    first?.ssh.privateKeyFile ?? '',
    '--known-hosts',
    first?.ssh.knownHostsFile ?? '',
  ];
  let stdout = '';
  let stderr = '';
  const quick = ['--ssh-config', 'none', '--connect-timeout', '2s', '--without-pods', '--format', 'json'];
  await run(['verify', ...there, ...keys, ...quick, ...args], {
    stdin: Object.assign(process.stdin, { isTTY: false }),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { HOME: folder },
    openNode: openSimulatedNode,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Verification;
}

test('one control plane of two: what the other serves is not known', async () => {
  const one = simulation.nodes.slice(0, 1);
  expect(await verified([], one)).toMatchObject({
    exitCode: 3,
    verdict: 'not-proven',
    gaps: [{ code: 'not-inspected' }],
  });
  expect(await verified(['--accept-uninspected'], one)).toMatchObject({ exitCode: 0, gaps: [] });
  expect(await verified([])).toMatchObject({ exitCode: 0, gaps: [] });
});

test('a wildcard that no certificate holds is missing like any other name', async () => {
  const told = await verified(['--san', '*.apps.example.com']);
  expect(told).toMatchObject({ exitCode: 2, verdict: 'names-missing' });
  const [row] = told.nodes[0]?.names.filter(({ san }) => san.value === '*.apps.example.com') ?? [];
  expect(row).toMatchObject({ here: { outcome: 'missing' }, node: { outcome: 'missing' } });
});
