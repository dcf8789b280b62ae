/** The SSH server of a simulated node: one user key, commands run by /bin/sh on this host below the node's ROOT folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import ssh2, { type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import type { Outcome, Recorder } from './recorder.ts';

export interface SshServer {
  readonly port: number;
  /** Every connection breaks off; what runs goes on. */
  drop(): void;
  stop(): Promise<void>;
}

export interface SshServerOptions {
  readonly address: string;
  readonly port: number;
  readonly root: string;
  readonly hostKey: string;
  readonly userKey: ParsedKey;
  /** May a client be connected on to this address? Only simulated servers may be reached through one. */
  readonly mayForwardTo: (address: string, port: number) => boolean;
  /** Answers in place of a shell, for benches. */
  readonly recorder?: Recorder | undefined;
  /** Words before each command, asked for anew with each: it may be run among mounts that only this node has. */
  readonly enter?: (() => readonly string[]) | undefined;
  /** What in this node's replies is in no other's. */
  readonly own: () => readonly string[];
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const connections = new Set<Connection>();
  const shells = new Set<ChildProcess>();
  const protocol = new ssh2.Server(
    { hostKeys: [options.hostKey], ident: 'simulated', keepaliveInterval: 0 },
    (connection: Connection) => {
      connections.add(connection);
      connection.on('close', () => connections.delete(connection));
      // A connection that breaks off is the client's affair.
      connection.on('error', () => {});
      serve(connection, options, shells);
    },
  );
  // With a delay each of some ten answers would wait for the client's acknowledgement: half a second in all.
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    protocol.injectSocket(socket);
  });
  server.listen(options.port, options.address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    drop: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    stop: async () => {
      server.close();
      for (const connection of connections) connection.end();
      // Nothing outlives the node that it ran on.
      for (const shell of shells) send(shell, 'SIGKILL');
      await once(server, 'close');
    },
  };
}

function serve(connection: Connection, options: SshServerOptions, shells: Set<ChildProcess>): void {
  let user: SshUser = 'root';
  connection.on('authentication', (context) => {
    if (context.method !== 'publickey') return context.reject(['publickey']);
    const known = sshUsers.find((name) => name === context.username);
    const { userKey } = options;
    const isKnown =
      context.key.algo === userKey.type && Buffer.compare(context.key.data, userKey.getPublicSSH()) === 0;
    // Without a signature the client only asks whether this key would do.
    const { blob, signature, hashAlgo } = context;
    const isQuestion = blob === undefined || signature === undefined;
    // It returns an Error when it cannot tell, which its type does not say.
    const verdict: unknown = isQuestion || userKey.verify(blob, signature, hashAlgo);
    if (known === undefined || !isKnown || verdict !== true) return context.reject(['publickey']);
    user = known;
    return context.accept();
  });
  connection.on('ready', () => {
    connection.on('session', (acceptSession) => {
      const session = acceptSession();
      let shell: ChildProcess | undefined;
      session.on('exec', (accept, _reject, { command }) => {
        if (options.recorder) {
          const { recorder, own } = options;
          recorder.answer(accept(), command, (stdin) => runFor(stdin, command, options, user), own());
          return;
        }
        shell = run(command, accept(), options, user);
        shells.add(shell);
        shell.on('close', () => shell && shells.delete(shell));
      });
      session.on('signal', (accept, _reject, { name }) => {
        if (shell !== undefined) send(shell, `SIG${name}`);
        accept?.();
      });
      // No shell, no terminal and no variables: `reject` may be missing when no answer is wanted.
      for (const request of ['shell', 'pty', 'env', 'subsystem', 'sftp', 'x11', 'auth-agent'] as const) {
        session.on(request as 'shell', (_accept, reject) => reject?.());
      }
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (!options.mayForwardTo(destIP, destPort)) return reject();
      const upstream = connect(destPort, destIP);
      upstream.on('error', () => upstream.destroy());
      const channel = accept();
      channel.on('error', () => upstream.destroy());
      return upstream.pipe(channel).pipe(upstream);
    });
  });
}

/** Root, and one who becomes root by sudo without a password. */
const homes = { root: 'root', ops: 'home/ops' } as const;
export type SshUser = keyof typeof homes;
export const sshUsers = ['root', 'ops'] as const satisfies readonly SshUser[];

/** Where a node's own programs lie, in front of the host's. */
const places = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin'];

function nodePath(root: string): string {
  return [...places.map((place) => path.join(root, place)), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(
    ':',
  );
}

/** The environment is made here and holds nothing of the client's: the root cannot come from anywhere else. */
export function nodeEnvironment(root: string, user: SshUser): NodeJS.ProcessEnv {
  return {
    PATH: nodePath(root),
    HOME: path.join(root, homes[user]),
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/sh',
    // openssl would read all that this machine trusts, for a certificate that nobody asks about: four times as long.
    SSL_CERT_FILE: path.join(root, 'etc/ssl/cert.pem'),
    SSL_CERT_DIR: path.join(root, 'etc/ssl/certs'),
    FIX_SANS_ROOT: root,
  };
}

/** To the whole group, as sshd sends it. */
function send({ pid }: ChildProcess, name: string): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended, or nobody knows that signal.
  }
}

type Where = Pick<SshServerOptions, 'root' | 'enter'>;

function start(command: string, { root, enter }: Where, user: SshUser) {
  const [first, ...words] = enter?.() ?? [];
  const shell = ['-c', command];
  return spawn(first ?? '/bin/sh', first === undefined ? shell : [...words, '/bin/sh', ...shell], {
    cwd: path.join(root, homes[user]),
    detached: true,
    env: nodeEnvironment(root, user),
  });
}

async function runFor(stdin: string, command: string, where: Where, user: SshUser): Promise<Outcome> {
  const shell = start(command, where, user);
  shell.stdin.end(stdin, 'latin1');
  const closed = once(shell, 'close') as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([
    text(shell.stdout.setEncoding('latin1')),
    text(shell.stderr.setEncoding('latin1')),
    closed,
  ]);
  return { code: code ?? 255, stdout, stderr };
}

function run(command: string, channel: ServerChannel, where: Where, user: SshUser): ChildProcess {
  const shell = start(command, where, user);
  shell.stdin.on('error', () => {});
  channel.on('error', () => {});
  channel.pipe(shell.stdin);
  shell.stdout.pipe(channel, { end: false });
  shell.stderr.pipe(channel.stderr, { end: false });
  shell.on('error', () => {
    channel.exit(127);
    channel.end();
  });
  shell.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
    channel.end();
  });
  // As sshd without a terminal: the command is not killed with its connection, but it loses its input.
  channel.on('close', () => {
    shell.stdout.resume();
    shell.stderr.resume();
    shell.stdin.end();
  });
  return shell;
}
