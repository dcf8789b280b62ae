/** The bytes of an address, for what compares prefixes or speaks binary. */
import { isIPv4 } from 'node:net';
import { canonicalIp } from '../../model/ip.ts';

/** Four or sixteen; an IPv4-mapped address has four. Undefined for what is no address, also for one with a zone. */
export function addressBytes(text: string): readonly number[] | undefined {
  const address = canonicalIp(text);
  if (address === undefined) return undefined;
  if (isIPv4(address)) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

export interface Prefix {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** `10.0.0.0/8`, as Go's net.ParseCIDR takes it; a prefix of IPv4-mapped addresses is one of IPv4. */
export function readPrefix(text: string): Prefix | undefined {
  const [, addressText = '', bitsText = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const bytes = addressBytes(addressText);
  const bits = Number(bitsText);
  if (!bytes || (bitsText.length > 1 && bitsText.startsWith('0'))) return undefined;
  const isMapped = bytes.length === 4 && addressText.includes(':');
  if (bits > (isMapped ? 128 : bytes.length * 8)) return undefined;
  if (!isMapped) return { bytes, bits };
  // Too short to keep the ffff that makes it a mapped one.
  if (bits < 96) return { bytes: [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...bytes], bits };
  return { bytes, bits: bits - 96 };
}

export function isInPrefix(address: readonly number[], { bytes, bits }: Prefix): boolean {
  if (address.length !== bytes.length) return false;
  return address.every((byte, index) => {
    const relevant = Math.max(0, Math.min(8, bits - index * 8));
    const mask = (0xff << (8 - relevant)) & 0xff;
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}
