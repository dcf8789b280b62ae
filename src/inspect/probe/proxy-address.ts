/** A proxy out of a variable or a kubeconfig: its address for everybody to see, its password for the proxy alone. */
import { isIPv6 } from 'node:net';
import { idnToAscii } from '../../model/dns-name.ts';

export interface ProxyAddress {
  readonly scheme: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** A function, so that no JSON and no log line can hold it: the value of Proxy-Authorization. */
  readonly authorization?: () => string;
  readonly credentials?: () => { readonly user: string; readonly password: string };
  /** What must not be shown when the proxy repeats it. */
  readonly secrets: () => readonly string[];
}

export type ProxyReading =
  | { readonly ok: true; readonly proxy: ProxyAddress }
  | { readonly ok: false; readonly fault: string };

const usualPorts = { http: 80, https: 443, socks5: 1080 } as const;

// Go splits at the last @ before the path: https://github.com/golang/go/blob/go1.26.0/src/net/url/url.go (parseAuthority)
const shape = /^(?:([^/?#]*)@)?(\[[^\]]*\]|[^/?#@:[\]]*)(?::(\d*))?([/?#].*)?$/;

/** `http://user:password@host:port`; without a scheme it is http, as Go and curl take it. The text is never repeated in a fault. */
export function readProxy(text: string): ProxyReading {
  if (text.length > 2048) return { ok: false, fault: 'it is longer than any address' };
  if (/[\u0000-\u0020\u007f\\]/.test(text))
    return { ok: false, fault: 'white space or a control character is in it' };
  const [start = '', schemeText = 'http'] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  const found = shape.exec(text.slice(start.length));
  if (!found) return { ok: false, fault: 'it is no address of a proxy' };
  const [, userinfo, hostText = '', portText = '', path = ''] = found;
  // What was meant for a host would be the beginning of the password.
  if (path.includes('@'))
    return { ok: false, fault: 'its user or password is not percent-encoded as it must be' };
  const scheme = schemeOf(schemeText.toLowerCase());
  if (scheme === undefined) return { ok: false, fault: 'its scheme is none of http, https and socks5' };
  const host = hostOf(hostText);
  if (host === undefined) return { ok: false, fault: 'no host is in it' };
  const port = portText === '' ? usualPorts[scheme] : Number(portText);
  if (port < 1 || port > 65_535) return { ok: false, fault: 'its port is none' };
  const credentials = userinfo === undefined ? undefined : credentialsOf(userinfo);
  if (userinfo !== undefined && credentials === undefined)
    return { ok: false, fault: 'its user or password is not percent-encoded as it must be' };
  return { ok: true, proxy: withSecrets({ scheme, host, port }, credentials) };
}

function schemeOf(text: string): ProxyAddress['scheme'] | undefined {
  if (text === 'http' || text === 'https' || text === 'socks5') return text;
  return text === 'socks5h' ? 'socks5' : undefined;
}

function hostOf(text: string): string | undefined {
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1).replace(/%25/, '%');
    return isIPv6(inner) ? inner : undefined;
  }
  if (/^[a-z0-9_](?:[\w.-]*[\w.])?$/i.test(text)) return text;
  const idn = /[^\u0000-\u007f]/.test(text) ? idnToAscii(text) : undefined;
  return idn && 'ascii' in idn ? idn.ascii : undefined;
}

function credentialsOf(userinfo: string): { user: string; password: string } | undefined {
  const split = userinfo.indexOf(':');
  try {
    const user = decodeURIComponent(split === -1 ? userinfo : userinfo.slice(0, split));
    return { user, password: split === -1 ? '' : decodeURIComponent(userinfo.slice(split + 1)) };
  } catch {
    return undefined;
  }
}

function withSecrets(
  address: Pick<ProxyAddress, 'scheme' | 'host' | 'port'>,
  credentials: { user: string; password: string } | undefined,
): ProxyAddress {
  if (credentials === undefined) return { ...address, secrets: () => [] };
  const { user, password } = credentials;
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    ...address,
    authorization: () => `Basic ${token}`,
    credentials: () => credentials,
    secrets: () => [token, token.replace(/=+$/, ''), password, encodeURIComponent(password)],
  };
}

/**
 * A variable's value as it may be shown. Of a proxy's address everything before the last @ is gone, well-formed or not; of a list the
 * same in each entry; elsewhere what stands in an address with a scheme.
 */
export function redact(name: string, value: string): string {
  const text = value.slice(0, 4096);
  const variable = name.toUpperCase();
  if (variable === 'NO_PROXY') return text.split(',').map(redactAddress).join(',');
  if (variable.endsWith('_PROXY')) return redactAddress(text);
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1***@');
}

export function redactAddress(text: string): string {
  // Another word before :// may be half of a password.
  const [, scheme = ''] = /^\s*((?:https?|socks[45]?[ah]?|ftp):\/\/)/i.exec(text) ?? [];
  const at = text.lastIndexOf('@');
  return at === -1 ? text : `${scheme}***${text.slice(at)}`;
}
