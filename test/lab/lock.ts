/** One at a time on this machine: the kernel gives a lock back when its holder dies, so none is ever stale. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` while no other process (or caller in this one) holds the lock of that name; `waiting` is called once if it must wait. */
export async function withLock<T>(name: string, work: () => Promise<T>, waiting?: () => void): Promise<T> {
  // Only Linux has socket names without a file, and only there does the lab start or build anything machine-wide.
  if (process.platform !== 'linux') return work();
  let held = await tryLock(name);
  if (!held) waiting?.();
  while (!held) {
    await sleep(200);
    held = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    held.close();
  }
}

async function tryLock(name: string): Promise<Server | undefined> {
  const server = createServer();
  server.unref();
  server.listen(`\0fix-sans-lab/${name}`);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
