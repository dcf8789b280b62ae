/** Which run SSH hosts belong to, and the removal of those whose run is gone. */
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive } from '../lab/dockerd.ts';
import { tidy } from '../lab/run.ts';

/** On every container, with the owner's name; that is also what the network and the folder are called. */
export const ownerLabel = 'fix-sans-lab.ssh-hosts';

const prefix = 'fix-sans-ssh-';

export function ownName(): string {
  return `${prefix}${process.pid}-${randomBytes(3).toString('hex')}`;
}

/** Where a run keeps its keys. */
export function folderOf(owner: string): string {
  return path.join(tmpdir(), owner);
}

/** What belongs to processes that no longer live; those of a run beside this one stay. */
export async function removeLeftovers(): Promise<void> {
  const labels =
    await tidy`docker ps --all --filter label=${ownerLabel} --format ${`{{.Label "${ownerLabel}"}}`}`;
  const networks = await tidy`docker network ls --filter name=${prefix} --format ${'{{.Name}}'}`;
  const owners = [labels.stdout, networks.stdout].flatMap((lines) => lines.split('\n'));
  for (const owner of new Set([...owners, ...readdirSync(tmpdir())])) {
    const [, pid] = /^fix-sans-ssh-(\d+)-[0-9a-f]+$/.exec(owner) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await removeOwnedBy(owner);
  }
}

export async function removeOwnedBy(owner: string): Promise<void> {
  const { stdout } = await tidy`docker ps --all --quiet --filter label=${`${ownerLabel}=${owner}`}`;
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await tidy`docker rm --force --volumes ${ids}`;
  await tidy`docker network rm ${owner}`;
  try {
    rmSync(folderOf(owner), { recursive: true, force: true });
  } catch {
    // Another user's, who removes it at the next start.
  }
}
