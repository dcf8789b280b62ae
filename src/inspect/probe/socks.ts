/** SOCKS5, which kubectl speaks too: https://www.rfc-editor.org/rfc/rfc1928. The proxy resolves the name. */
import type { Duplex } from 'node:stream';
import { addressBytes } from './address-bytes.ts';
import { authority } from './ground.ts';
import { receive } from './http-answer.ts';
import { faultFrom, ProbeError } from './probe-error.ts';
import type { ProxyAddress } from './proxy-address.ts';

const replies: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'it knows no CONNECT',
  8: 'it knows no such address',
};

const [ofIpv4, ofName, ofIpv6] = [1, 3, 4];
const addressLengths: ReadonlyMap<number, number> = new Map([
  [ofIpv4, 4],
  [ofIpv6, 16],
]);

function addressOf(host: string): readonly number[] {
  const bytes = addressBytes(host.replace(/%.*$/, ''));
  if (bytes) return [bytes.length === 4 ? ofIpv4 : ofIpv6, ...bytes];
  const name = Buffer.from(host, 'latin1');
  return [ofName, name.length, ...name];
}

export async function connectSocks(
  stream: Duplex,
  proxy: ProxyAddress,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const label = `proxy ${authority(proxy.host, proxy.port)}`;
  try {
    await greet(stream, proxy, signal);
    stream.write(Buffer.from([5, 1, 0, ...addressOf(host), port >> 8, port & 0xff]));
    await exchange(stream, signal, (bytes) => {
      const [version, code = 1, , kind, nameLength = 0] = bytes;
      if (bytes.length < 5) return undefined;
      if (version !== 5) throw new ProbeError('failed', 'it speaks no SOCKS5');
      if (code !== 0) throw new ProbeError('failed', replies[code] ?? `its answer was ${code}`);
      const addressLength = addressLengths.get(kind ?? 0) ?? nameLength + 1;
      return bytes.length >= 6 + addressLength ? 6 + addressLength : undefined;
    });
    return stream;
  } catch (error) {
    const { trouble, detail } = faultFrom(error);
    if (trouble === 'timeout') throw new ProbeError('timeout', `${label} did not answer in time`);
    throw new ProbeError('proxy-refused', `${label}: ${detail}`);
  }
}

/** Which ways to log in we know, and then the password: https://www.rfc-editor.org/rfc/rfc1929 */
async function greet(stream: Duplex, proxy: ProxyAddress, signal: AbortSignal): Promise<void> {
  const credentials = proxy.credentials?.();
  stream.write(Buffer.from(credentials ? [5, 2, 0, 2] : [5, 1, 0]));
  let way = 0;
  await exchange(stream, signal, (bytes) => {
    if (bytes.length < 2) return undefined;
    if (bytes[0] !== 5) throw new ProbeError('failed', 'it speaks no SOCKS5');
    way = bytes[1] ?? 255;
    return 2;
  });
  if (way === 0) return;
  if (way !== 2 || !credentials) throw new ProbeError('failed', 'it wants a login that was not given');
  const user = Buffer.from(credentials.user).subarray(0, 255);
  const password = Buffer.from(credentials.password).subarray(0, 255);
  stream.write(Buffer.from([1, user.length, ...user, password.length, ...password]));
  await exchange(stream, signal, (bytes) => {
    if (bytes.length < 2) return undefined;
    if (bytes[1] !== 0) throw new ProbeError('failed', 'it refused the login');
    return 2;
  });
}

/** Reads one message and gives back what follows it. `read`: its length, or undefined while it is not whole. */
async function exchange(
  stream: Duplex,
  signal: AbortSignal,
  read: (bytes: Buffer) => number | undefined,
): Promise<void> {
  const rest = await receive(stream, signal, (bytes) => {
    const length = read(bytes);
    return length === undefined ? undefined : bytes.subarray(length);
  });
  if (rest.length > 0) stream.unshift(rest);
}
