/** Before and after all cluster tests: clusters that the tests made are gone at the end, those that were up before are left. */
import { containersOf, down } from '../lab/cluster.ts';
import { ensureDocker } from '../lab/docker.ts';
import { keptVariable } from '../lab/handle.ts';
import { removeOrphans } from '../lab/orphans.ts';
import { say } from '../lab/run.ts';
import { type ConfigName, configNames, readState } from '../lab/state.ts';

export async function setup(): Promise<() => Promise<void>> {
  const docker = await ensureDocker({ install: process.env['FIX_SANS_LAB_INSTALL'] === '1', say });
  await removeOrphans();
  const kept: ConfigName[] = [];
  for (const config of configNames) {
    const state = readState(config);
    // What tests that were killed have left is these tests' to use, and to take down.
    if (state && !state.isOfTests && (await containersOf(config)).length > 0) kept.push(config);
  }
  process.env[keptVariable] = kept.join(',');
  return async () => {
    for (const config of configNames) if (!kept.includes(config)) await down(config);
    await docker.stop();
  };
}
