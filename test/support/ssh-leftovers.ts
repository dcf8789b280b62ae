/** Which run SSH hosts belong to, and the removal of those whose run is gone. */
import { randomBytes } from 'node:crypto';
import { tidy } from '../lab/run.ts';

/** On every container, with the owner's name; the owner's name is also the network's. */
export const ownerLabel = 'fix-sans-lab.ssh-hosts';

const prefix = 'fix-sans-ssh-';

export function ownName(): string {
  return `${prefix}${process.pid}-${randomBytes(3).toString('hex')}`;
}

/** Containers and networks of processes that no longer live; those of a run beside this one stay. */
export async function removeLeftovers(): Promise<void> {
  const labels =
    await tidy`docker ps --all --filter label=${ownerLabel} --format ${`{{.Label "${ownerLabel}"}}`}`;
  const networks = await tidy`docker network ls --filter name=${prefix} --format ${'{{.Name}}'}`;
  for (const owner of new Set(`${labels.stdout}\n${networks.stdout}`.split('\n'))) {
    const [, pid] = /^fix-sans-ssh-(\d+)-/.exec(owner) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await removeOwnedBy(owner);
  }
}

export async function removeOwnedBy(owner: string): Promise<void> {
  const { stdout } = await tidy`docker ps --all --quiet --filter label=${`${ownerLabel}=${owner}`}`;
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await tidy`docker rm --force --volumes ${ids}`;
  await tidy`docker network rm ${owner}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
