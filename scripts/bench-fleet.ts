/** 1,000 simulated nodes, which answer without a shell, in one process; in another one the client that reads them all. */
import path from 'node:path';
import { execa } from 'execa';
import type { Simulation } from '../test/simulator/simulate.ts';
import { bundleClient } from './bench-bundle.ts';
import type { Task, Told } from './bench-client.ts';
import { machine, row } from './bench-output.ts';

const many = 1000;
const root = path.join(import.meta.dirname, '..');

export async function benchFleet(): Promise<void> {
  const client = await bundleClient('client');
  const nodes = execa(
    process.execPath,
    ['--import', 'tsx', 'test/simulator/many.ts', String(many), 'ec', 'recorded'],
    { cwd: root, buffer: false, stderr: 'inherit' },
  );
  try {
    const [line] = await first(nodes.iterable({ from: 'stdout' }));
    const simulation = JSON.parse(line) as Pick<Simulation, 'nodes' | 'sshConfig'>;
    console.log(
      `${many} simulated nodes in a process of their own; login, inspect's script, its reply understood`,
    );
    console.log(`${machine()}\n`);
    const run = (count: number): Promise<Told> => {
      const task: Task = {
        hosts: simulation.nodes.slice(0, count).map(({ ssh }) => ({ host: ssh.host, port: ssh.port })),
        user: 'root',
        sshConfig: simulation.sshConfig,
        asks: 'inspection',
        isSimulated: true,
      };
      return ask(client, task);
    };
    // One that is asked about the API and one that is not: from here on everything is known.
    await run(4);
    const runs: Told[] = [];
    for (let left = 3; left > 0; left -= 1) runs.push(await run(many));
    const [best] = runs.toSorted((one, other) => one.seconds - other.seconds);
    if (!best) throw new Error('nobody ran');
    const megabytes = Math.max(...runs.map((told) => told.megabytes));
    const all = runs.map(({ seconds }) => seconds.toFixed(1)).join(', ');
    row(`${many} nodes (${all} s)`, `${best.seconds.toFixed(1)} s`, 'at most 6 s', best.seconds <= 6);
    row(
      '  peak memory of the client, of all runs',
      `${megabytes.toFixed(0)} MiB`,
      'at most 200 MiB',
      megabytes <= 200,
    );
    row('  its CPU per node', `${(best.workCpuMs / many).toFixed(1)} ms`);
    row('  event loop delay, 99th percentile', `${best.delayP99Ms.toFixed(1)} ms`);
  } finally {
    nodes.stdin.end();
    await nodes;
  }
}

async function ask(client: string, task: Task): Promise<Told> {
  const { stdout } = await execa(process.execPath, [client, JSON.stringify(task)]);
  const told = JSON.parse(stdout) as Told;
  if (told.read !== task.hosts.length)
    throw new Error(`${told.read} of ${task.hosts.length} nodes were read: ${told.troubles.join('; ')}`);
  if (told.certificates !== task.hosts.length)
    throw new Error(`the nodes have ${told.certificates} serving certificates, and each should have its own`);
  return told;
}

async function first(lines: AsyncIterable<unknown>): Promise<readonly [string]> {
  for await (const line of lines) return [String(line)];
  throw new Error('the simulation did not start');
}
