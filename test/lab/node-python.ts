/** Gives nodes the whole of Python, which Ansible needs there: their image has only the part that Debian calls minimal. */
import { debianImage } from './rootfs.ts';
import { run } from './run.ts';
import type { LabNode } from './state.ts';

export async function installPython(nodes: readonly LabNode[]): Promise<void> {
  const image = await debianImage('python', ['python3'], {
    install: process.env['FIX_SANS_LAB_INSTALL'] === '1',
  });
  const container = (await run`docker create ${image} true`).stdout.trim();
  try {
    for (const { name } of nodes) {
      const { stdout } =
        await run`docker exec ${name} python3 -c ${'import sys; print("/usr/lib/python%d.%d" % sys.version_info[:2])'}`;
      await run`docker cp ${`${container}:${stdout.trim()}`} - | docker cp - ${name}:/usr/lib`;
    }
  } finally {
    await run`docker rm ${container}`;
  }
}
