/** Run as a process of its own by sampler.ts: looks until its input ends, then says what it saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { handshake } from '../lab/handshakes.ts';
import { samplerOf } from './sampler-look.ts';
import type { Sampled, SampledNode, Sampling } from './sampler.ts';

const { nodes, everyMs, longestWindowMs } = JSON.parse(process.argv[2] ?? '') as Sampling;
const lookers = nodes.map((node) => ({ node, sampler: samplerOf(node, longestWindowMs) }));
const faults = new Set<string>();
let samples = 0;
let longestPause = 0;
let handshakes = 0;
const over = new AbortController();

/** One after the other: what is slow is not asked for more often. */
async function shakeHands({ name, api }: SampledNode): Promise<void> {
  if (api === undefined) return;
  while (!over.signal.aborted) {
    // Long: a process that has all simulated servers is slow on a busy machine, and one that is gone refuses at once.
    const { serial, error } = await handshake(api.host, api.port, 20_000);
    // Whoever stops the cluster stops this first, but one may be under way.
    if (serial === undefined && !over.signal.aborted) faults.add(`${name}: a handshake failed: ${error}`);
    handshakes += 1;
    await sleep(200);
  }
}

function look(): void {
  for (const { sampler } of lookers) sampler.look(performance.now());
  samples += 1;
}

look();
let last = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  longestPause = Math.max(longestPause, now - last);
  last = now;
  look();
}, everyMs);
const shaking = nodes.map(shakeHands);
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.on('end', () => {
  over.abort();
  clearInterval(timer);
  look();
  void Promise.all(shaking).then(() => {
    const seen = lookers.map(({ sampler }) => sampler.end(performance.now()));
    const sampled: Sampled = {
      samples,
      longestPauseMs: Math.round(longestPause),
      changes: seen.reduce((sum, { changes }) => sum + changes, 0),
      windows: seen.reduce((sum, { windows }) => sum + windows, 0),
      longestWindowMs: Math.round(Math.max(0, ...seen.map((one) => one.longestWindowMs))),
      handshakes,
      faults: [...seen.flatMap((one) => one.faults), ...faults],
    };
    process.stdout.write(JSON.stringify(sampled));
  });
});
