/** The system's ssh for one node: a master in the background, and runs and connections through it. */
import { accessSync, constants } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Duplex } from 'node:stream';
import type { Target } from '../../model/node.ts';
import { remoteCommand } from '../become.ts';
import { exchange } from '../exchange.ts';
import type { ReachOptions } from '../options.ts';
import { spawned } from '../spawned.ts';
import { startGate, tryAgain, upTo } from '../ssh2/gate.ts';
import { type Limits, type Ran, ReachError } from '../transport.ts';
import { sshArgs } from './args.ts';
import { dialTrouble, isAnswerable, slowLogin, sshTrouble } from './trouble.ts';

export type SshTarget = Extract<Target, { via: 'ssh' }>;

// Ssh opens a login of its own at a bastion for every node behind it, so all count as one sshd.
const gate = startGate();
// A process takes longer to log in than the one in the program, so more of them meet at a busy sshd.
const mostResets = 6;
const mostRefusals = 2;
// Only one may ask on the terminal.
const terminal = startGate(1);

export class Ssh {
  readonly target: SshTarget;
  readonly options: ReachOptions;
  readonly #folder: string;
  #runs = 0;
  /** The end of a master that was hung up; without one, ssh logs in for each command. */
  #hungUp = Promise.resolve();

  constructor(target: SshTarget, options: ReachOptions, folder: string) {
    this.target = target;
    this.options = options;
    this.#folder = folder;
  }

  get #socket(): string {
    return path.join(this.#folder, 's');
  }

  /** Leaves a master in the background; what it logged is the answer. */
  async logIn(): Promise<string> {
    // Who is refused waits without a place at the gate: nothing of ours is at that sshd meanwhile.
    return tryAgain(() => this.#logInOnce(), upTo(mostRefusals, 'refused'));
  }

  async #logInOnce(): Promise<string> {
    const leave = await gate.enter('openssh');
    try {
      return await tryAgain(() => this.#maybeAsking(), upTo(mostResets, 'reset'));
    } finally {
      leave();
    }
  }

  async #maybeAsking(): Promise<string> {
    try {
      return await this.#master(false);
    } catch (error) {
      const mayAsk = error instanceof ReachError && isAnswerable(error.trouble) && this.options.isInteractive;
      if (mayAsk) return await this.#asking();
      throw error;
    }
  }

  async #asking(): Promise<string> {
    const leave = await terminal.enter('terminal');
    const release = this.options.holdTerminal?.();
    try {
      return await this.#master(true);
    } finally {
      release?.();
      leave();
    }
  }

  async #master(mayAsk: boolean): Promise<string> {
    const { connectTimeoutMs } = this.options.limits;
    const ran = await this.run(['-M', '-N', '-f'], [], {
      mayAsk,
      // Of this, ssh itself takes the time until it is greeted; the rest is the login.
      limits: {
        ...this.options.limits,
        commandTimeoutMs: mayAsk ? 300_000 : connectTimeoutMs * 2,
      },
    }).catch((error: unknown) => {
      if (error instanceof ReachError && error.trouble.code === 'command-timeout') {
        throw new ReachError(slowLogin(connectTimeoutMs * 2));
      }
      throw error;
    });
    if (ran.exitCode !== 0) throw new ReachError(sshTrouble({ log: ran.log, stderr: ran.stderr }, this));
    return ran.log;
  }

  /** One run of ssh, with a log of its own. */
  async run(
    flags: readonly string[],
    command: readonly string[],
    how: {
      readonly limits: Limits;
      readonly mayAsk?: boolean;
      readonly stdin?: Uint8Array;
      readonly sudo?: Pick<Parameters<typeof exchange>[1], 'command' | 'password'>;
    },
  ): Promise<Ran & { readonly log: string }> {
    await this.#hungUp;
    const log = this.#newLog();
    const running = spawned(
      'ssh',
      [...this.#args(log, how.mayAsk), ...flags, '--', this.target.host, ...command],
      {
        env: this.options.env,
        cwd: whereTheUserStands(),
        keepsTerminal: how.mayAsk === true,
        // A master, and the ssh that it goes through where there is a bastion.
        goesToBackground: command.length === 0,
        // Killing ssh ends nothing on the node that only writes to stderr: the master goes on reading that.
        ...(command.length > 0 && {
          onKill: () => {
            this.#hungUp = this.#hangUp();
          },
        }),
      },
    );
    const ran = await exchange(running, {
      stdin: how.stdin ?? new Uint8Array(),
      limits: how.limits,
      command: how.sudo?.command ?? remoteCommand('login', { isRoot: true, hasPassword: false }),
      password: how.sudo?.password,
    });
    const text = await readFile(log, 'utf8').catch(() => '');
    await rm(log, { force: true });
    return { ...ran, log: text.slice(-256 * 1024) };
  }

  /** `ssh -W`: what comes and goes is the other end's. */
  dial(host: string, port: number): Duplex {
    const log = this.#newLog();
    const to = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const running = spawned('ssh', [...this.#args(log), '-W', to, '--', this.target.host], {
      env: this.options.env,
      cwd: whereTheUserStands(),
    });
    running.stderr.resume();
    const duplex = Duplex.from({ readable: running.stdout, writable: running.stdin });
    duplex.once('close', () => {
      running.kill();
      void rm(log, { force: true });
    });
    running.ended.then(
      async ({ exitCode }) => {
        if (exitCode === 0 || duplex.destroyed) return;
        const words = await readFile(log, 'utf8').catch(() => '');
        duplex.destroy(new ReachError(dialTrouble(words, to)));
      },
      (error: Error) => duplex.destroy(error),
    );
    return duplex;
  }

  async end(): Promise<void> {
    await this.#hungUp;
    await this.#hangUp();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #hangUp(): Promise<void> {
    const running = spawned('ssh', [...this.#args(this.#newLog()), '-O', 'exit', '--', this.target.host], {
      env: this.options.env,
    });
    await exchange(running, {
      stdin: new Uint8Array(),
      limits: { ...this.options.limits, commandTimeoutMs: 5000 },
      command: remoteCommand('login', { isRoot: true, hasPassword: false }),
    }).catch(() => undefined);
  }

  #newLog(): string {
    this.#runs += 1;
    return path.join(this.#folder, `log-${this.#runs}`);
  }

  #args(log: string, mayAsk = false): readonly string[] {
    return sshArgs(this.target, this.options, { log, socket: this.#socket, mayAsk });
  }
}

/** A file that ssh_config names without its folder is beside the user, as for the ssh of their shell. */
function whereTheUserStands(): string {
  try {
    const folder = process.cwd();
    // After a change of user it may be another's, and nothing could be started in it.
    accessSync(folder, constants.X_OK);
    return folder;
  } catch {
    return '/';
  }
}
