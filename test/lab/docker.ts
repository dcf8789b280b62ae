/** Gives the lab a Docker that answers: one that runs already is left alone, one that the lab starts is stopped by the lab. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { claimDockerd, dockerdOfLab, isClaimed, startDockerd, stopDockerd } from './dockerd.ts';
import { ensureCommands, findCommand, type InstallOptions } from './install.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './places.ts';
import { Trouble } from './trouble.ts';

export interface Docker {
  /** True also when an earlier command of the lab started it: then `stop` may end it. */
  readonly startedByUs: boolean;
  /** CAP_SYS_RESOURCE is missing on this host: no container can raise its limits or lower an oom score. */
  readonly restricted: boolean;
  /** Gives it up. A dockerd of the lab's ends once nobody claims it and no container runs in it. */
  stop(): Promise<void>;
}

/** Images and one cluster of four, with room to build them. */
const gigabytesNeeded = 6;
/** Root file systems while they are made, and programs. */
const gigabytesOfBuilds = 2;

export async function ensureDocker(options: InstallOptions): Promise<Docker> {
  const waiting = (): void => {
    options.say('waiting for another run that is starting or stopping Docker');
  };
  return withLock(
    'dockerd',
    async () => {
      const restricted = isRestricted();
      if (!(await answers())) await start(restricted, options);
      await checkRoom();
      if (dockerdOfLab() === undefined)
        return { startedByUs: false, restricted, stop: () => Promise.resolve() };
      const giveUp = claimDockerd();
      return {
        startedByUs: true,
        restricted,
        stop: () => withLock('dockerd', () => stop(giveUp, options), waiting),
      };
    },
    waiting,
  );
}

async function start(restricted: boolean, options: InstallOptions): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (findCommand('docker') !== undefined && process.env['DOCKER_HOST'] !== undefined) {
    throw new Trouble(
      `no Docker answers at DOCKER_HOST=${process.env['DOCKER_HOST']}`,
      'unset DOCKER_HOST, or start the Docker that it names',
    );
  }
  if (process.platform !== 'linux') {
    throw new Trouble(
      'Docker does not answer',
      'start Docker Desktop (or colima, podman …) and run this again',
    );
  }
  await ensureCommands([{ command: 'dockerd', package: 'docker.io', purpose: 'runs the nodes' }], options);
  // A package of its own since Debian 13; before that docker.io has both.
  await ensureCommands([{ command: 'docker', package: 'docker-cli', purpose: 'talks to dockerd' }], options);
  // With systemd the package has started its own by now.
  if (await answers()) return;
  if (!isRoot) {
    throw new Trouble(
      'Docker is installed but does not run, and only root can start it',
      existsSync('/run/systemd/system') ? 'sudo systemctl start docker' : 'sudo dockerd',
    );
  }
  await checkRoom();
  for (const line of workarounds(restricted)) options.say(line);
  const began = Date.now();
  await startDockerd({ restricted, answers });
  options.say(
    `started dockerd in ${((Date.now() - began) / 1000).toFixed(1)} s; it stops with the last lab that uses it`,
  );
}

async function stop(giveUp: () => void, { say }: InstallOptions): Promise<void> {
  giveUp();
  if (dockerdOfLab() === undefined || isClaimed()) return;
  const { stdout } = await docker('ps', '--quiet');
  const running = stdout.split('\n').filter(Boolean).length;
  if (running > 0) {
    say(
      `dockerd keeps running for ${running} container${running === 1 ? '' : 's'}; the next run of the lab can stop it`,
    );
    return;
  }
  await stopDockerd();
  say('stopped dockerd');
}

/** What this host cannot do, said aloud, with what the lab does about it. */
function workarounds(restricted: boolean): string[] {
  const lines: string[] = [];
  if (restricted) {
    lines.push(
      'this host lacks CAP_SYS_RESOURCE: containers run through test/lab/restricted-runc, which does not ask for it',
    );
  }
  if (existsSync('/sys/fs/cgroup/memory')) {
    lines.push(
      'this host has cgroup v1: taken as it is, which Kubernetes 1.34 is the last minor version to do',
    );
  }
  return lines;
}

/** Whether CAP_SYS_RESOURCE (24) is outside the bounding set, so that not even root in a privileged container can have it. */
export function isRestricted(): boolean {
  if (process.platform !== 'linux') return false;
  const [, mask] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> 24n) & 1n) === 0n;
}

async function answers(): Promise<boolean> {
  if (findCommand('docker') === undefined) return false;
  const { exitCode, stderr } = await docker('version', '--format', '{{.Server.Version}}');
  if (exitCode === 0) return true;
  if (/permission denied/i.test(stderr)) {
    throw new Trouble(
      'Docker runs, but its socket is closed to this user',
      'sudo usermod --append --groups docker "$USER", log in again, and run this again',
    );
  }
  return false;
}

/** Looks where Docker keeps its images; a Docker on another machine has to look after itself. */
async function checkRoom(): Promise<void> {
  const { exitCode, stdout } = await docker('info', '--format', '{{.DockerRootDir}}');
  const isUp = exitCode === 0 && stdout !== '';
  const rooms = [
    { folder: cacheFolder, needed: gigabytesOfBuilds, next: (at: string) => `df -h ${at}` },
    {
      folder: isUp ? stdout : '/var/lib/docker',
      needed: gigabytesNeeded,
      next: (at: string) => (isUp ? 'docker system prune --all' : `df -h ${at}`),
    },
  ].filter(({ folder }) => folder === cacheFolder || !isUp || existsSync(folder));
  for (const { folder, needed, next } of rooms) {
    let there = folder;
    while (!existsSync(there)) there = path.dirname(there);
    const { bavail, bsize } = await statfs(there);
    const free = (bavail * bsize) / 1024 ** 3;
    if (free >= needed) continue;
    throw new Trouble(
      `only ${free.toFixed(1)} GB are free in ${there}, and the lab needs ${needed}`,
      next(there),
    );
  }
}

function docker(
  ...args: readonly string[]
): Promise<{ exitCode?: number | undefined; stdout: string; stderr: string }> {
  return execa('docker', args, { reject: false, stdin: 'ignore', timeout: 30_000 });
}
