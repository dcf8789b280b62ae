/** Where a test file tries the in-process SSH transport: a home and an sshd of its own, both gone after each test. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ReachOptions } from '../../src/reach/options.ts';
import { openSsh2 } from '../../src/reach/ssh2/open.ts';
import { type Limits, ReachError, type Transport, usualLimits } from '../../src/reach/transport.ts';
import { type FakeSshd, type FakeSshdOptions, type Home, makeHome, startFakeSshd } from './fake-sshd.ts';

export interface Ssh2Ground {
  readonly home: () => Home;
  readonly start: (options?: Partial<FakeSshdOptions>) => Promise<FakeSshd>;
  /** Writes known_hosts: that this sshd is also behind another port. */
  readonly know: (port: number, sshd: Pick<FakeSshd, 'hostKey'>) => void;
  readonly open: (port: number, changes?: Partial<ReachOptions>) => Promise<Transport>;
  /** A server that speaks no SSH, and its port. */
  readonly listen: (greet: (socket: Socket) => void) => Promise<number>;
}

export function ssh2Ground(): Ssh2Ground {
  let home: Home;
  let known = '';
  const closing: AsyncDisposable[] = [];
  beforeEach(() => {
    home = makeHome();
  });
  afterEach(async () => {
    for (const one of closing.splice(0).toReversed()) await one[Symbol.asyncDispose]();
    home[Symbol.dispose]();
  });
  const know: Ssh2Ground['know'] = (port, { hostKey }) => {
    known = `${known}[127.0.0.1]:${port} ${hostKey}\n`;
    home.write('known_hosts', known);
  };
  return {
    home: () => home,
    know,
    async start(options = {}) {
      const sshd = await startFakeSshd({ userKey: home.userKey.public, ...options });
      closing.push(sshd);
      know(sshd.port, sshd);
      return sshd;
    },
    async open(port, changes = {}) {
      const transport = await openSsh2({ via: 'ssh', host: '127.0.0.1', port }, home.options(changes));
      closing.push(transport);
      return transport;
    },
    async listen(greet) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        greet(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      closing.push({ [Symbol.asyncDispose]: async () => void server.close() });
      return (server.address() as AddressInfo).port;
    },
  };
}

export function run(transport: Transport, script: string, limits: Partial<Limits> = {}) {
  return transport.run(Buffer.from(script), 'login', { ...usualLimits, commandTimeoutMs: 10_000, ...limits });
}

export async function troubleOf(attempt: Promise<unknown>) {
  const error = await attempt.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ReachError);
  return (error as ReachError).trouble;
}
