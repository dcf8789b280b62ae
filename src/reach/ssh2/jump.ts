/** ProxyJump: one login per bastion, shared by all hosts behind it, and kept only as long as somebody goes through. */
import { ReachError } from '../transport.ts';
import type { ReachTroubleCode } from '../../model/trouble.ts';
import { UserError } from '../../model/user-error.ts';
import { addressOf, connectTo, type Through } from './connect.ts';
import type { Login } from './login.ts';
import type { Hop } from './names.ts';
import { type Bastion, bastionsOf, type Session } from './session.ts';
import type { Settings } from './settings.ts';

export interface Held {
  readonly through: Through;
  release(): void;
}

const longest = 8;
/** A bastion that did not answer is not asked again for each node behind it. */
const coolingMs = 10_000;

/** All hosts on the way, first to last; the first one's own ProxyJump counts too, as in ssh. */
export async function routeOf(
  session: Session,
  hops: readonly Hop[],
  depth = 0,
): Promise<readonly Settings[]> {
  const [first, ...rest] = hops;
  if (first === undefined) return [];
  if (depth + hops.length > longest) {
    throw new UserError(
      `ProxyJump to ${first.host} goes round in circles, or over more than ${longest} hosts`,
      'look at ProxyJump in ssh_config',
    );
  }
  const settings = await session.settingsOf(first, 'bastion');
  const before = await routeOf(session, settings.jumps, depth + hops.length);
  const others = await Promise.all(
    rest.map((hop) => session.settingsOf({ ...hop, isNext: true }, 'bastion')),
  );
  return [...before, settings, ...others];
}

/** A way through all of them; undefined where there is none to go through. */
export async function hold(session: Session, route: readonly Settings[]): Promise<Held | undefined> {
  const last = route.at(-1);
  if (last === undefined) return undefined;
  const bastions = bastionsOf(session);
  const key = JSON.stringify(route.map(({ user, hostName, port }) => [user, hostName, port]));
  const bastion = bastions.get(key) ?? openBastion(session, route, last, key);
  bastion.users += 1;
  const release = (): void => {
    bastion.users -= 1;
    if (bastion.users > 0) return;
    if (bastions.get(key) === bastion) bastions.delete(key);
    void bastion.opening.then((login) => login.end());
  };
  const login = await bastion.opening;
  let isHeld = true;
  return {
    through: { name: addressOf(last), login },
    release() {
      if (isHeld) release();
      isHeld = false;
    },
  };
}

function openBastion(session: Session, route: readonly Settings[], last: Settings, key: string): Bastion {
  const bastions = bastionsOf(session);
  const open = async (): Promise<Login> => {
    const before = await hold(session, route.slice(0, -1));
    try {
      const login = await connectTo(session, last, before?.through);
      void login.gone.then(() => {
        if (bastions.get(key) === bastion) bastions.delete(key);
        before?.release();
      });
      return login;
    } catch (error) {
      before?.release();
      throw asBastion(error, last);
    }
  };
  const bastion: Bastion = { opening: open(), users: 0 };
  bastions.set(key, bastion);
  bastion.opening.catch((error: unknown) => {
    // Refused for good is remembered for the run: a hundred nodes must not fail a hundred logins at one bastion.
    if (!(error instanceof ReachError) || !error.trouble.retryable) return;
    setTimeout(() => {
      if (bastions.get(key) === bastion) bastions.delete(key);
    }, coolingMs).unref();
  });
  return bastion;
}

const onTheWay: ReadonlySet<ReachTroubleCode> = new Set([
  'dns',
  'refused',
  'unreachable',
  'timeout',
  'reset',
  'link-lost',
  'garbled',
  'failed',
]);

/** A way that is closed is the bastion's trouble; who it is and who we are stays what it was, with the bastion named. */
function asBastion(error: unknown, { host }: Settings): unknown {
  if (!(error instanceof ReachError)) return error;
  const { trouble } = error;
  return new ReachError(
    {
      ...trouble,
      code: onTheWay.has(trouble.code) ? 'bastion' : trouble.code,
      message: `the bastion ${host}: ${trouble.message.replace(/^the bastion \S+: /, '')}`,
    },
    { cause: error },
  );
}
