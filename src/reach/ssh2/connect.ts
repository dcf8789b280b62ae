/** From settings to a login: finds the keys, waits for a place at that sshd, dials, and tries again where that does no harm. */
import { connect as dialTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { display } from '../../model/display.ts';
import { noKeys } from './authentication.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { forward } from './forward.ts';
import { tryAgain } from './gate.ts';
import { algorithmsFor } from './host-key.ts';
import { identitiesFor } from './identities.ts';
import { hear, type Login, logIn } from './login.ts';
import { nameOf } from './names.ts';
import type { Session } from './session.ts';
import { needsOpenssh, type Settings } from './settings.ts';
import { mayTryAgain, slowLogin, socketTrouble, timeoutTrouble } from './troubles.ts';

/** The bastion to go through. */
export interface Through {
  readonly name: string;
  readonly login: Login;
}

/** host:port, as messages and known_hosts have it. */
export function addressOf({ hostName, port }: Pick<Settings, 'hostName' | 'port'>): string {
  return display(nameOf({ host: hostName, port }));
}

export async function connectTo(
  session: Session,
  settings: Settings,
  through: Through | undefined,
): Promise<Login> {
  const whom = addressOf(settings);
  // Everything that can be known beforehand, so that no sshd sees a login that had to fail.
  const [need] = settings.needs;
  if (need !== undefined) throw needsOpenssh(whom, need);
  const { needs } = algorithmsFor(await session.knownTo(settings), settings);
  if (needs) throw needs;
  const identities = await identitiesFor(settings, session.asking, session.keys);
  if (identities.offered.length === 0) throw noKeys(settings.user, whom, identities);

  const sshd = `${through?.name ?? ''} ${whom}`;
  return tryAgain(async () => {
    const leave = await session.gate.enter(sshd);
    const { connectTimeoutMs } = session.options.limits;
    let heard: (() => string) | undefined;
    const deadline = startDeadline(connectTimeoutMs, () =>
      heard === undefined ? timeoutTrouble(whom, 'the connection') : slowLogin(whom, heard() !== ''),
    );
    try {
      const stream = await dial(settings, through, deadline);
      heard = hear(stream);
      const isThroughBastion = through !== undefined;
      return await logIn({ session, settings, identities, stream, heard, deadline, whom, isThroughBastion });
    } finally {
      deadline.stop();
      leave();
    }
  }, mayTryAgain);
}

async function dial(
  { hostName, port, family }: Settings,
  through: Through | undefined,
  deadline: Deadline,
): Promise<Duplex> {
  if (through) return forward(through.login, through.name, { host: hostName, port }, deadline.over);
  const socket = dialTcp({ host: hostName, port, family, noDelay: true });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  connected.catch(() => undefined);
  // One that stays: an error may come at any time, and without a listener it would end the process.
  socket.on('error', () => undefined);
  try {
    await Promise.race([
      connected.catch((error: unknown) =>
        Promise.reject(socketTrouble(error, addressOf({ hostName, port }))),
      ),
      deadline.over,
    ]);
    gatherWrites(socket);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** ssh2 writes each packet in three pieces (length, content, tag), and each would be a system call and a segment of its own. */
function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  let isGathering = false;
  socket.write = (...given: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...given);
  };
}
