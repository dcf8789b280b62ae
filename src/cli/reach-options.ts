/** From flags and fix-sans.yaml to how nodes are reached. A flag goes before the file. */
import { homedir } from 'node:os';
import { UserError } from '../model/user-error.ts';
import { fromHere } from '../nodes/read-file.ts';
import type { Resolved } from '../nodes/resolve.ts';
import type { ReachOptions } from '../reach/options.ts';
import { refuseHost } from '../reach/ssh2/names.ts';
import { usualLimits } from '../reach/transport.ts';
import { asker, isInteractive } from './ask.ts';
import type { Options } from './command.ts';
import type { Io } from './io.ts';
import type { ProgressLine } from './progress.ts';
import { durationOf, isSet, textOf, textsOf } from './option-values.ts';

/** While a question is open nothing else is written: what is to be said waits for the answer, and so does the progress. */
function sharedTerminal(
  io: Io,
  line: Pick<ProgressLine, 'hold'>,
): Required<Pick<ReachOptions, 'say' | 'holdTerminal'>> {
  let open = 0;
  let waiting: readonly string[] = [];
  const say = (text: string): void => {
    waiting = [...waiting, `fix-sans: ${text}\n`];
    if (open > 0) return;
    const release = line.hold();
    for (const one of waiting) io.stderr.write(one);
    waiting = [];
    release();
  };
  const holdTerminal = (): (() => void) => {
    const release = line.hold();
    open += 1;
    return () => {
      open -= 1;
      if (open === 0) for (const one of waiting) io.stderr.write(one);
      if (open === 0) waiting = [];
      release();
    };
  };
  return { holdTerminal, say };
}

/** Before anything is dialled, and not once for each node. */
function refuseUser(user: string | undefined): void {
  if (user === undefined) return;
  if (user === '')
    throw new UserError(
      '--user is empty',
      'give the name that logs in there, as in --user ops; without the flag ssh_config says it, or your own name here does',
    );
  refuseHost({ host: 'localhost', user }, 'target');
}

export function reachOptionsOf(
  options: Options,
  ssh: Resolved['ssh'],
  io: Io,
  line: Pick<ProgressLine, 'hold'> = { hold: () => () => undefined },
): ReachOptions {
  const env = io.env;
  const user = textOf(options, 'user') ?? ssh.user;
  refuseUser(textOf(options, 'user'));
  // Absolute from here on: the programs that are started stand in another folder than the user.
  const knownHosts = textsOf(options, 'knownHosts').map((file) => fromHere(file, env));
  const knownHostsFiles = knownHosts.length > 0 ? knownHosts : ssh.knownHostsFiles;
  const sshConfig = textOf(options, 'sshConfig');
  // `none` is no file.
  const isFile = sshConfig !== undefined && sshConfig !== 'none';
  const configFile = isFile ? fromHere(sshConfig, env) : (sshConfig ?? ssh.configFile);
  const identities = textsOf(options, 'identity').map((file) => fromHere(file, env));
  const interactive = isInteractive(io);
  const { holdTerminal, say } = sharedTerminal(io, line);
  const ask = asker(io, holdTerminal);
  const asksPassword = isSet(options, 'askBecomePass');
  if (asksPassword && !interactive)
    throw new UserError(
      '--ask-become-pass needs a terminal to ask on',
      'give the user a sudo that asks no password; fix-sans inspect --print-helper prints the least that is needed',
    );
  let password: Promise<string> | undefined;
  return {
    transport: (textOf(options, 'transport') ?? ssh.transport) === 'openssh' ? 'openssh' : 'ssh2',
    ...(user === undefined ? {} : { user }),
    identityFiles: identities.length > 0 ? identities : (ssh.identityFiles ?? []),
    ...(knownHostsFiles === undefined ? {} : { knownHostsFiles }),
    acceptNewHostKeys: isSet(options, 'acceptNewHostKeys'),
    ...(configFile === undefined ? {} : { sshConfigFile: configFile }),
    become: isSet(options, 'helper') ? 'helper' : (ssh.become ?? 'sudo'),
    ...(asksPassword
      ? {
          becomePassword: () => (password ??= ask('password of sudo on the nodes: ', { isSecret: true })),
        }
      : {}),
    isInteractive: interactive,
    ask,
    limits: {
      ...usualLimits,
      connectTimeoutMs:
        durationOf(options, 'connectTimeout', '--connect-timeout') ?? usualLimits.connectTimeoutMs,
      commandTimeoutMs: durationOf(options, 'timeout', '--timeout') ?? usualLimits.commandTimeoutMs,
    },
    holdTerminal,
    say,
    env: io.env,
    home: io.env['HOME'] ?? homedir(),
  };
}
