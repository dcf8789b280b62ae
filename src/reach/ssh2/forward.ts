/** A byte stream that a host's sshd dials for us: to the next host of a ProxyJump, or to an endpoint that a node should see. */
import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { ReachError } from '../transport.ts';
import type { Login } from './login.ts';
import { nameOf } from './names.ts';
import { forwardTrouble, linkLost } from './troubles.ts';

/** `over` rejects when it takes too long. */
export async function forward(
  login: Login,
  name: string,
  to: { readonly host: string; readonly port: number },
  over: Promise<never>,
): Promise<Duplex> {
  let isLate = false;
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error) reject(forwardTrouble(error, nameOf(to), name));
      else if (isLate) channel.destroy();
      else resolve(channel);
    };
    try {
      // Where we say that it comes from is written into sshd's log, and nothing else.
      login.client.forwardOut('127.0.0.1', 0, to.host, to.port, done);
    } catch (error) {
      reject(lost(name, error));
    }
  });
  opened.catch(() => undefined);
  const gone = login.gone.then((last) => Promise.reject(lost(name, last)));
  gone.catch(() => undefined);
  try {
    const channel = await Promise.race([opened, over, gone]);
    channel.on('error', () => undefined);
    return channel;
  } catch (error) {
    isLate = true;
    throw error;
  }
}

function lost(name: string, error: unknown): ReachError {
  const { message } = linkLost(name, error instanceof Error ? error : undefined).trouble;
  return new ReachError({ code: 'bastion', message, hint: 'try again', retryable: true });
}
