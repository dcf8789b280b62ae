/** `local:`, the machine we run on: as a timer unit on the node itself reaches it. */
import { userInfo } from 'node:os';
import { remoteCommand } from './become.ts';
import { exchange } from './exchange.ts';
import { spawned } from './spawned.ts';
import type { Transport } from './transport.ts';

export interface LocalOptions {
  /** What the script may see of our environment; all else stays here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly becomePassword?: (() => Promise<string>) | undefined;
}

export function openLocal({ env = {}, becomePassword }: LocalOptions = {}): Transport {
  const { uid, username } = userInfo();
  const isRoot = uid === 0;
  return {
    label: 'local:',
    facts: { transport: 'local', user: username, through: [] },
    async run(stdin, as, limits) {
      const command = remoteCommand(as, {
        isRoot,
        hasPassword: becomePassword !== undefined,
      });
      const [file = '', ...args] = command.argv;
      const running = spawned(file, args, { env: { PATH: usualPath, ...env } });
      return exchange(running, { stdin, limits, command, password: becomePassword });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Finds env and sudo; the script sets its own. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
