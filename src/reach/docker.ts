/** `docker://name`, a node that is a container, as kind makes them: `docker exec`, always as root in there. */
import { helperPath } from './become.ts';
import { display } from '../model/display.ts';
import type { ReachTrouble } from '../model/trouble.ts';
import { UserError } from '../model/user-error.ts';
import { exchange } from './exchange.ts';
import { spawned } from './spawned.ts';
import { type Ran, ReachError, type Transport } from './transport.ts';

export interface DockerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function openDocker(container: string, { env }: DockerOptions): Transport {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(container)) {
    throw new UserError(
      `"${display(container)}" is not a container's name`,
      'docker ps --format {{.Names}} lists them',
    );
  }
  return {
    label: `docker://${container}`,
    facts: { transport: 'docker', user: 'root', through: [] },
    async run(stdin, as, limits) {
      const user = as === 'login' ? [] : ['--user', '0'];
      const what = as === 'helper' ? [helperPath] : ['/bin/sh', '-s'];
      let pid: string | undefined;
      const running = spawned('docker', ['exec', '--interactive', ...user, container, ...what], {
        env,
        // Killing docker leaves the process in the container running: https://github.com/moby/moby/issues/9098
        onKill: () => pid !== undefined && killInside(container, pid, env),
      });
      running.stderr.on('data', (chunk: Buffer) => {
        pid ??= /#fix-sans-pid (\d{1,10})\n/.exec(chunk.toString('latin1'))?.[1];
      });
      const tellPid = as === 'helper' ? '' : `printf '\\n#fix-sans-pid %s\\n' "$$" >&2\n`;
      const ran = await exchange(running, {
        stdin: Buffer.concat([Buffer.from(tellPid), stdin]),
        limits,
        command: { argv: what, line: '', mayAsk: false },
      });
      const trouble = dockerTrouble(ran, container);
      if (trouble) throw new ReachError(trouble);
      return ran;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Every exec is the leader of a session and so of a process group of its own. */
function killInside(container: string, pid: string, env: DockerOptions['env']): void {
  const killing = spawned('docker', ['exec', '--interactive', '--user', '0', container, '/bin/sh', '-s'], {
    env,
  });
  // As dash, bash and busybox all take it.
  killing.stdin.end(`kill -9 -${pid}\n`);
  for (const stream of [killing.stdin, killing.stdout, killing.stderr]) {
    stream.on('error', () => undefined);
    if ('resume' in stream) stream.resume();
  }
  killing.ended.catch(() => undefined);
}

/** Docker's own errors; it speaks English only. */
export function dockerTrouble(ran: Ran, container: string): ReachTrouble | undefined {
  // A script of ours ends with 0, or never began.
  if (ran.exitCode === 0 || ran.stdout.length > 0) return undefined;
  const said = ran.stderr.trim();
  if (/No such container/i.test(said)) {
    return is(
      'unreachable',
      `there is no container ${container}`,
      'docker ps --format {{.Names}} lists them',
    );
  }
  if (/is not running|is paused|is restarting/i.test(said)) {
    return is('refused', `the container ${container} is not running`, `docker start ${container}`);
  }
  if (
    /Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect/i.test(said)
  ) {
    return is('unreachable', 'the Docker daemon does not answer', 'start it, or set DOCKER_HOST');
  }
  if (/permission denied while trying to connect/i.test(said)) {
    return is('authentication', 'Docker does not let us in', 'run this as a user of the group docker');
  }
  if (/OCI runtime exec failed/i.test(said)) {
    return is('no-shell', `nothing can be started in ${container}`, 'a node needs /bin/sh');
  }
  return undefined;
}

function is(code: ReachTrouble['code'], message: string, hint: string): ReachTrouble {
  return { code, message, hint, retryable: false };
}
