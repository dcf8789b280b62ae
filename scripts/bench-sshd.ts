/**
 * One real sshd for the benches: in a container of the SSH hosts' image whose only network is its loopback, so that every
 * address of 127.0.1.0/24 is its own. The clients run on this machine, in that network.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { $ } from 'zx';
import { ensureDocker } from '../test/lab/docker.ts';
import { ensureSshImage } from '../test/lab/ssh-image.ts';
import { newSshKey } from '../test/simulator/ssh-files.ts';
import { labOptions } from '../test/support/ssh-hosts.ts';

export interface BenchSshd {
  /** With keys, known hosts and results; also the clients' home. */
  readonly folder: string;
  readonly addresses: readonly string[];
  readonly user: string;
  /** For `ssh -F`; nothing in it changes what is negotiated. */
  readonly sshConfig: string;
  /** A file on the host of 12 KiB that nobody can compress. */
  readonly payload: { readonly path: string; readonly bytes: number };
  /** Runs a program in sshd's network and times it with all of its children. */
  timed(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Timed>;
  /** Ends every connection that is still open: Ansible keeps its own for a minute. */
  hangUp(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Timed {
  readonly seconds: number;
  /** Of the program and all that it started and waited for. */
  readonly cpuSeconds: number;
  readonly stdout: string;
}

/** Debian's settings, but for room in MaxStartups: in a real fleet every node has an sshd of its own. */
const configuration = `Port 22
HostKey /bench/host_key
AuthorizedKeysFile /bench/authorized_keys
# The folder belongs to whoever runs the bench.
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
MaxStartups 1000:30:1000
`;

export async function startBenchSshd(count: number): Promise<BenchSshd> {
  $.verbose = false;
  const docker = await ensureDocker(labOptions);
  const image = await ensureSshImage(labOptions);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-bench-'));
  const name = path.basename(folder).toLowerCase();
  const write = (file: string, text: string, mode = 0o644): string => {
    const whole = path.join(folder, file);
    writeFileSync(whole, text, { mode });
    return whole;
  };
  const hostKey = newSshKey('bench host');
  const userKey = newSshKey('bench user');
  write('host_key', hostKey.private, 0o600);
  write('authorized_keys', `${userKey.public}\n`);
  write('sshd_config', configuration);
  write('payload', randomBytes(9 * 1024).toString('base64'));
  // sshd reads authorized_keys as the user.
  await $`chmod 0755 ${folder}`;
  const dispose = async (): Promise<void> => {
    await $({ nothrow: true })`docker rm --force ${name}`;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    await docker.stop();
  };
  try {
    // Should we be killed, it ends by itself.
    const start = 'usermod --shell /bin/sh ops && exec timeout 1800 /usr/sbin/sshd -D -f /bench/sshd_config';
    await $`docker run --detach --rm --init --name ${name} --network none --volume ${folder}:/bench:ro --entrypoint sh ${image} -c ${start}`;
    const { stdout: pid } = await $`docker inspect --format {{.State.Pid}} ${name}`;
    const addresses = Array.from({ length: count }, (_, at) => `127.0.1.${at + 1}`);
    const key = write('key', userKey.private, 0o600);
    const known = write('known_hosts', addresses.map((address) => `${address} ${hostKey.public}\n`).join(''));
    const sshConfig = write(
      'ssh_config',
      `Host slow\n  HostName 127.0.0.1\n  HostKeyAlias ${addresses[0]}\nHost *\n  User ops\n  IdentityFile ${key}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  BatchMode yes\n`,
    );
    const timed = async (
      command: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<Timed> => {
      const times = path.join(folder, 'times');
      const script = 'TIMEFORMAT="%R %U %S"; { time "$@" 2>&3; } 3>&2 2>"$0"';
      const { stdout } = await $({
        env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', ...env },
        quiet: true,
        maxBuffer: 512 * 1024 * 1024,
      })`nsenter --net=/proc/${pid.trim()}/ns/net bash -c ${script} ${times} ${command}`;
      const { stdout: figures } = await $`cat ${times}`;
      const [seconds = 0, user = 0, system = 0] = figures.trim().split(' ').map(Number);
      return { seconds, cpuSeconds: user + system, stdout };
    };
    for (let left = 50; ; left -= 1) {
      const { exitCode } = await $({
        nothrow: true,
        quiet: true,
      })`nsenter --net=/proc/${pid.trim()}/ns/net ssh -F ${sshConfig} ${addresses[0]} true`;
      if (exitCode === 0) break;
      if (left === 0) throw new Error(`no sshd answers: ${(await $`docker logs ${name}`).stderr}`);
      await sleep(200);
    }
    return {
      folder,
      addresses,
      user: 'ops',
      sshConfig,
      payload: { path: '/bench/payload', bytes: 12 * 1024 },
      timed,
      hangUp: async () => {
        await $({ nothrow: true })`docker exec ${name} pkill -u ops`;
        await sleep(2000);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
