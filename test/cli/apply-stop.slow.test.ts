/** Ctrl-C in the middle of a run: the node in work is brought to its end, no other is begun, and no lock stays behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { loginFlags, simulatedProgram, targetsOf } from '../pipelines/simulated-program.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import { simulate, type Simulation } from '../simulator/simulate.ts';

let simulation: Simulation;
let folder: string;
let program: string;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, certSans: ['api.example.com'] });
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-stop-'));
  program = await simulatedProgram(folder);
});
afterAll(async () => {
  await simulation.stop();
  rmSync(folder, { recursive: true });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s after the swap: this node is proven, the next is not begun',
  async (signal) => {
    const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
    const name = `${signal.toLowerCase()}.example.com`;
    const args = ['apply', ...nodes, ...loginFlags(simulation), `--san=${name}`, '--yes', '--format=json'];
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      const isBefore = !stderr.includes('the new pair is in place');
      stderr += chunk.toString();
      if (isBefore && stderr.includes('the new pair is in place')) child.kill(signal);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(stderr).toContain('stopping: the node in work is brought to its end first, proven or undone');
    expect(stderr).toContain('a second signal leaves at once');
    const rollout = JSON.parse(stdout) as Rollout;
    expect(rollout.nodes.map(({ state }) => state)).toEqual(['done', 'untouched']);
    expect(rollout.durable[0]).toMatchObject({ kind: 'kubeadm-config', state: 'left-to-you' });
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(rollout.exitCode).toBe(code);
    expect(simulation.nodes.filter((node) => namesOnDisk(node).includes(name))).toHaveLength(1);
    for (const { root } of simulation.nodes)
      expect(existsSync(path.join(root, 'var/lib/fix-sans/lock'))).toBe(false);
  },
  180_000,
);
