/** What ssh_config says about a host, in the terms of this transport, and what of it only the system's ssh can do. */
import os from 'node:os';
import path from 'node:path';
import { ReachError } from '../transport.ts';
import { type Hop, hopsOf, refuseHost } from './names.ts';
import type { RawSettings } from './settings-subset.ts';

export interface Settings {
  /** As it was asked for. */
  readonly host: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly family: 0 | 4 | 6;
  readonly identityFiles: readonly IdentityFile[];
  readonly identitiesOnly: boolean;
  /** The agent's socket. */
  readonly agent?: string;
  readonly jumps: readonly Hop[];
  /** New keys go into the first. */
  readonly userKnownHosts: readonly string[];
  readonly globalKnownHosts: readonly string[];
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts: boolean;
  /** Said to the user once. */
  readonly notes: readonly string[];
  /** Why ssh2 cannot do it. */
  readonly needs: readonly string[];
}

export interface IdentityFile {
  readonly path: string;
  /** One of those that ssh looks for by itself, so nothing is wrong when it is not there. */
  readonly isDefault: boolean;
}

/** Where we are: what `~`, `%u` and $SSH_AUTH_SOCK stand for. */
export interface Place {
  readonly home: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Who we are by the password database, as ssh sees it. */
export function localUser(): string {
  try {
    return os.userInfo().username;
  } catch {
    return '';
  }
}

const families: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 };

const defaultKeys = ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk', 'xmss', 'dsa'].map(
  (type) => `~/.ssh/id_${type}`,
);

export function settingsFrom(host: string, raw: RawSettings, place: Place): Settings {
  const all = (keyword: string): readonly string[] => (raw.values.get(keyword) ?? []).flat();
  const first = (keyword: string): string | undefined => all(keyword)[0];
  const isYes = (keyword: string): boolean => /^(?:yes|true)$/i.test(first(keyword) ?? '');
  const hostName = first('hostname') ?? host;
  const user = first('user') ?? place.localUser;
  const port = Number(first('port') ?? 22);
  refuseHost({ host: hostName, user, port }, 'config');
  const notes = [...raw.notes];
  const expand = (text: string): string | undefined =>
    expandPath(text, { ...place, host, hostName, user, port }, notes);
  const paths = (keyword: string, usual: readonly string[]): readonly string[] => {
    const given = raw.values.has(keyword) ? joinSplitPaths(all(keyword)) : usual;
    return given.filter((one) => one !== 'none').flatMap((one) => expand(one) ?? []);
  };
  const keys = raw.values.has('identityfile') ? [...new Set(all('identityfile'))] : defaultKeys;
  const agent = agentSocket(first('identityagent'), place, expand);
  const alias = first('hostkeyalias');
  const family = first('addressfamily');
  return {
    host,
    hostName,
    port,
    user,
    family: families[family ?? ''] ?? 0,
    identityFiles: keys
      .filter((one) => one !== 'none')
      .flatMap((one) => {
        const file = expand(one);
        return file === undefined ? [] : { path: file, isDefault: defaultKeys.includes(one) };
      }),
    identitiesOnly: isYes('identitiesonly'),
    ...(agent !== undefined && { agent }),
    jumps: hopsOf(first('proxyjump')),
    userKnownHosts: paths('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHosts: paths('globalknownhostsfile', [
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]),
    ...(alias !== undefined && { hostKeyAlias: alias }),
    hashKnownHosts: isYes('hashknownhosts'),
    notes,
    needs: needsOf(raw.values),
  };
}

/** Settings that change whom we trust or how we get there, and that this transport has no way to obey. */
function needsOf(values: RawSettings['values']): readonly string[] {
  const isSet = (keyword: string, ...unset: readonly string[]): boolean => {
    const value = values.get(keyword)?.[0]?.join(' ') ?? 'none';
    return !['none', '', ...unset].includes(value.toLowerCase());
  };
  return [
    ...(isSet('proxycommand') && !isSet('proxyjump') ? ['a ProxyCommand'] : []),
    ...(isSet('certificatefile') ? ['a user certificate (CertificateFile)'] : []),
    ...(isSet('pkcs11provider') ? ['a PKCS#11 token'] : []),
    ...(isSet('knownhostscommand') ? ['a KnownHostsCommand'] : []),
    ...(isSet('revokedhostkeys') ? ['a list of revoked host keys (RevokedHostKeys)'] : []),
    ...(isSet('bindaddress') || isSet('bindinterface') ? ['an address to bind to'] : []),
    ...(isSet('pubkeyauthentication', 'yes', 'true', 'unbound', 'host-bound')
      ? ['a way to log in without a key (PubkeyAuthentication no)']
      : []),
  ];
}

export function needsOpenssh(whom: string, reason: string): ReachError {
  return new ReachError({
    code: 'needs-openssh',
    message: `${whom} needs ${reason}, which the built-in SSH client cannot do`,
    hint: 'use the system ssh: --transport openssh',
    retryable: false,
  });
}

/** `ssh -G` prints paths with spaces in them as they are, so a word that starts no path belongs to the one before. */
function joinSplitPaths(words: readonly string[]): readonly string[] {
  const paths: string[] = [];
  for (const word of words) {
    if (paths.length === 0 || /^(?:[/~%$]|none$)/.test(word)) paths.push(word);
    else paths.push(`${paths.pop() ?? ''} ${word}`);
  }
  return paths;
}

function agentSocket(
  setting: string | undefined,
  { env }: Place,
  expand: (text: string) => string | undefined,
): string | undefined {
  if (setting === 'none') return undefined;
  const usual = env['SSH_AUTH_SOCK'] === '' ? undefined : env['SSH_AUTH_SOCK'];
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return usual;
  const [, name] = /^\$([A-Za-z_]\w*)$/.exec(setting) ?? [];
  return name === undefined ? expand(setting) : env[name];
}

type Tokens = Place & Pick<Settings, 'host' | 'hostName' | 'user' | 'port'>;

/** https://man.openbsd.org/ssh_config.5#TOKENS; a path with one that is not known here is left out, and that is said. */
function expandPath(text: string, of: Tokens, notes: string[]): string | undefined {
  const hostname = os.hostname();
  const tokens: Readonly<Record<string, string>> = {
    '%%': '%',
    '%d': of.home,
    '%h': of.hostName,
    '%i': String(process.getuid?.() ?? ''),
    '%l': hostname,
    '%L': hostname.replace(/\..*/s, ''),
    '%n': of.host,
    '%p': String(of.port),
    '%r': of.user,
    '%u': of.localUser,
  };
  let isKnown = true;
  const expanded = text
    .replace(/^~(?=\/|$)/, () => of.home)
    .replaceAll(/%.?|\$\{(\w+)\}/g, (token, name?: string) => {
      const value = name === undefined ? tokens[token] : of.env[name];
      if (value === undefined) isKnown = false;
      return value ?? '';
    });
  if (isKnown && !expanded.startsWith('~')) return path.resolve(expanded);
  notes.push(`${text} is left out: only ssh knows what it stands for`);
  return undefined;
}
