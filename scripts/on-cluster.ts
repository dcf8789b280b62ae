/** The cluster `ha` for a bench or the demo: as it is up already, or made for it and taken down again. */
import { containersOf, down, up } from '../test/lab/cluster.ts';
import { ensureDocker } from '../test/lab/docker.ts';
import { LabCluster } from '../test/lab/handle.ts';
import { say } from '../test/lab/run.ts';
import { readState } from '../test/lab/state.ts';

export async function onCluster(
  work: (cluster: LabCluster) => Promise<void>,
  { install = process.env['FIX_SANS_LAB_INSTALL'] === '1', keep = false } = {},
): Promise<void> {
  const docker = await ensureDocker({ install, say });
  try {
    const wasUp = readState('ha') !== undefined && (await containersOf('ha')).length > 0;
    if (!wasUp) say(`the cluster ha is not up: it is made${keep ? '' : ', and taken down again afterwards'}`);
    try {
      const cluster = new LabCluster((await up('ha', { install, isOfTests: !wasUp && !keep })).state);
      await cluster.restore();
      await work(cluster);
    } finally {
      if (!wasUp && !keep) await down('ha');
    }
  } finally {
    await docker.stop();
  }
}
