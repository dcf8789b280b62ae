/** The `server:` of a kubeconfig and `--endpoint`: where an API is, in one spelling. */
import { display } from '../model/display.ts';
import { dnsFault, idnToAscii } from '../model/dns-name.ts';
import { canonicalIp } from '../model/ip.ts';
import type { ApiAddress } from '../model/kubeconfig.ts';
import { UserError } from '../model/user-error.ts';
import { readPort } from './target.ts';

export type AddressReading =
  | { readonly ok: true; readonly address: ApiAddress; readonly notes: readonly string[] }
  | { readonly ok: false; readonly fault: string };

/** As much as browsers and proxies take. */
const longest = 2048;

export function readServer(text: string): AddressReading {
  // Of anybody's kubeconfig, and read by expressions that look back: a million slashes would cost their square.
  if (text.length > longest) return fault('is longer than any address');
  const [, scheme, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) return fault('has a scheme (https://) twice');
  const notes: string[] = [];
  if (scheme === undefined) notes.push(`server ${display(text, 80)} has no scheme; https is meant`);
  else if (scheme.toLowerCase() === 'http')
    return fault('is http://, where there is no certificate to look at');
  else if (scheme.toLowerCase() !== 'https') return fault(`has the scheme ${display(scheme, 20)}, not https`);
  const [, authority = '', after = ''] = /^([^/?#]*)(.*)$/s.exec(rest) ?? [];
  if (authority.includes('@')) return fault('holds a user or password, which belong into users:');
  if (/[?#]/.test(after)) return fault('holds a query or fragment');
  const path = after.replace(/\/+$/, '');
  if (!/^(?:\/[\w.~!$&'()*+,;=:@%-]+)*$/.test(path)) return fault('has a path with odd characters');
  const [, host, portText] = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(authority) ?? [];
  if (host === undefined) return fault('has an IPv6 address without brackets');
  const port = portText === undefined || portText === '' ? 443 : readPort(portText);
  if (port === undefined) return fault(`has the port ${display(portText ?? '', 20)}, which is none`);
  const named = readHost(host);
  return typeof named === 'string'
    ? fault(named)
    : { ok: true, address: { host: named.host, port, path }, notes: [...notes, ...named.notes] };
}

function readHost(text: string): { host: string; notes: readonly string[] } | string {
  if (text.startsWith('[')) {
    const ip = canonicalIp(text.slice(1, -1));
    return ip === undefined || !text.includes(':')
      ? 'has no IPv6 address in its brackets'
      : { host: ip, notes: [] };
  }
  const ip = canonicalIp(text);
  if (ip !== undefined) return { host: ip, notes: [] };
  if (text === '') return 'has no host';
  const notes: string[] = [];
  let name = text;
  if (/[^\u0000-\u007f]/.test(text)) {
    const idn = idnToAscii(text);
    if (!('ascii' in idn)) return 'has international letters that make no valid DNS name';
    name = idn.ascii;
    notes.push(`${display(text, 80)} is ${name} in DNS`);
  }
  name = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, '');
  const wrong = dnsFault(name);
  // Go dials names with underscores; only certificates cannot name them.
  if ((wrong !== undefined && wrong !== 'underscore') || name.includes('*'))
    return 'has a host that is neither an address nor a DNS name';
  return { host: name, notes };
}

function fault(text: string): AddressReading {
  return { ok: false, fault: text };
}

const endpointHint = 'an endpoint is HOST:PORT, as in api.example.com:6443 or [2001:db8::1]:6443';

/** Reads `--endpoint`: host and port, and a whole URL as well, since that is what people have at hand. */
export function parseEndpoint(text: string): ApiAddress {
  const refuse = (why: string, hint = endpointHint): UserError =>
    new UserError(`--endpoint ${display(text, 80)} ${why}`, hint);
  if (text.startsWith('-')) throw refuse('starts with a dash');
  const isUrl = text.includes('://');
  const reading = readServer(text);
  if (!reading.ok) throw refuse(reading.fault);
  if (!isUrl && !/:\d+$/.test(text)) {
    const { host } = reading.address;
    throw refuse(
      'has no port',
      `kube-apiserver usually has 6443: --endpoint ${host.includes(':') ? `[${host}]` : host}:6443`,
    );
  }
  return reading.address;
}
