/** Address ranges: the first address of a service range, which the `kubernetes` Service gets, and what lies inside. */
import { canonicalIp } from '../model/ip.ts';

export interface Range {
  /** Canonical: `10.96.0.0/12`, whatever bits were set behind the prefix. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const widths = { 4: 32, 6: 128 } as const;

/** `10.96.10.10/20` is taken as `10.96.0.0/20`, as Go's ParseCIDR masks it. */
export function parseRange(text: string): Range | undefined {
  const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text.trim()) ?? [];
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const prefix = Number(bits);
  const width = widths[parsed.family];
  if (prefix > width) return undefined;
  const free = BigInt(width - prefix);
  const base = (parsed.value >> free) << free;
  return {
    text: `${formatAddress({ ...parsed, value: base })}/${prefix}`,
    family: parsed.family,
    base,
    prefix,
  };
}

/**
 * The address of the `kubernetes` Service: the one after the base, and of the first range only.
 * https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/constants/constants.go (GetAPIServerVirtualIP)
 */
export function firstAddress(text: string): string | undefined {
  const range = parseRange(text);
  // A range of one address has no second one, and kubeadm refuses it.
  if (range === undefined || range.prefix === widths[range.family]) return undefined;
  return formatAddress({ family: range.family, value: range.base + 1n });
}

export function isInRange(range: Range, address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.family !== range.family) return false;
  const free = BigInt(widths[range.family] - range.prefix);
  return parsed.value >> free === range.base >> free;
}

function parseAddress(text: string): Address | undefined {
  const ip = canonicalIp(text);
  if (ip === undefined) return undefined;
  if (!ip.includes(':')) {
    return { family: 4, value: ip.split('.').reduce((value, part) => (value << 8n) + BigInt(part), 0n) };
  }
  const [head = '', tail] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return {
    family: 6,
    value: groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n),
  };
}

function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join('.');
  }
  const hex = value.toString(16).padStart(32, '0');
  const groups = hex.match(/.{4}/g) ?? [];
  return canonicalIp(groups.join(':')) ?? groups.join(':');
}
