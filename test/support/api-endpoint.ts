/** An endpoint that behaves like an API server for who only looks at it: TLS with a certificate of the test's own, and /version. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import type { Minted } from './mint.ts';

export interface ApiEndpoint {
  readonly host: string;
  readonly port: number;
  /** The head of each request. */
  readonly requests: readonly string[];
  /** What was sent as SNI, `false` for none. */
  readonly serverNames: readonly (string | false)[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function httpAnswer(status: string, body: string, headers: readonly string[] = []): string {
  return [
    `HTTP/1.1 ${status}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n');
}

export const versionAnswer = httpAnswer(
  '200 OK',
  JSON.stringify({ major: '1', minor: '34', gitVersion: 'v1.34.4', platform: 'linux/amd64' }, undefined, 2),
  ['Content-Type: application/json', 'Audit-Id: 5d1f'],
);

interface Given extends TlsOptions {
  /** Leaf first. */
  readonly chain: readonly Minted[];
  /** A whole HTTP answer; an empty one ends the connection, undefined answers nothing. */
  readonly answer?: string | undefined;
  /** To /readyz, which is asked for on the same connection; without it the connection ends after one answer, and undefined answers nothing. */
  readonly health?: string | undefined;
  readonly listen?: string;
}

export async function startApiEndpoint(given: Given): Promise<ApiEndpoint> {
  const { chain, listen = '127.0.0.1', health, ...options } = given;
  const answer = 'answer' in given ? given.answer : versionAnswer;
  const takesMore = 'health' in given;
  const requests: string[] = [];
  const serverNames: (string | false)[] = [];
  const open = new Set<Socket>();
  const [leaf] = chain;
  const server = createServer(
    {
      ALPNProtocols: ['http/1.1'],
      ciphers: 'DEFAULT:@SECLEVEL=0',
      ...options,
      cert: chain.map(({ pem }) => pem).join(''),
      ...(leaf ? { key: leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) } : {}),
    },
    (socket) => {
      serverNames.push((socket as { servername?: string | false }).servername ?? false);
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        const request = bytes.toString('latin1');
        requests.push(request);
        if (answer === '') socket.end();
        else if (takesMore && request.startsWith('GET /readyz ')) {
          if (health !== undefined) socket.end(health);
        } else if (takesMore && answer !== undefined) socket.write(answer);
        else if (answer !== undefined) socket.end(answer);
      });
    },
  );
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, listen);
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
    requests,
    serverNames,
    close,
    [Symbol.asyncDispose]: close,
  };
}
