/** Run as a process of its own: simulated nodes, as many as wanted, whose memory is told when somebody asks on stdin. */
import { createInterface } from 'node:readline';
import { simulate } from './simulate.ts';

const start = performance.now();
const [, , nodes, keys] = process.argv;
const simulation = await simulate({ nodes: Number(nodes), keys: keys === 'rsa' ? 'rsa' : 'ec' });
const { folder, ca } = simulation;
const seconds = (performance.now() - start) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, folder, ca, nodes: simulation.nodes })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'memory') process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
  else break;
}
await simulation.stop();
