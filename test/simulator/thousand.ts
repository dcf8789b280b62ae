/** Run as a process of its own: a thousand simulated nodes, whose memory is told when somebody asks on stdin. */
import { createInterface } from 'node:readline';
import { simulate } from './simulate.ts';

const start = performance.now();
const simulation = await simulate({ nodes: Number(process.argv[2] ?? 1000), keys: 'ec' });
const { folder, ca, nodes } = simulation;
const seconds = (performance.now() - start) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, folder, ca, nodes })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'memory') process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
  else break;
}
await simulation.stop();
