/** From flags and fix-sans.yaml to how nodes are reached. A flag goes before the file. */
import { homedir } from 'node:os';
import { UserError } from '../model/user-error.ts';
import type { Resolved } from '../nodes/resolve.ts';
import type { ReachOptions } from '../reach/options.ts';
import { usualLimits } from '../reach/transport.ts';
import { asker, isInteractive } from './ask.ts';
import type { Options } from './command.ts';
import type { Io } from './io.ts';
import { durationOf, isSet, textOf, textsOf } from './option-values.ts';

export function reachOptionsOf(options: Options, ssh: Resolved['ssh'], io: Io): ReachOptions {
  const user = textOf(options, 'user') ?? ssh.user;
  const knownHosts = textsOf(options, 'knownHosts');
  const knownHostsFiles = knownHosts.length > 0 ? knownHosts : ssh.knownHostsFiles;
  const configFile = textOf(options, 'sshConfig') ?? ssh.configFile;
  const identities = textsOf(options, 'identity');
  const interactive = isInteractive(io);
  const ask = asker(io);
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
    say: (line) => void io.stderr.write(`fix-sans: ${line}\n`),
    env: io.env,
    home: io.env['HOME'] ?? homedir(),
  };
}
