/** An sshd in this process: takes one key, runs commands by the system's sh, forwards, and can be told to misbehave. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2, { type Algorithms, type ServerChannel } from 'ssh2';
import type { ReachOptions } from '../../src/reach/options.ts';
import { usualLimits } from '../../src/reach/transport.ts';

export interface FakeSshd extends AsyncDisposable {
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** What clients did, in order: `connect`, `auth none`, `auth publickey`, `login`, `exec …`, `forward …`. */
  readonly seen: string[];
  /** Ends every connection as a power cut does. */
  cut(): void;
}

export interface FakeSshdOptions {
  readonly userKey: string;
  readonly hostKey?: { readonly public: string; readonly private: string };
  readonly hostKeyType?: 'ed25519' | 'ecdsa' | 'rsa';
  readonly algorithms?: Algorithms;
  readonly forwards?: boolean;
  /** Instead of running anything. */
  readonly exec?: (channel: ServerChannel, command: string) => void;
  readonly refuses?: (seen: readonly string[]) => boolean;
  readonly banner?: string;
  readonly greeting?: string;
  readonly host?: string;
  /** How many connections are dropped before they are greeted. */
  readonly drops?: number;
}

export function makeKey(type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): {
  readonly public: string;
  readonly private: string;
} {
  if (type === 'rsa') return ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
  if (type === 'ecdsa') return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  // One in some thousand of ssh2's Ed25519 keys is broken; OpenSSH refuses it as well.
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

export async function startFakeSshd(options: FakeSshdOptions): Promise<FakeSshd> {
  const hostKey = options.hostKey ?? makeKey(options.hostKeyType);
  const taken = ssh2.utils.parseKey(options.userKey);
  if (taken instanceof Error) throw taken;
  const seen: string[] = [];
  const open = new Set<Socket>();
  let left = options.drops ?? 0;
  const server = new ssh2.Server(
    {
      hostKeys: [hostKey.private],
      ...(options.algorithms && { algorithms: options.algorithms }),
      ...(options.banner !== undefined && { banner: options.banner }),
      ...(options.greeting !== undefined && { greeting: options.greeting }),
    },
    (connection) => {
      seen.push('connect');
      connection.on('error', () => undefined);
      connection.on('close', () => {
        seen.push('close');
      });
      connection.on('authentication', (attempt) => {
        seen.push(`auth ${attempt.method}`);
        const isTaken =
          attempt.method === 'publickey' &&
          attempt.key.data.equals(taken.getPublicSSH()) &&
          options.refuses?.(seen) !== true;
        if (!isTaken) attempt.reject(['publickey']);
        else if (attempt.signature === undefined) attempt.accept();
        else if (attempt.blob && taken.verify(attempt.blob, attempt.signature, attempt.hashAlgo))
          attempt.accept();
        else attempt.reject(['publickey']);
      });
      connection.on('ready', () => {
        seen.push('login');
        connection.on('session', (accept) => {
          const session = accept();
          session.on('exec', (acceptExec, _reject, { command }) => {
            seen.push(`exec ${command}`);
            const channel = acceptExec();
            if (options.exec) options.exec(channel, command);
            else runSh(channel, command);
          });
        });
        connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
          seen.push(`forward ${destIP}:${destPort}`);
          if (options.forwards !== true) {
            reject();
            return;
          }
          const socket = connect({ host: destIP, port: destPort, noDelay: true });
          socket.once('error', () => reject());
          socket.once('connect', () => {
            const channel = accept();
            channel.on('error', () => undefined);
            socket.on('error', () => channel.close());
            channel.on('close', () => socket.destroy());
            socket.on('close', () => channel.close());
            channel.pipe(socket).pipe(channel);
          });
        });
      });
    },
  );
  // Our own below that of ssh2, which would greet everybody.
  const listener = createServer({ noDelay: true }, (socket) => {
    if (left > 0) {
      left -= 1;
      seen.push('drop');
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    server.injectSocket(socket);
  });
  listener.listen(0, options.host ?? '127.0.0.1');
  await once(listener, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    hostKey: hostKey.public.trim().split(' ').slice(0, 2).join(' '),
    seen,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

function runSh(channel: ServerChannel, command: string): void {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`]);
  channel.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => channel.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => channel.stderr.write(chunk));
  channel.on('close', () => child.kill('SIGKILL'));
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
    channel.end();
  });
}

/** A home folder with a key and the options of a run that uses nothing else of this machine. */
export interface Home extends Disposable {
  readonly folder: string;
  readonly userKey: { readonly public: string; readonly private: string };
  readonly keyFile: string;
  readonly knownHosts: string;
  readonly said: string[];
  write(name: string, text: string, mode?: number): string;
  options(changes?: Partial<ReachOptions>): ReachOptions;
}

export function makeHome(): Home {
  const folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-home-'));
  const userKey = makeKey();
  const write = (name: string, text: string, mode = 0o600): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode });
    return file;
  };
  const said: string[] = [];
  const keyFile = write('key', userKey.private);
  const knownHosts = write('known_hosts', '');
  return {
    folder,
    userKey,
    keyFile,
    knownHosts,
    said,
    write,
    options: (changes = {}) => ({
      transport: 'ssh2',
      user: 'ops',
      identityFiles: [keyFile],
      knownHostsFiles: [knownHosts],
      acceptNewHostKeys: false,
      sshConfigFile: 'none',
      become: 'sudo',
      isInteractive: false,
      ask: () => Promise.reject(new Error('nobody is there')),
      limits: { ...usualLimits, connectTimeoutMs: 2000, commandTimeoutMs: 10_000 },
      say: (line) => said.push(line),
      env: {},
      home: folder,
      ...changes,
    }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
