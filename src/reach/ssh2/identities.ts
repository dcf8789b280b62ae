/** The keys to log in with, in ssh's order: those that the agent holds first, then files; each can sign, none is shown. */
import ssh2, { type ParsedKey } from 'ssh2';
import { display } from '../../model/display.ts';
import { type AgentKey, agentKeys, signByAgent } from './agent.ts';
import type { Asking } from './asking.ts';
import { type KeyFile, readKeyFile } from './key-file.ts';
import { fingerprintOf } from './known-hosts.ts';
import { askPassphrase } from './passphrase.ts';
import type { IdentityFile, Settings } from './settings.ts';
import { signWith } from './sign.ts';

export interface Identity {
  readonly label: string;
  readonly publicKey: Buffer;
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

export interface Identities {
  readonly offered: readonly Identity[];
  /** Why keys were left out: told when the login fails. */
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly about: 'file' | 'agent';
  readonly text: string;
  readonly hint: string;
  readonly needsOpenssh: boolean;
}

/** sshd ends a connection at the sixth (MaxAuthTries), and from OpenSSH 9.8 on counts failures against our address. */
const mostKeys = 5;

/** By path, for one run. */
export interface KnownKeys {
  readonly files: Map<string, Promise<KeyFile>>;
  /** Decrypted ones, so that a passphrase is asked for once; a text is why there is none. */
  readonly unlocked: Map<string, Promise<ParsedKey | string>>;
}

export function noKnownKeys(): KnownKeys {
  return { files: new Map(), unlocked: new Map() };
}

export async function identitiesFor(
  { identityFiles, identitiesOnly, agent }: Pick<Settings, 'identityFiles' | 'identitiesOnly' | 'agent'>,
  asking: Asking,
  known: KnownKeys,
): Promise<Identities> {
  const faults: Fault[] = [];
  const held = await heldBy(agent, faults);
  const files = await Promise.all(
    identityFiles.map(async (file) => ({ ...file, key: await keyFileAt(file.path, known) })),
  );
  for (const file of files) faults.push(...faultsOf(file, asking.isPossible));
  // An encrypted key of the old format may only show which it is when it is decrypted.
  const inFiles = files.flatMap(({ key }) => ('publicKey' in key && key.publicKey ? [key.publicKey] : []));
  const inAgent = (publicKey: Buffer): AgentKey | undefined =>
    held.find((one) => one.publicKey.equals(publicKey));
  const named = inFiles.flatMap((publicKey) => inAgent(publicKey) ?? []);
  const unnamed = held.filter((one) => !named.includes(one));
  const others = identitiesOnly ? [] : unnamed;
  if (identitiesOnly && unnamed.length > 0) {
    faults.push({
      about: 'agent',
      text: `${unnamed.length} of the agent's keys are left out, since only named ones count (IdentitiesOnly)`,
      hint: 'name the key, or its .pub file, as IdentityFile',
      needsOpenssh: false,
    });
  }
  const own = await Promise.all(
    files
      .filter(({ key }) => !('publicKey' in key && key.publicKey && inAgent(key.publicKey)))
      .map(({ path, key }) => fromFile(path, key, asking, known)),
  );
  for (const one of own) {
    if (typeof one === 'string')
      faults.push({ about: 'file', text: one, hint: 'load it into an agent: ssh-add', needsOpenssh: false });
  }
  const all = [
    ...[...named, ...others].map((one) => fromAgent(agent ?? '', one)),
    ...own.filter((one) => one !== undefined && typeof one !== 'string'),
  ];
  const unique = all.filter(
    (one, at) => all.findIndex((other) => other.publicKey.equals(one.publicKey)) === at,
  );
  if (unique.length > mostKeys) {
    faults.push({
      about: 'agent',
      text: `only ${mostKeys} of ${unique.length} keys are tried`,
      hint: 'name the right one: IdentityFile and IdentitiesOnly yes in ssh_config',
      needsOpenssh: false,
    });
  }
  return { offered: unique.slice(0, mostKeys), faults };
}

/** What could not be read may be readable for the next node: files may have run out just now. */
async function keyFileAt(path: string, { files }: KnownKeys): Promise<KeyFile> {
  const reading = files.get(path) ?? readKeyFile(path);
  files.set(path, reading);
  const file = await reading;
  if (file.state === 'fault') files.delete(path);
  return file;
}

const deadSocket: Readonly<Record<string, string>> = {
  ENOENT: 'no socket is there',
  ECONNREFUSED: 'nobody listens',
};

function isUsable({ publicKey }: AgentKey): boolean {
  return !(ssh2.utils.parseKey(publicKey) instanceof Error);
}

async function heldBy(agent: string | undefined, faults: Fault[]): Promise<readonly AgentKey[]> {
  if (agent === undefined) return [];
  try {
    const keys = await agentKeys(agent);
    for (const { type } of keys.filter((key) => !isUsable(key))) {
      faults.push({
        about: 'agent',
        text: `the agent holds a key of type ${display(type)}`,
        hint: '--transport openssh can use it',
        needsOpenssh: true,
      });
    }
    if (keys.length === 0) {
      faults.push({ about: 'agent', text: 'the agent holds no key', hint: 'ssh-add', needsOpenssh: false });
    }
    return keys.filter(isUsable);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = deadSocket[code ?? ''] ?? message;
    faults.push({
      about: 'agent',
      text: `the agent at ${display(agent)} cannot be asked: ${why}`,
      hint: 'start one (eval "$(ssh-agent)"; ssh-add), or unset SSH_AUTH_SOCK',
      needsOpenssh: false,
    });
    return [];
  }
}

function faultsOf(
  { path, isDefault, key }: IdentityFile & { readonly key: KeyFile },
  canAsk: boolean,
): readonly Fault[] {
  const file = display(path);
  const fault = (text: string, hint: string, needsOpenssh = false): readonly Fault[] => [
    { about: 'file', text: `${file} ${text}`, hint, needsOpenssh },
  ];
  switch (key.state) {
    case 'absent':
      return isDefault ? [] : fault('does not exist', 'name a key file that exists');
    case 'fault':
      return fault(key.fault, key.hint, key.needsOpenssh);
    case 'encrypted':
      return canAsk
        ? []
        : fault('is encrypted, and there is no terminal to ask for its passphrase', `ssh-add ${file}`);
    case 'public':
    case 'ready':
      return [];
  }
}

function fromAgent(socket: string, { type, publicKey, comment }: AgentKey): Identity {
  return {
    label: `${display(comment === '' ? type : comment)} of the agent`,
    publicKey,
    sign: (data, hash) => signByAgent(socket, publicKey, data, hash),
  };
}

async function fromFile(
  path: string,
  file: KeyFile,
  asking: Asking,
  { unlocked }: KnownKeys,
): Promise<Identity | string | undefined> {
  const label = display(path);
  if (file.state === 'ready') {
    const { key, publicKey } = file;
    return {
      label,
      publicKey,
      sign: (data, hash) => new Promise((resolve) => resolve(signWith(key, data, hash))),
    };
  }
  if (file.state !== 'encrypted' || !asking.isPossible) return undefined;
  const unlock = (): Promise<ParsedKey | string> => {
    const before = unlocked.get(path);
    if (before) return before;
    const key = asking.alone((ask) => askPassphrase(file.text, label, ask));
    unlocked.set(path, key);
    return key;
  };
  // ssh too asks only once the host says that it wants this key, where the file shows which it is.
  let { publicKey } = file;
  if (publicKey === undefined) {
    const key = await unlock();
    if (typeof key === 'string') return key;
    publicKey = key.getPublicSSH();
  }
  return {
    label,
    publicKey,
    async sign(data, hash) {
      const key = await unlock();
      if (typeof key === 'string') throw new Error(key);
      return signWith(key, data, hash);
    },
  };
}

/** `~/.ssh/id_ed25519 (SHA256:…)`, for messages. */
export function describe({ label, publicKey }: Identity): string {
  return `${label} (${fingerprintOf(publicKey)})`;
}
