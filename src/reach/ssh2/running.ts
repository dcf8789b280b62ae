/** A command on the other side of a login, as the exchange wants it: three streams, an end, and a way to end it. */
import type { ClientChannel } from 'ssh2';
import type { Running } from '../exchange.ts';
import type { Login } from './login.ts';
import { linkLost, noSession } from './troubles.ts';

export async function startCommand(
  { client, gone }: Login,
  line: string,
  whom: string,
  over: Promise<never>,
): Promise<Running> {
  const lost = gone.then((last) => Promise.reject(linkLost(whom, last)));
  lost.catch(() => undefined);
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    try {
      client.exec(line, (error, channel) => {
        if (error) reject(noSession(whom, error));
        else resolve(channel);
      });
    } catch {
      reject(linkLost(whom));
    }
  });
  opened.catch(() => undefined);
  // A link that dies fails the waiting request too, with an error that says less; `lost` comes first then.
  const channel = await Promise.race([lost, opened, over]);
  const closed = new Promise<{ exitCode?: number; signal?: string }>((resolve, reject) => {
    let exit: { exitCode?: number; signal?: string } | undefined;
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
