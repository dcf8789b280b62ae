/** Run as a process of its own: simulated nodes, as many as wanted, whose memory is told when somebody asks on stdin. */
import { createInterface } from 'node:readline';
import { startRecorder } from './recorder.ts';
import { simulate } from './simulate.ts';

const start = performance.now();
const [, , nodes, keys, how] = process.argv;
const simulation = await simulate({
  nodes: Number(nodes),
  keys: keys === 'rsa' ? 'rsa' : 'ec',
  ...(how === 'recorded' && { recorder: startRecorder() }),
});
const { folder, ca, sshConfig } = simulation;
const seconds = (performance.now() - start) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, folder, ca, sshConfig, nodes: simulation.nodes })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'memory') process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
  else break;
}
await simulation.stop();
