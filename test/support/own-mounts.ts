/** Mounts that nobody else on this machine sees: full, read-only and frozen file systems for one node, gone with the process that holds them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

export interface OwnMounts {
  /** Words before a command that has to see them. */
  readonly enter: readonly string[];
  /** As root among them; throws with what it said where it fails. */
  run(script: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function ownMounts(): Promise<OwnMounts> {
  const holder = spawn('unshare', ['--mount', '--', 'sh', '-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const into = [`--mount=/proc/${holder.pid ?? 0}/ns/mnt`, '--'];
  return {
    enter: ['nsenter', ...into],
    run: (script) => {
      const words = [...into, 'sh', '-eu', '-c', script];
      const { status, stdout, stderr } = spawnSync('nsenter', words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${script}: ${stderr}`);
      return stdout;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(holder, 'close');
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
