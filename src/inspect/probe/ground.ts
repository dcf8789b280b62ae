/** Which addresses may be dialled, by how they became known: what a cluster says must not make us knock on our own machine's doors. */
import { canonicalIp, type IpKind, ipKind } from '../../model/ip.ts';

/**
 * `named`: by the user, on the command line. `given`: in a file that the user gave, or an inventory. `told`: by the cluster
 * or another machine.
 */
export type Ground = 'named' | 'given' | 'told';

const never: ReadonlySet<IpKind> = new Set(['multicast', 'broadcast']);
const onlyNamed: ReadonlySet<IpKind> = new Set(['metadata', 'link-local', 'unspecified']);

const words: Readonly<Record<IpKind, string>> = {
  unspecified: 'the unspecified address',
  loopback: 'a loopback address, which means this machine',
  'link-local': 'a link-local address',
  metadata: 'a cloud metadata address',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  private: 'a private address',
  public: 'a public address',
};

/** What stands against dialling this host from here, or undefined. A name is asked again with what it resolves to. */
export function refusedGround(host: string, ground: Ground): string | undefined {
  const address = canonicalIp(host.replace(/%.*$/, ''));
  if (address === undefined) {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (ground !== 'named' && name === 'metadata.google.internal') return words.metadata;
    if (ground === 'told' && (name === 'localhost' || name.endsWith('.localhost'))) return words.loopback;
    return undefined;
  }
  const kind = ipKind(address);
  if (never.has(kind)) return words[kind];
  if (ground !== 'named' && onlyNamed.has(kind)) return words[kind];
  return ground === 'told' && kind === 'loopback' ? words.loopback : undefined;
}

/** Whether a text is one host: an address or a name and nothing else, so that it can stand in a request line. */
export function isHost(host: string): boolean {
  if (host.length > 253) return false;
  return (
    canonicalIp(host.replace(/%[\w.-]{1,32}$/, '')) !== undefined ||
    /^[a-z0-9_](?:[\w.-]*[a-z0-9_.])?$/i.test(host)
  );
}

/** `[fd00::1]:6443` */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
