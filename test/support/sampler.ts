/**
 * A look at every pair each 10 ms, by a process of its own that the tests' work does not hold up: key and certificate on disk belong together at every
 * moment, except inside the window that is marked on the node, and a mismatch is over soon; and the API server answers handshakes all the while.
 *
 * What marks the window: a run that is between its two renames has a journal whose last word is `intent` (swap), `undoing` (the way back) or `stuck-…` (the
 * way back, tried again). It is flushed before the first rename and replaced after the second (src/apply/swap-steps.ts, transaction.ts). A test that
 * changes a pair by itself marks that with a file (test/simulator/damage.ts). A mismatch without a mark is a fault, however short; a marked one, where it lasts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface SampledNode {
  readonly name: string;
  /** Paths of this machine: `/proc/PID/root/…` for a container. */
  readonly certificate: string;
  readonly key: string;
  /** The folder of the runs: var/lib/fix-sans. */
  readonly state: string;
  /** There while a test changes the pair by itself. */
  readonly mark?: string;
  /** Shaken hands with five times a second; absent where somebody else does. */
  readonly api?: { readonly host: string; readonly port: number };
}

export interface Sampled {
  readonly samples: number;
  /** Between two looks: what lasted less may not have been seen. */
  readonly longestPauseMs: number;
  readonly changes: number;
  /** Mismatches that were seen inside a marked window, and how long the longest was seen. */
  readonly windows: number;
  readonly longestWindowMs: number;
  readonly handshakes: number;
  /** What must not be; empty where all is well. */
  readonly faults: readonly string[];
}

export interface Sampling {
  readonly nodes: readonly SampledNode[];
  readonly everyMs: number;
  /** A mismatch that lasts longer is a fault, marked or not: two programs are started between the renames. */
  readonly longestWindowMs: number;
}

const usual = { everyMs: 10, longestWindowMs: 2000 } as const;

/** Resolves when the first look was taken; rejects where a pair cannot be read. */
export async function startSampler(
  nodes: readonly SampledNode[],
  more: Partial<Omit<Sampling, 'nodes'>> = {},
): Promise<() => Promise<Sampled>> {
  const sampling: Sampling = { ...usual, ...more, nodes };
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(import.meta.dirname, 'sampler-process.ts'), JSON.stringify(sampling)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let said = '';
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.startsWith('ready\n')) resolve();
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(`the sampler did not start, or gave up: ${said}`)));
  });
  return async () => {
    child.stdin.end();
    await closed;
    const sampled = JSON.parse(said.slice('ready\n'.length)) as Sampled;
    const { samples, longestPauseMs, changes, windows, longestWindowMs, handshakes, faults } = sampled;
    process.stderr.write(
      `sampler: ${samples} samples of ${nodes.length} pairs, at most ${longestPauseMs} ms apart; ${changes} changes, ${windows} windows seen, the longest ${longestWindowMs} ms; ${handshakes} handshakes; ${faults.length} faults\n`,
    );
    return sampled;
  };
}
