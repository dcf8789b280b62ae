/** The files and the user that flags name for SSH, looked at before anything is dialled: a typing mistake is one sentence, not a row per node. */
import { access, constants, stat } from 'node:fs/promises';
import { display } from '../model/display.ts';
import { UserError } from '../model/user-error.ts';
import type { ReachOptions } from './options.ts';
import { agentKeys } from './ssh2/agent.ts';
import { type ConfigLine, readConfigFiles } from './ssh2/config-files.ts';
import { type KeyFile, readKeyFile } from './ssh2/key-file.ts';

type Given = Pick<
  ReachOptions,
  | 'identityFiles'
  | 'knownHostsFiles'
  | 'sshConfigFile'
  | 'acceptNewHostKeys'
  | 'isInteractive'
  | 'transport'
  | 'env'
  | 'home'
>;

/** Rejects with a UserError for the first that cannot be meant. */
export async function refuseGivenFiles(given: Given): Promise<void> {
  await refuseConfig(given);
  for (const file of given.identityFiles) await refuseKey(file, await readKeyFile(file), given);
  await refuseKnownHosts(given);
}

async function refuseConfig({ sshConfigFile: file }: Given): Promise<void> {
  if (file === undefined || file === 'none') return;
  const why = await unreadable(file);
  if (why !== undefined)
    throw new UserError(
      `the SSH configuration ${display(file)} ${why}`,
      'name another one by --ssh-config FILE; none is for none, and without the flag ~/.ssh/config counts',
    );
}

async function refuseKey(file: string, key: KeyFile, given: Given): Promise<void> {
  const shown = display(file);
  switch (key.state) {
    case 'absent':
      throw new UserError(
        `the key file ${shown} does not exist`,
        'name a private key by --identity FILE; without the flag the agent and the keys of the ssh configuration count',
      );
    case 'fault':
      // What only the system's ssh can use is said for each host, and ssh itself judges the modes of its files.
      if (key.needsOpenssh === true || given.transport === 'openssh') return;
      throw new UserError(`the key file ${shown} ${key.fault}`, key.hint);
    case 'public': {
      if (await mayBeHeld(key.publicKey, given)) return;
      const isBeside = file.endsWith('.pub') && (await unreadable(file.slice(0, -4))) === undefined;
      throw new UserError(
        `${shown} is a public key, and no agent holds the private one`,
        isBeside
          ? `name the private key: --identity ${display(file.slice(0, -4))}`
          : 'name the private key by --identity FILE, or load it into an agent: ssh-add',
      );
    }
    case 'ready':
    case 'encrypted':
      return;
  }
}

/** A public key names one that an agent holds; which agent that is, ssh_config may say for each host anew. */
async function mayBeHeld(publicKey: Buffer, { env, home, sshConfigFile }: Given): Promise<boolean> {
  const { lines, doubts } = await readConfigFiles(sshConfigFile, home);
  if (doubts.length > 0 || namesAgent(lines)) return true;
  const socket = env['SSH_AUTH_SOCK'] ?? '';
  if (socket === '') return false;
  try {
    return (await agentKeys(socket)).some((one) => one.publicKey.equals(publicKey));
  } catch {
    return false;
  }
}

function namesAgent(lines: readonly ConfigLine[]): boolean {
  return lines.some(({ keyword, included = [] }) => keyword === 'identityagent' || included.some(namesAgent));
}

/** One that is absent is made where keys may be added, as ssh does. */
async function refuseKnownHosts({ knownHostsFiles, acceptNewHostKeys, isInteractive }: Given): Promise<void> {
  if (knownHostsFiles === undefined || acceptNewHostKeys || isInteractive) return;
  for (const file of knownHostsFiles) {
    const why = await unreadable(file);
    if (why === undefined) return;
    if (file === knownHostsFiles.at(-1))
      throw new UserError(
        `the known hosts file ${display(file)} ${why}`,
        'name one that knows the nodes, or add new keys to it by --accept-new-host-keys',
      );
  }
}

/** A pipe will do: a shell makes one of `<(…)`. */
async function unreadable(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).isDirectory()) return 'is a folder';
    await access(file, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'must not be read by this user';
  }
}
