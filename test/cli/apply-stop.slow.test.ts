/** Ctrl-C in the middle of a run: the node in work is brought to its end, no other is begun, and no lock stays behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { loginFlags, simulatedProgram, targetsOf } from '../pipelines/simulated-program.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import type { Simulation } from '../simulator/simulate.ts';
import { sampledSimulation } from '../support/sampled-simulation.ts';

let simulation: Simulation;
let folder: string;
let program: string;

beforeAll(async () => {
  simulation = await sampledSimulation({ nodes: 2, certSans: ['api.example.com'] });
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-stop-'));
  program = await simulatedProgram(folder, { isReal: true });
});
afterAll(async () => {
  await simulation.stop();
  rmSync(folder, { recursive: true });
});

interface Stopped {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A signal as soon as the new pair is in place, to the process or, as a terminal sends it, to its whole group; and perhaps a second one. */
async function stopped(
  name: string,
  signal: NodeJS.Signals,
  {
    flags = [],
    isGroup = false,
    isTwice = false,
  }: { flags?: readonly string[]; isGroup?: boolean; isTwice?: boolean },
): Promise<Stopped> {
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  const usual = ['apply', ...nodes, ...loginFlags(simulation), `--san=${name}`, '--yes', '--format=json'];
  const child = spawn(program, [...usual, ...flags], {
    env: { PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid = 0 } = child;
  let [stdout, stderr, sent] = ['', '', 0];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    const wanted = [
      stderr.includes('the new pair is in place'),
      isTwice && stderr.includes('a second signal leaves'),
    ];
    if (wanted[sent] !== true) return;
    sent += 1;
    process.kill(isGroup ? -pid : pid, signal);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

test.each([
  ['SIGINT', 'ssh2', {}],
  ['SIGTERM', 'ssh2', {}],
  // Ctrl-C reaches whatever the terminal has in its foreground, and so would the ssh of each node.
  ['SIGINT', 'openssh', { flags: ['--transport=openssh'], isGroup: true }],
] as const)(
  '%s after the swap, by %s: this node is proven, the next is not begun (faults 30 and 31)',
  async (signal, transport, how) => {
    const name = `${signal.toLowerCase()}.${transport}.example.com`;
    const { code, stdout, stderr } = await stopped(name, signal, how);
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

test('a second Ctrl-C leaves at once: the dead-man switch stays armed, that is said, and it puts the old pair back (faults 30 and 32)', async () => {
  const name = 'twice.example.com';
  const before = simulation.nodes.map(namesOnDisk);
  // The least that may be given.
  const flags = ['--reload-wait=1s', '--settle=1s', '--look-every=500ms', '--dead-man=63s'];
  const { code, stdout, stderr } = await stopped(name, 'SIGINT', { flags, isTwice: true });
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  const [, run = ''] =
    /left in the middle; the dead-man switch stays armed: .* within 63 s \(run (\S+)\)/.exec(stderr) ?? [];
  const changed = simulation.nodes.find((node) => namesOnDisk(node).includes(name));
  if (changed === undefined) throw new Error('nothing was swapped');
  const folderOf = path.join(changed.root, 'var/lib/fix-sans', run);
  expect(readFileSync(path.join(folderOf, 'journal'), 'utf8')).toContain('\nswapped ');
  expect(existsSync(path.join(folderOf, 'deadline'))).toBe(true);
  const until = Date.now() + 60_000;
  while (!existsSync(path.join(folderOf, 'ended')) && Date.now() < until) {
    // As if that time were over; the step that was on its way when we left speaks for the run once more.
    writeFileSync(path.join(folderOf, 'deadline'), '1\n');
    await sleep(200);
  }
  expect(readFileSync(path.join(folderOf, 'ended'), 'utf8')).toContain('\nundone ');
  expect(simulation.nodes.map(namesOnDisk)).toEqual(before);
}, 120_000);
