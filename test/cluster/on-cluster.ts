/** Gives a test file its cluster, puts that back after each test, and keeps the nodes' logs when a test fails. */
import { afterEach, beforeAll } from 'vitest';
import { type LabCluster, openCluster } from '../lab/handle.ts';
import { say } from '../lab/run.ts';
import type { ConfigName } from '../lab/state.ts';

export function onCluster(config: ConfigName): () => LabCluster {
  let cluster: LabCluster | undefined;
  const get = (): LabCluster => {
    if (!cluster) throw new Error(`${config} is not up yet`);
    return cluster;
  };
  beforeAll(async () => {
    cluster = await openCluster(config);
    // A run that was killed may have left it in any state.
    await cluster.restore();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') say(`logs of the nodes: ${await get().collectLogs()}`);
    await get().restore();
  });
  return get;
}
