/** The dockerd that the lab starts where none runs: its process, its log, and who still uses it. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findCommand } from './install.ts';
import { Trouble } from './trouble.ts';

/** Goes away with a reboot, as the process does. The images stay where Docker always keeps them. */
const state = '/run/fix-sans-lab';
const pidFile = path.join(state, 'dockerd.pid');
const logFile = path.join(state, 'dockerd.log');
const claims = path.join(state, 'claims');
const wrapper = path.join(import.meta.dirname, 'restricted-runc');

interface StartOptions {
  readonly restricted: boolean;
  readonly answers: () => Promise<boolean>;
}

export async function startDockerd({ restricted, answers }: StartOptions): Promise<void> {
  rmSync(state, { recursive: true, force: true });
  mkdirSync(claims, { recursive: true });
  const runtime = restricted
    ? ['--add-runtime', `restricted=${wrapper}`, '--default-runtime', 'restricted']
    : [];
  const log = openSync(logFile, 'a');
  // A session of its own: Ctrl-C is for the lab, which then still needs Docker to clean up.
  const child = spawn(findCommand('dockerd') ?? 'dockerd', ['--pidfile', pidFile, ...runtime], {
    detached: true,
    stdio: ['ignore', log, log],
    // iptables and runc live there, and not every root has it on its PATH.
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}`;
  });
  const deadline = Date.now() + 60_000;
  while (!(await answers())) {
    if (ended !== undefined || Date.now() > deadline) {
      const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
      if (ended === undefined) child.kill('SIGTERM');
      throw new Trouble(
        `dockerd did not come up: ${line || (ended ?? 'it does not answer')}`,
        `tail -n 30 ${logFile}`,
      );
    }
    await sleep(100);
  }
  child.unref();
}

/** The process id of the running dockerd that a lab started; a pid file that outlived its process counts for nothing. */
export function dockerdOfLab(): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return commandLine.includes(pidFile) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Notes that this process uses it, until the function returned is called or the process ends. */
export function claimDockerd(): () => void {
  mkdirSync(claims, { recursive: true });
  const file = path.join(claims, `${process.pid}-${randomUUID()}`);
  writeFileSync(file, '');
  return () => {
    rmSync(file, { force: true });
  };
}

export function isClaimed(): boolean {
  return readdirSync(claims).some((name) => isAlive(Number.parseInt(name, 10)));
}

export async function stopDockerd(): Promise<void> {
  const pid = dockerdOfLab();
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + 30_000;
  while (dockerdOfLab() !== undefined) {
    if (Date.now() > deadline) {
      throw new Trouble(`dockerd (process ${pid}) does not stop`, `tail -n 30 ${logFile}; kill -9 ${pid}`);
    }
    await sleep(100);
  }
  rmSync(state, { recursive: true, force: true });
}

/** Also where the process is another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
