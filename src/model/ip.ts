/** IP addresses as text: one strict grammar, one canonical spelling, and what kind of address it is. */
import { isIPv4, isIPv6 } from 'node:net';

const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The one spelling of an address, or undefined when the text is no address. An IPv4-mapped IPv6 address is
 * spelled as IPv4, because Go holds the two for the same: https://pkg.go.dev/net#IP.Equal
 */
export function canonicalIp(text: string): string | undefined {
  // isIPv4 refuses leading zeros, which some programs read as octal: https://nvd.nist.gov/vuln/detail/CVE-2021-28918
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser compresses as RFC 5952 asks and never prints an embedded IPv4 address.
  const v6 = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [, high, low] = mapped.exec(v6) ?? [];
  if (high === undefined || low === undefined) return v6;
  const bytes = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bytes >>> shift) & 0xff).join('.');
}

/** The address in an iPAddress SAN: 4 or 16 bytes; any other length is no address. */
export function ipFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return canonicalIp((hex.match(/.{4}/g) ?? []).join(':'));
}

export type IpKind =
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'private'
  | 'public';

/** Cloud metadata services: nearly all clouds, ECS tasks, Alibaba, Oracle, AWS and Google over IPv6, Azure. */
const metadata: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  '168.63.129.16',
]);

/** What a canonical address is good for. */
export function ipKind(ip: string): IpKind {
  if (ip === '0.0.0.0' || ip === '::') return 'unspecified';
  // 240.0.0.0/4 was never given out and ends in the broadcast address.
  if (/^2[45]\d\./.test(ip)) return 'broadcast';
  if (metadata.has(ip)) return 'metadata';
  if (ip === '::1' || ip.startsWith('127.')) return 'loopback';
  if (/^169\.254\.|^fe[89ab][0-9a-f]:/.test(ip)) return 'link-local';
  if (/^(22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/.test(ip)) return 'multicast';
  if (
    /^10\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^f[cd][0-9a-f]{2}:/.test(
      ip,
    )
  ) {
    return 'private';
  }
  return 'public';
}
