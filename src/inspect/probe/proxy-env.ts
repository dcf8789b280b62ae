/**
 * Which proxy kubectl takes for an endpoint: the rules of Go's httpproxy, which every Go client follows; held to it by
 * test/oracle/proxy-env.test.ts. https://github.com/golang/net/blob/v0.49.0/http/httpproxy/proxy.go
 */
import { canonicalIp, ipKind } from '../../model/ip.ts';
import { idnToAscii } from '../../model/dns-name.ts';
import { addressBytes, isInPrefix, type Prefix, readPrefix } from './address-bytes.ts';
import { type ProxyAddress, readProxy, redactAddress } from './proxy-address.ts';

export interface ProxySettings {
  /** For https endpoints. Undefined where none is set, or the value is not understood, and then Go connects directly. */
  readonly proxy?: ProxyAddress;
  /** The variable that names it. */
  readonly variable?: string;
  readonly exceptions: readonly Exception[];
  readonly faults: readonly { readonly name: string; readonly fault: string }[];
}

type Exception =
  | { readonly kind: 'all' }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  | { readonly kind: 'address'; readonly address: string; readonly port: string }
  | { readonly kind: 'domain'; readonly suffix: string; readonly port: string; readonly isWhole: boolean };

type Variables = Readonly<Record<string, string | undefined>>;

/** HTTP_PROXY is for http endpoints and ALL_PROXY for curl: kubectl takes neither for the API, so they are only reported. */
export function readProxySettings(env: Variables): ProxySettings {
  const variable = firstSet(env, ['HTTPS_PROXY', 'https_proxy']);
  const exceptionVariable = firstSet(env, ['NO_PROXY', 'no_proxy']);
  const reading = variable === undefined ? undefined : readProxy(env[variable] ?? '');
  const { exceptions, faults } = readExceptions(
    exceptionVariable ?? 'NO_PROXY',
    env[exceptionVariable ?? ''] ?? '',
  );
  const others = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].flatMap((name) => {
    const value = env[name] ?? '';
    const other = value === '' ? undefined : readProxy(value);
    return other === undefined || other.ok ? [] : [{ name, fault: other.fault }];
  });
  return {
    ...(reading?.ok === true ? { proxy: reading.proxy } : {}),
    ...(variable === undefined ? {} : { variable }),
    exceptions,
    faults: [
      ...(variable === undefined || reading === undefined || reading.ok
        ? []
        : [{ name: variable, fault: reading.fault }]),
      ...differing(env, 'HTTPS_PROXY', 'https_proxy'),
      ...differing(env, 'NO_PROXY', 'no_proxy'),
      ...others,
      ...faults,
    ],
  };
}

function firstSet(env: Variables, names: readonly string[]): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}

/** Go takes the upper case, curl the lower: two truths on one machine. */
function differing(env: Variables, upper: string, lower: string): ProxySettings['faults'] {
  const [one = '', other = ''] = [env[upper], env[lower]];
  if (one === '' || other === '' || one === other) return [];
  return [{ name: lower, fault: `it differs from ${upper}, which Go programs take; others take this one` }];
}

const mostExceptions = 2000;

function readExceptions(
  name: string,
  text: string,
): { exceptions: readonly Exception[]; faults: ProxySettings['faults'] } {
  const exceptions: Exception[] = [];
  const faults: { name: string; fault: string }[] = [];
  for (const part of text.slice(0, 65_536).split(',').slice(0, mostExceptions)) {
    const entry = part.trim().toLowerCase();
    if (entry === '') continue;
    // What follows it is not even looked at.
    if (entry === '*') return { exceptions: [{ kind: 'all' }], faults };
    const exception = readException(entry);
    if (exception) exceptions.push(exception);
    const why = exception?.kind === 'domain' || !exception ? whyUseless(entry) : undefined;
    if (why !== undefined)
      faults.push({ name, fault: `"${redactAddress(entry).slice(0, 80)}" matches nothing: ${why}` });
  }
  return { exceptions, faults };
}

