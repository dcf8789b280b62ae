/**
 * The client of the benches, as a process of its own so that its CPU and memory are its alone: logs in to many nodes as
 * `inspect` does, asks each one question, and prints one line of JSON. Its task is the first argument.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { factsQuery } from '../src/inspect/node/facts-script.ts';
import { readNode } from '../src/inspect/node/read-node.ts';
import type { NodeFacts } from '../src/model/node-facts.ts';
import type { ClusterNode } from '../src/model/node.ts';
import { openNode } from '../src/reach/open.ts';
import { readAll } from '../src/reach/pool.ts';
import { type NodeReader, query, type Reply } from '../src/reach/reader.ts';
import { reachOptions } from '../test/support/reach-options.ts';
import { openSimulatedNode } from '../test/support/simulated-cli.ts';

export interface Task {
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string;
  readonly sshConfig: string;
  /** A path: that file. `facts`: the script of inspect. `inspection`: the same, and its reply is understood. */
  readonly asks: { readonly file: string } | 'facts' | 'inspection' | 'nothing';
  readonly isSimulated?: boolean;
}

export interface Told {
  /** Of the whole process, its start-up included. */
  readonly seconds: number;
  readonly cpuMs: number;
  /** Without the start-up of Node and of the bundle. */
  readonly workCpuMs: number;
  readonly workSeconds: number;
  readonly megabytes: number;
  readonly delayP99Ms: number;
  readonly read: number;
  readonly bytes: number;
  /** How many serving certificates the nodes have; of nodes that are all alike less would have to be read. */
  readonly certificates: number;
  /** Why the others were not. */
  readonly troubles: readonly string[];
}

async function measure(task: Task): Promise<Told> {
  const before = process.cpuUsage();
  const began = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const options = reachOptions({ become: 'none', sshConfigFile: task.sshConfig });
  const nodes = task.hosts.map(({ host, port }, at): ClusterNode => ({
    name: `n${at}`,
    role: 'control-plane',
    target: { via: 'ssh', host, port, user: task.user },
    source: 'flag',
  }));
  const results = await readAll(nodes, {
    open: (node) => (task.isSimulated === true ? openSimulatedNode : openNode)(node, options),
    work: (reader) => ask(reader, task),
  });
  delay.disable();
  const cpu = process.cpuUsage();
  const work = process.cpuUsage(before);
  const read = results.flatMap(({ result }) => (result.state === 'read' ? [result.value] : []));
  const serving = read.flatMap(({ facts }) =>
    facts?.certificate?.reading?.ok === true ? facts.certificate.reading.certificates[0].fingerprint : [],
  );
  return {
    seconds: performance.now() / 1000,
    cpuMs: (cpu.user + cpu.system) / 1000,
    workCpuMs: (work.user + work.system) / 1000,
    workSeconds: (performance.now() - began) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
    delayP99Ms: delay.percentile(99) / 1e6,
    read: read.length,
    bytes: read.reduce((sum, { bytes }) => sum + bytes, 0),
    certificates: new Set(serving).size,
    troubles: [
      ...new Set(results.flatMap(({ result }) => (result.state === 'read' ? [] : [result.trouble.message]))),
    ].slice(0, 5),
  };
}

const fileQuery = query('one-file', 'frame_file file "$DATA_path"');

interface Answer {
  readonly bytes: number;
  /** Kept for all nodes, as inspect keeps them for its report. */
  readonly facts?: NodeFacts;
}

async function ask(reader: NodeReader, { asks }: Task): Promise<Answer> {
  if (asks === 'inspection') {
    // As inspect has it: three nodes are asked about the API.
    const { facts } = await readNode(reader, { asksApi: ['n0', 'n1', 'n2'].includes(reader.node.name) });
    if (facts.certificate?.reading?.ok !== true) throw new Error(`${reader.node.name} told no certificate`);
    return { bytes: 0, facts };
  }
  const { frames } = await askOnce(reader, asks);
  return {
    bytes: frames.reduce((sum, { name, bytes }) => sum + (name.endsWith('.fault') ? 0 : bytes.length), 0),
  };
}

async function askOnce(reader: NodeReader, asks: Exclude<Task['asks'], 'inspection'>): Promise<Reply> {
  if (asks === 'nothing') return reader.query(query('nothing', ':'));
  return asks === 'facts' ? reader.query(factsQuery) : reader.query(fileQuery, { path: asks.file });
}

async function main(): Promise<void> {
  const told = await measure(JSON.parse(process.argv[2] ?? '') as Task);
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

void main();
