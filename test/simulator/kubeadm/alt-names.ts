/** Which names kubeadm writes into an API server's certificate, and which it refuses. */
import { isIPv6 } from 'node:net';
import { canonicalIp } from '../../../src/model/ip.ts';
import type { Settings } from './settings.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const isSubdomain = new RegExp(`^${subdomain}$`);
const isWildcard = new RegExp(`^\\*\\.${subdomain}$`);

/** Why a text is no DNS name, in the words of the real one; undefined when it is one. */
export function subdomainFault(text: string): string | undefined {
  return faults(
    text,
    isSubdomain,
    `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
  );
}

/** Why a text cannot be in `certSANs`. */
export function certSanFault(text: string): string | undefined {
  const plain = subdomainFault(text);
  const wildcard = faults(
    text,
    isWildcard,
    `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${subdomain}')`,
  );
  if (plain === undefined || wildcard === undefined || sloppyIp(text) !== undefined) return undefined;
  return `altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards: ${plain}; ${wildcard}`;
}

/** Length and form are looked at, and told, each on its own. */
function faults(text: string, form: RegExp, sentence: string): string | undefined {
  const found = [
    ...(text.length > 253 ? ['must be no more than 253 characters'] : []),
    ...(form.test(text) ? [] : [sentence]),
  ];
  return found.length === 0 ? undefined : found.join('; ');
}

/**
 * An address as `ParseIPSloppy` reads it, zeros in front of a number being nothing: 010.0.0.1 is 10.0.0.1.
 * https://github.com/kubernetes/utils/blob/master/internal/third_party/forked/golang/net/ip.go
 */
export function sloppyIp(text: string): string | undefined {
  return canonicalIp(text.replaceAll(/(?<![0-9A-Fa-f])0+(?=[0-9A-Fa-f])/g, ''));
}

/** `lb.example.com:6443`, `[fd00::1]:6443`, `10.0.0.1`. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? { host: text, port: '' } : { host, port };
}

/** Why a text is no endpoint. */
export function endpointFault(text: string): string | undefined {
  const { host, port } = splitHostPort(text);
  if (port !== '' && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    return `hostport ${text}: port ${port} must be a valid number between 1 and 65535, inclusive`;
  }
  return sloppyIp(host) !== undefined || isSubdomain.test(host)
    ? undefined
    : `hostport ${text}: host '${host}' must be a valid IP address or a valid RFC-1123 DNS subdomain`;
}

interface Range {
  readonly text: string;
  readonly bytes: readonly number[];
  readonly bits: number;
  readonly prefix: number;
}

/** A range such as 10.96.0.0/12, its host bits cleared. */
export function parseRange(text: string): Range | undefined {
  const [address = '', length = '', more] = text.split('/');
  const ip = sloppyIp(address);
  if (ip === undefined || more !== undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = isIPv6(ip) ? 128 : 32;
  const prefix = Number(length);
  if (prefix > bits) return undefined;
  const bytes = ipBytes(ip).map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return byte & (0xff00 >> kept) & 0xff;
  });
  return { text: `${ipText(bytes)}/${prefix}`, bytes, bits, prefix };
}

/** The address of the `kubernetes` Service: the first of the first range, never one of a second family. */
export function serviceIp(ranges: string): string | undefined {
  const range = parseRange(ranges.split(',')[0] ?? '');
  if (range === undefined) return undefined;
  const last = range.bytes.length - 1;
  return ipText(range.bytes.map((byte, index) => (index === last ? byte + 1 : byte)));
}

function ipBytes(ip: string): readonly number[] {
  if (!isIPv6(ip)) return ip.split('.').map(Number);
  const [head = '', tail] = ip.split('::');
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function groups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

function ipText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const hex = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? [];
  return canonicalIp(hex.join(':')) ?? '';
}

export interface AltNames {
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/** https://github.com/kubernetes/kubernetes/blob/v1.34.4/cmd/kubeadm/app/util/pkiutil/pki_helpers.go (GetAPIServerAltNames) */
export function altNames(settings: Settings): AltNames {
  const { host } = splitHostPort(settings.controlPlaneEndpoint);
  const wanted = [...(host === '' ? [] : [host]), ...settings.certSans];
  const dnsNames = [
    settings.nodeName,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${settings.dnsDomain}`,
    ...wanted.filter((name) => sloppyIp(name) === undefined),
  ];
  const addresses = [
    serviceIp(settings.serviceSubnet),
    sloppyIp(settings.advertiseAddress),
    ...wanted.map(sloppyIp),
  ];
  return {
    // Sorted by bytes, while addresses stay in order: both lose what is there twice.
    dnsNames: [...new Set(dnsNames)].toSorted((one, other) => (one < other ? -1 : 1)),
    addresses: [...new Set(addresses.filter((address) => address !== undefined))],
  };
}