function readException(entry: string): Exception | undefined {
  const prefix = readPrefix(entry);
  if (prefix) return { kind: 'prefix', prefix };
  const [hostPart, port] = splitHostPort(entry) ?? [entry, ''];
  // No host has one, and what stands before it may be a password.
  if (hostPart === '' || hostPart.includes('@')) return undefined;
  const address = canonicalIp(hostPart);
  if (address !== undefined) return { kind: 'address', address, port };
  const bare = hostPart.startsWith('*.') ? hostPart.slice(1) : hostPart;
  const isWhole = !bare.startsWith('.');
  return { kind: 'domain', suffix: toAscii(isWhole ? `.${bare}` : bare), port, isWhole };
}

/** Such an entry never matches in a Go program, although curl or Python may understand it. */
function whyUseless(entry: string): string | undefined {
  if (/\s/.test(entry)) return 'entries are separated by commas, not by white space';
  if (entry.includes('@')) return 'an entry is a host alone';
  if (entry.includes('://')) return 'an entry has no scheme';
  if (/^\[[^\]]*\]$/.test(entry)) return 'an IPv6 address without a port has no brackets';
  if (entry.includes('/')) return 'it is no CIDR range';
  if (/^\*?[^*]*\*/.test(entry.replace(/^\*\./, '')))
    return 'a star stands alone or before a dot at the beginning';
  if (splitHostPort(entry)?.[0] === '') return 'no host is in it';
  return undefined;
}

function toAscii(name: string): string {
  if (!/[^\u0000-\u007f]/.test(name)) return name;
  const dot = name.startsWith('.') ? '.' : '';
  const idn = idnToAscii(name.slice(dot.length));
  return 'ascii' in idn ? `${dot}${idn.ascii}` : name;
}

/** Go's net.SplitHostPort; undefined where that has an error. */
function splitHostPort(text: string): readonly [string, string] | undefined {
  const colon = text.lastIndexOf(':');
  if (colon === -1) return undefined;
  const port = text.slice(colon + 1);
  if (!text.startsWith('[')) {
    const host = text.slice(0, colon);
    return /[:[\]]/.test(host) || /[[\]]/.test(port) ? undefined : [host, port];
  }
  const end = text.indexOf(']');
  if (end === -1 || end + 1 !== colon) return undefined;
  const host = text.slice(1, end);
  return host.includes('[') || /[[\]]/.test(port) ? undefined : [host, port];
}

/** The proxy that a Go client takes for https://host:port, or undefined when it connects directly. */
export function proxyFor(settings: ProxySettings, host: string, port: number): ProxyAddress | undefined {
  const { proxy, exceptions } = settings;
  if (!proxy || host === 'localhost') return undefined;
  // A zone is no part of an address here, and Go drops it as well.
  const address = canonicalIp(host.replace(/%.+$/, ''));
  if (address !== undefined && ipKind(address) === 'loopback') return undefined;
  const name = toAscii(host.trim().toLowerCase());
  const isExcepted = exceptions.some((exception) => {
    switch (exception.kind) {
      case 'all':
        return true;
      case 'prefix': {
        const bytes = address === undefined ? undefined : addressBytes(address);
        return bytes !== undefined && isInPrefix(bytes, exception.prefix);
      }
      case 'address':
        return exception.address === address && fits(exception.port, port);
      case 'domain':
        return (
          address === undefined &&
          (name.endsWith(exception.suffix) || (exception.isWhole && name === exception.suffix.slice(1))) &&
          fits(exception.port, port)
        );
    }
  });
  return isExcepted ? undefined : proxy;
}

function fits(wanted: string, port: number): boolean {
  return wanted === '' || wanted === String(port);
}

/**
 * The same with a kubeconfig's `proxy-url` in mind, which client-go takes for that cluster whatever NO_PROXY says:
 * https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/client_config.go
 */
export function chooseProxy(
  settings: ProxySettings,
  proxyUrl: string | undefined,
): (host: string, port: number) => ProxyAddress | undefined {
  const reading = proxyUrl === undefined || proxyUrl === '' ? undefined : readProxy(proxyUrl);
  // One that client-go refuses lets no connection out at all.
  if (reading) return () => (reading.ok ? reading.proxy : undefined);
  return (host, port) => proxyFor(settings, host, port);
}
