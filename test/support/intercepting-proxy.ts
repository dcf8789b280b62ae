/**
 * What stands between a user and the API server in some companies, on loopback and in pure Node: an HTTP proxy that takes CONNECT, or a
 * transparent one that takes TLS as it comes; it passes bytes on, or shows its own certificate and looks inside.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { keyPair, mint, type Minted } from './mint.ts';

export interface InterceptingProxyOptions {
  /** `transparent`: as routing or iptables would bring clients here, so that no CONNECT comes first; needs `upstream`. */
  readonly front?: 'connect' | 'transparent';
  /** What happens to a connection. `upstream-refuses`: TLS ends here and every request is answered by `refusal`. */
  readonly mode?: 'pass-through' | 'intercept' | 'upstream-refuses';
  /** What CONNECT is answered with, instead of a tunnel. */
  readonly connectAnswer?: string;
  /** `user:password`; without it 407. */
  readonly login?: string;
  /** Shown to clients; without it a certificate of its own, `CN=egress-proxy`, with no names. */
  readonly certificate?: Minted;
  /** Served before CONNECT: an https:// proxy. */
  readonly frontCertificate?: Minted;
  /** Where everything goes, whatever was asked for. */
  readonly upstream?: { readonly host: string; readonly port: number };
  /** A whole HTTP answer. */
  readonly refusal?: string;
  readonly listen?: string;
  /** When absent the system chooses one. */
  readonly port?: number;
}

export interface InterceptingProxy {
  readonly host: string;
  readonly port: number;
  /** What clients see where it intercepts. */
  readonly certificate: Minted;
  /** The head of each CONNECT, with what came in it. */
  readonly connects: readonly string[];
  /** What was read inside intercepted TLS. */
  readonly inside: readonly string[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const usualRefusal = [
  'HTTP/1.1 503 Service Unavailable',
  'Server: egress-proxy',
  'Content-Type: text/html',
  'Content-Length: 90',
  'Connection: close',
  '',
  '<html><head><title>503 upstream refused</title></head><body>connection refused</body></html>'.slice(0, 90),
].join('\r\n');

export function mintEgressProxy(): Minted {
  return mint({ subject: 'egress-proxy', key: keyPair('ec', 91) });
}

export async function startInterceptingProxy(
  options: InterceptingProxyOptions = {},
): Promise<InterceptingProxy> {
  const { front = 'connect', mode = 'intercept', listen = '127.0.0.1' } = options;
  const certificate = options.certificate ?? mintEgressProxy();
  const connects: string[] = [];
  const inside: string[] = [];
  const open = new Set<Socket>();

  function carryOn(client: Duplex, target: { host: string; port: number }): void {
    if (mode === 'pass-through') {
      join(client, track(connect(options.upstream ?? target)));
      return;
    }
    const shown = serveTls(client, certificate);
    if (mode === 'upstream-refuses') {
      shown.once('data', (bytes: Buffer) => {
        inside.push(bytes.toString('latin1'));
        shown.end(options.refusal ?? usualRefusal);
      });
      return;
    }
    shown.on('data', (bytes: Buffer) => inside.push(bytes.toString('latin1')));
    const { host, port } = options.upstream ?? target;
    const upstream = connectTls({ host, port, rejectUnauthorized: false, ca: [] });
    upstream.on('error', () => shown.destroy());
    join(shown, upstream);
  }

  function track(socket: Socket): Socket {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  }

  const server = createServer((socket) => {
    track(socket);
    const client = options.frontCertificate ? serveTls(socket, options.frontCertificate) : socket;
    if (front === 'transparent') {
      if (!options.upstream) throw new Error('a transparent proxy has to be told where everything goes');
      carryOn(client, options.upstream);
      return;
    }
    takeConnect(client, (head, target) => {
      connects.push(head);
      const wanted = options.login === undefined ? undefined : Buffer.from(options.login).toString('base64');
      if (wanted !== undefined && !head.includes(`\r\nProxy-Authorization: Basic ${wanted}\r\n`)) {
        client.end(
          'HTTP/1.1 407 Proxy Authentication Required\r\nServer: egress-proxy\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 12\r\n\r\nlog in first',
        );
        return;
      }
      if (options.connectAnswer !== undefined) {
        client.end(options.connectAnswer);
        return;
      }
      client.write('HTTP/1.1 200 Connection established\r\nVia: egress-proxy\r\n\r\n');
      carryOn(client, target);
    });
  });
  server.listen(options.port ?? 0, listen);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    host: listen,
    port: (server.address() as AddressInfo).port,
    certificate,
    connects,
    inside,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function serveTls(socket: Duplex, { pem, key }: Minted): TLSSocket {
  const tls = new TLSSocket(socket, {
    isServer: true,
    cert: pem,
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ALPNProtocols: ['http/1.1'],
  });
  tls.on('error', () => socket.destroy());
  return tls;
}

function takeConnect(
  client: Duplex,
  take: (head: string, target: { host: string; port: number }) => void,
): void {
  let text = '';
  const onData = (bytes: Buffer): void => {
    text += bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    client.off('data', onData);
    client.pause();
    const rest = text.slice(end + 4);
    if (rest !== '') client.unshift(Buffer.from(rest, 'latin1'));
    const [, v6, name, port] = /^CONNECT (?:\[([^\]]+)\]|([^:\s]+)):(\d+) HTTP\/1\.1\r\n/.exec(text) ?? [];
    if (port === undefined) {
      client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    take(text.slice(0, end + 4), { host: v6 ?? name ?? '', port: Number(port) });
  };
  client.on('data', onData);
}

function join(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  one.on('close', () => other.destroy());
  other.on('close', () => one.destroy());
}
