/** The arguments of the system's ssh: what a user's ssh_config says stays, but for what would be unsafe or in the way. */
import type { Target } from '../../model/node.ts';
import type { ReachOptions } from '../options.ts';

export interface SshRun {
  /** `-E`: ssh's own words, apart from the node's. */
  readonly log: string;
  readonly socket: string;
  /** On the terminal, about host keys, passphrases and passwords. */
  readonly mayAsk: boolean;
}

type SshTarget = Extract<Target, { via: 'ssh' }>;

/** Without the host: flags, `--` and the host follow. */
export function sshArgs(target: SshTarget, options: ReachOptions, run: SshRun): readonly string[] {
  const { acceptNewHostKeys, identityFiles, knownHostsFiles, limits, sshConfigFile } = options;
  const user = target.user ?? options.user;
  const seconds = Math.max(1, Math.ceil(limits.connectTimeoutMs / 1000));
  const settings = {
    BatchMode: run.mayAsk ? 'no' : 'yes',
    StrictHostKeyChecking: strictness(acceptNewHostKeys, run.mayAsk),
    ConnectTimeout: String(seconds),
    ConnectionAttempts: '1',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    // Ours alone, in a folder that nobody else may enter. It ends by itself should we be killed.
    ControlMaster: 'no',
    ControlPath: quoted(run.socket),
    ControlPersist: '30',
    // An agent on the node would be open to its root: https://nvd.nist.gov/vuln/detail/CVE-2023-38408
    ForwardAgent: 'no',
    ForwardX11: 'no',
    Tunnel: 'no',
    ClearAllForwardings: 'yes',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    // A host may offer new keys after the login; what is known changes only when somebody says so.
    UpdateHostKeys: 'no',
    ...(knownHostsFiles && knownHostsFiles.length > 0
      ? { UserKnownHostsFile: knownHostsFiles.map(quoted).join(' '), GlobalKnownHostsFile: 'none' }
      : {}),
  };
  return [
    ...(sshConfigFile === undefined ? [] : ['-F', sshConfigFile]),
    '-v',
    '-E',
    run.log,
    '-T',
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...identityFiles.flatMap((file) => ['-o', `IdentityFile=${quoted(file)}`]),
    ...(identityFiles.length > 0 ? ['-o', 'IdentitiesOnly=yes'] : []),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    ...(user === undefined ? [] : ['-l', user]),
  ];
}

function strictness(acceptsNew: boolean, mayAsk: boolean): string {
  if (acceptsNew) return 'accept-new';
  return mayAsk ? 'ask' : 'yes';
}

/** An -o is read like a line of the file: blanks part words, and a percent sign begins a token. */
function quoted(file: string): string {
  return `"${file.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}
