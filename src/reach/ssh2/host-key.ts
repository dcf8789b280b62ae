/** Whether the key that a host shows is the one it is known by: decided before anything of ours is sent to it. */
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { display } from '../../model/display.ts';
import { fingerprintCommand } from '../host-key-file.ts';
import { ReachError } from '../transport.ts';
import { fingerprintOf, type HostKeyLine, hostPort, type KnownHosts, keyTypeOf } from './known-hosts.ts';
import { needsOpenssh, type Settings } from './settings.ts';

type Verdict =
  | { readonly state: 'known' }
  | { readonly state: 'revoked'; readonly by: HostKeyLine }
  | { readonly state: 'changed'; readonly known: readonly HostKeyLine[] }
  | { readonly state: 'certificates-only' }
  | { readonly state: 'unknown' };

/** What ssh2 can check, best first. */
const algorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

function typeOfAlgorithm(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/** What the host is called in known_hosts. An alias takes the port's place too, as in ssh. */
export function knownAs({
  hostName,
  port,
  hostKeyAlias,
}: Pick<Settings, 'hostName' | 'port' | 'hostKeyAlias'>): string {
  return hostKeyAlias ?? hostPort(hostName, port);
}

function isPlain({ marker }: HostKeyLine): boolean {
  return marker === undefined;
}

interface Lines {
  readonly plain: readonly HostKeyLine[];
  /** Of the host at the usual port: ssh believes these as well, where they are right. */
  readonly usualPort: readonly HostKeyLine[];
  readonly revoked: readonly HostKeyLine[];
  readonly authorities: readonly HostKeyLine[];
}

function linesOf(known: KnownHosts, settings: Settings): Lines {
  const own = known.find(knownAs(settings));
  const hasOtherName = settings.hostKeyAlias === undefined && settings.port !== 22;
  const usual = hasOtherName ? known.find(settings.hostName) : [];
  return {
    plain: own.filter(isPlain),
    usualPort: usual.filter(isPlain),
    revoked: [...own, ...usual].filter(({ marker }) => marker === 'revoked'),
    authorities: own.filter(({ marker }) => marker === 'cert-authority'),
  };
}

export function judgeKey(known: KnownHosts, settings: Settings, key: Buffer): Verdict {
  const { plain, usualPort, revoked, authorities } = linesOf(known, settings);
  const isSame = (line: HostKeyLine): boolean => line.key.equals(key);
  const by = revoked.find(isSame);
  if (by) return { state: 'revoked', by };
  if (plain.some(isSame)) return { state: 'known' };
  if (plain.length > 0) return { state: 'changed', known: plain };
  if (usualPort.some(isSame)) return { state: 'known' };
  return { state: authorities.length > 0 ? 'certificates-only' : 'unknown' };
}

/**
 * Known types first, so that a right host is not taken for a wrong one because it has several keys. The others stay on the
 * list: a host that has only other keys now has changed, and both fingerprints are wanted for saying so.
 */
export function algorithmsFor(
  known: KnownHosts,
  settings: Settings,
): { readonly algorithms: ServerHostKeyAlgorithm[]; readonly needs?: ReachError } {
  const { plain, usualPort, authorities } = linesOf(known, settings);
  const types = new Set((plain.length > 0 ? plain : usualPort).map(({ type }) => type));
  const first = algorithms.filter((one) => types.has(typeOfAlgorithm(one)));
  const ordered = [...first, ...algorithms.filter((one) => !first.includes(one))];
  const who = display(knownAs(settings));
  if (plain.length > 0 && first.length === 0) {
    const reason = `a host key of type ${display([...types].join(', '))}`;
    return { algorithms: ordered, needs: needsOpenssh(who, reason) };
  }
  if (types.size === 0 && authorities.length > 0) {
    const { file, line } = authorities[0] as HostKeyLine;
    const reason = `a host certificate (@cert-authority in ${display(file)} line ${line})`;
    return { algorithms: ordered, needs: needsOpenssh(who, reason) };
  }
  return { algorithms: ordered };
}

/** The trouble behind a key that is not known; undefined for one that is. */
export function hostKeyTrouble(
  verdict: Verdict,
  settings: Settings,
  key: Buffer,
  isThroughBastion: boolean,
): ReachError | undefined {
  const name = knownAs(settings);
  const who = display(name);
  const type = keyTypeOf(key) ?? 'unknown';
  const shown = `${display(type)} ${fingerprintOf(key)}`;
  switch (verdict.state) {
    case 'known':
      return undefined;
    case 'revoked':
      return new ReachError({
        code: 'host-key-revoked',
        message: `${who} shows a revoked key: ${shown} is marked @revoked in ${at(verdict.by)}`,
        hint: 'somebody may have stolen this key; give the host a new one, and ask who revoked the old one',
        retryable: false,
      });
    case 'changed': {
      const known = verdict.known.map((one) => `${display(one.type)} ${fingerprintOf(one.key)} (${at(one)})`);
      return new ReachError({
        code: 'host-key-changed',
        message: `${who} is not the host it was: it shows ${shown}, but is known by ${known.slice(0, 4).join(', ')}`,
        hint: `somebody may be in between; only if you know that the host got a new key: ssh-keygen -R '${who}' -f ${display(verdict.known[0]?.file ?? '')}`,
        retryable: false,
      });
    }
    case 'certificates-only':
      return needsOpenssh(who, 'a host certificate (@cert-authority)');
    case 'unknown': {
      const file = display(settings.userKnownHosts[0] ?? '~/.ssh/known_hosts');
      const canScan = !isThroughBastion && settings.hostKeyAlias === undefined;
      const scan = `ssh-keyscan -t ${type.replace(/^ssh-|^ecdsa-sha2-.*/g, (head) => (head === 'ssh-' ? '' : 'ecdsa'))} -p ${settings.port} ${display(settings.hostName)} >>${file}`;
      const add = canScan ? scan : `log in once with ssh ${display(settings.host)}`;
      return new ReachError({
        code: 'host-key-unknown',
        message: `${who} is not in ${file}; it shows ${shown}`,
        hint: `compare this with ${fingerprintCommand(type)} on the host, then: ${add}; or trust every new host: --accept-new-host-keys`,
        retryable: false,
      });
    }
  }
}

function at({ file, line }: HostKeyLine): string {
  return `${display(file)} line ${line}`;
}
