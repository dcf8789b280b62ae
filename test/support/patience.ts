/** Limits on time that mean the same on a busy machine as on a quiet one. */

/** What the processor spent in this process during `work`, in milliseconds: what else runs on the machine does not count. */
export async function processorTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * What `took` would be with the machine to itself, by how much longer than its processor time a piece of work takes just now.
 * For work, not for waiting: a wait is not longer on a busy machine.
 */
export function undisturbed(took: number): number {
  const began = performance.now();
  const before = process.cpuUsage();
  let spent = 0;
  while (spent < 30) {
    const { user, system } = process.cpuUsage(before);
    spent = (user + system) / 1000;
  }
  return took / Math.max(1, (performance.now() - began) / spent);
}
