/** What to type about a failure of the system's ssh, with the host, port, user and files of this very login. */
import { display } from '../../model/display.ts';
import type { Target } from '../../model/node.ts';
import { fingerprintCommand } from '../host-key-file.ts';
import type { ReachOptions } from '../options.ts';

/** How ssh was called. */
export interface SshCall {
  readonly target: Extract<Target, { via: 'ssh' }>;
  readonly options: Pick<ReachOptions, 'user' | 'identityFiles' | 'knownHostsFiles' | 'sshConfigFile'>;
}

export interface HostKeyShown {
  readonly type: string;
  readonly fingerprint: string;
}

/** `ssh -v -F conf -i key -p 2222 ops@cp1 true`: the same login by hand. */
export function byHand({ target, options }: SshCall, { isVerbose = true } = {}): string {
  const user = target.user ?? options.user;
  const { knownHostsFiles = [], sshConfigFile, identityFiles } = options;
  return [
    'ssh',
    ...(isVerbose ? ['-v'] : []),
    ...(sshConfigFile === undefined ? [] : ['-F', word(sshConfigFile)]),
    ...identityFiles.flatMap((file) => ['-i', word(file)]),
    ...(knownHostsFiles.length === 0
      ? []
      : ['-o', word(`UserKnownHostsFile=${knownHostsFiles.map(settingWord).join(' ')}`)]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    user === undefined ? target.host : `${word(user)}@${target.host}`,
    'true',
  ].join(' ');
}

/** Of a host whose key nobody knows: where to see the right one, and how to add it. `words` are all that ssh said. */
export function addKeyHint(call: SshCall, shown: HostKeyShown | undefined, words: string): string {
  const [file] = call.options.knownHostsFiles ?? [];
  const [, host, port] = /^debug1: Connecting to (\S+) \[\S+\] port (\d+)\./m.exec(words) ?? [];
  const kind = shown?.type.replace(/^ssh-/, '').replace(/^ecdsa-sha2-.*/, 'ecdsa');
  // Behind a bastion or by an alias, a scan would ask another host, or write another name.
  const canScan =
    file !== undefined && host !== undefined && kind !== undefined && !/using hostkeyalias/.test(words);
  const add = canScan
    ? `ssh-keyscan -t ${kind} -p ${port} ${word(host)} >>${word(file)}`
    : `log in once with ${byHand(call, { isVerbose: false })}`;
  return `compare this with ${fingerprintCommand(shown?.type)} on the host, then: ${add}; or trust every new host: --accept-new-host-keys`;
}

/** Of a host whose key is another one. OpenSSH says both: `Host key for [h]:22 has changed`, `Offending ED25519 key in FILE:3` */
export function removeKeyHint(call: SshCall, shown: HostKeyShown | undefined, words: string): string {
  const [, name] = /^Host key for (\S+) has changed/m.exec(words) ?? [];
  const [, file] = /^Offending .*key (?:for IP )?in (.+):\d+\s*$/m.exec(words) ?? [];
  const { host, port } = call.target;
  const known = name ?? (port === undefined || port === 22 ? host : `[${host}]:${port}`);
  return `somebody may be in between; compare with ${fingerprintCommand(shown?.type)} on the host’s console, and only if it got a new key: ssh-keygen -R ${word(known)}${file === undefined ? '' : ` -f ${word(file)}`}`;
}

/** `Permissions 0644 for '/home/ops/.ssh/id' are too open.` */
export function protectKeyHint(_call: SshCall, _shown: HostKeyShown | undefined, words: string): string {
  const [, file] = /^Permissions \d+ for '(.+)' are too open/m.exec(words) ?? [];
  return file === undefined ? 'chmod 600 on the key file' : `chmod 600 ${word(file)}`;
}

/** One word for a shell. */
function word(text: string): string {
  const shown = display(text);
  return /^[\w./@:+=%,~-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

/** One word of an -o: blanks part them, and a percent sign begins a token. */
function settingWord(file: string): string {
  const escaped = file.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /[\s"'\\]/.test(file) ? `"${escaped}"` : escaped;
}
