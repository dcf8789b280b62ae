/**
 * `--transport openssh`: the system's own ssh, for whatever the one in the program cannot do. One login per node, kept open in the
 * background (ControlMaster) and ended with the transport.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatTarget } from '../../model/node.ts';
import { remoteCommand } from '../become.ts';
import type { ReachOptions } from '../options.ts';
import { refuseHost } from '../ssh2/names.ts';
import { ReachError, type Transport } from '../transport.ts';
import { Ssh, type SshTarget } from './session.ts';
import { loginFacts, lost, sshTrouble } from './trouble.ts';

export async function openOpenssh(target: SshTarget, options: ReachOptions): Promise<Transport> {
  refuseHost(target, 'target');
  if (options.user !== undefined) refuseHost({ host: target.host, user: options.user }, 'config');
  const folder = await mkdtemp(path.join(shortTmp(), 'fix-sans-'));
  const ssh = new Ssh(target, options, folder);
  try {
    const log = await ssh.logIn();
    return transportOf(ssh, log);
  } catch (error) {
    await ssh.end();
    throw error;
  }
}

/** Sockets have names of at most 104 characters, and ssh adds some of its own. */
function shortTmp(): string {
  return tmpdir().length > 50 ? '/tmp' : tmpdir();
}

function transportOf(ssh: Ssh, log: string): Transport {
  const { target, options } = ssh;
  const { user, hostKey, isHostKeyAdded } = loginFacts(log);
  const isRoot = user === 'root';
  return {
    label: formatTarget({ ...target, ...(user !== undefined && { user }) }),
    facts: {
      transport: 'openssh',
      ...(user !== undefined && { user }),
      ...(hostKey && {
        hostKey: { ...hostKey, trust: isHostKeyAdded ? ('added' as const) : ('openssh' as const) },
      }),
      // Which bastions there were is ssh's own business.
      through: [],
    },
    async run(stdin, as, limits) {
      const command = remoteCommand(as, { isRoot, hasPassword: options.becomePassword !== undefined });
      const ran = await ssh.run([], [command.line], {
        limits,
        stdin,
        sudo: { command, password: options.becomePassword },
      });
      // A script of ours never ends with 255; ssh does when the link fails.
      if (ran.exitCode === 255) {
        const trouble = sshTrouble({ log: ran.log, stderr: ran.stderr }, ssh);
        throw new ReachError(trouble.code === 'reset' || trouble.code === 'failed' ? lost(trouble) : trouble);
      }
      return ran;
    },
    dial(host, port) {
      refuseHost({ host, port }, 'target');
      return Promise.resolve(ssh.dial(host, port));
    },
    [Symbol.asyncDispose]: () => ssh.end(),
  };
}
