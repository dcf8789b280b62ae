/** Which addresses may be dialled, by how they became known: what a cluster says must not make us knock on our own machine's doors. */
import { canonicalIp, type IpKind, ipKind } from '../../model/ip.ts';
import { addressBytes, isInPrefix, readPrefix } from './address-bytes.ts';

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

/**
 * Where a gateway finds the IPv4 address in an IPv6 one: NAT64 (https://www.rfc-editor.org/rfc/rfc6052#section-2.1,
 * https://www.rfc-editor.org/rfc/rfc8215), 6to4 (https://www.rfc-editor.org/rfc/rfc3056#section-2), and the
 * compatible form of old.
 */
const gateways = (
  [
    ['64:ff9b::/96', 12],
    ['64:ff9b:1::/48', 12],
    ['2002::/16', 2],
    ['::/96', 12],
  ] as const
).flatMap(([text, at]) => {
  const prefix = readPrefix(text);
  return prefix === undefined ? [] : [{ prefix, at }];
});

/** Of the address itself, and of the one that it leads to. */
function kindsOf(address: string): readonly IpKind[] {
  const kind = ipKind(address);
  const bytes = addressBytes(address);
  if (bytes === undefined || kind === 'loopback' || kind === 'unspecified') return [kind];
  const inside = gateways.filter(({ prefix }) => isInPrefix(bytes, prefix));
  return [kind, ...inside.map(({ at }) => ipKind(bytes.slice(at, at + 4).join('.')))];
}

/** What stands against dialling this host from here, or undefined. A name is asked again with what it resolves to. */
export function refusedGround(host: string, ground: Ground): string | undefined {
  const address = canonicalIp(host.replace(/%.*$/, ''));
  if (address === undefined) {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (ground !== 'named' && name === 'metadata.google.internal') return words.metadata;
    if (ground === 'told' && (name === 'localhost' || name.endsWith('.localhost'))) return words.loopback;
    return undefined;
  }
  const kinds = kindsOf(address);
  const isRefused = (kind: IpKind) =>
    never.has(kind) ||
    (ground !== 'named' && onlyNamed.has(kind)) ||
    (ground === 'told' && kind === 'loopback');
  const refused = kinds.find(isRefused);
  return refused === undefined ? undefined : words[refused];
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
