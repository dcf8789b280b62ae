/** A command on the other side of a login, as the exchange wants it: three streams, an end, and a way to end it. */
import type { ClientChannel } from 'ssh2';
import type { Running } from '../exchange.ts';
import type { Login } from './login.ts';
import { linkLost, noSession } from './troubles.ts';

type Exit = Awaited<Running['ended']>;

interface Started {
  readonly channel: ClientChannel;
  readonly closed: Promise<Exit>;
}

export async function startCommand(
  { client, gone, isGone }: Login,
  line: string,
  whom: string,
  over: Promise<never>,
): Promise<Running> {
  const lost = gone.then((last) => Promise.reject(linkLost(whom, last)));
  lost.catch(() => undefined);
  const opened = new Promise<Started>((resolve, reject) => {
    try {
      client.exec(line, (error, channel) => {
        // A link that dies fails what waits for an answer as well, and that says less.
        if (error) reject(isGone() ? linkLost(whom) : noSession(whom, error));
        // At once: the end of a short command comes in the same packet as its beginning.
        else resolve({ channel, closed: watch(channel, whom) });
      });
    } catch {
      reject(linkLost(whom));
    }
  });
  opened.catch(() => undefined);
  const { channel, closed } = await Promise.race([opened, lost, over]);
  return {
    stdin: channel.stdin,
    stdout: channel.stdout,
    stderr: channel.stderr,
    ended: Promise.race([closed, lost]),
    kill() {
      // What is on its way still arrives: at most one window of it.
      channel.close();
    },
  };
}

function watch(channel: ClientChannel, whom: string): Promise<Exit> {
  const closed = new Promise<Exit>((resolve, reject) => {
    let exit: Exit | undefined;
    channel.once('exit', (code: number | null, signal?: string) => {
      exit = { ...(code !== null && { exitCode: code }), ...(signal !== undefined && { signal }) };
    });
    channel.once('close', () => {
      // sshd says how it ended before it closes the channel: silence means that nobody knows.
      if (exit) resolve(exit);
      else reject(linkLost(whom));
    });
  });
  closed.catch(() => undefined);
  return closed;
}
