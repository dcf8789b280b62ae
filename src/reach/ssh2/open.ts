/** The in-process SSH transport: no program is started for it, so a thousand nodes fit into one process. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { formatTarget, type Target } from '../../model/node.ts';
import { display } from '../../model/display.ts';
import type { ReachTroubleCode } from '../../model/trouble.ts';
import { remoteCommand } from '../become.ts';
import { exchange } from '../exchange.ts';
import type { ReachOptions } from '../options.ts';
import { ReachError, type Transport } from '../transport.ts';
import { addressOf, connectTo } from './connect.ts';
import { startDeadline } from './deadline.ts';
import { forward } from './forward.ts';
import { hold, routeOf } from './jump.ts';
import { refuseHost } from './names.ts';
import { startCommand } from './running.ts';
import { sessionOf } from './session.ts';
import { socketTrouble, timeoutTrouble } from './troubles.ts';

/** Logs in; rejects with ReachError, and with UserError for what could never be a host. */
export async function openSsh2(
  target: Target & { readonly via: 'ssh' },
  options: ReachOptions,
): Promise<Transport> {
  const session = sessionOf(options);
  const settings = await session.settingsOf(target, 'target');
  const whom = addressOf(settings);
  const route = await routeOf(session, settings.jumps);
  const held = await hold(session, route);
  const login = await connectTo(session, settings, held?.through).catch(async (error: unknown) => {
    held?.release();
    throw held === undefined ? await ratherUnresolved(error, settings.hostName, whom) : error;
  });
  return {
    label: formatTarget(target),
    facts: {
      transport: 'ssh2',
      user: settings.user,
      hostKey: login.hostKey,
      through: route.map(addressOf),
    },
    async run(stdin, as, limits) {
      const { becomePassword } = options;
      const command = remoteCommand(as, {
        isRoot: settings.user === 'root',
        hasPassword: becomePassword !== undefined,
      });
      const deadline = startDeadline(limits.commandTimeoutMs, () =>
        timeoutTrouble(whom, 'starting a command'),
      );
      try {
        const running = await startCommand(login, command.line, whom, deadline.over);
        return await exchange(running, { stdin, limits, command, password: becomePassword });
      } finally {
        deadline.stop();
      }
    },
    async dial(host, port, timeoutMs) {
      refuseHost({ host, port }, 'target');
      const to = `${display(host)}:${port}`;
      const deadline = startDeadline(timeoutMs, () => timeoutTrouble(to, `the connection from ${whom}`));
      try {
        return await forward(login, whom, { host, port }, deadline.over);
      } finally {
        deadline.stop();
      }
    },
    [Symbol.asyncDispose]: () => {
      login.end();
      held?.release();
      return Promise.resolve();
    },
  };
}

const aboutKeys: ReadonlySet<ReachTroubleCode> = new Set(['authentication', 'key-file', 'needs-openssh']);

/** Where no key was at hand nothing was dialled; but a name that leads nowhere is the first thing to mend. */
async function ratherUnresolved(error: unknown, host: string, whom: string): Promise<unknown> {
  if (!(error instanceof ReachError) || !aboutKeys.has(error.trouble.code) || isIP(host) !== 0) return error;
  try {
    await lookup(host);
    return error;
  } catch (unresolved) {
    return socketTrouble(unresolved, whom);
  }
}
