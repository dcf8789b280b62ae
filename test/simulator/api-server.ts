/** What a simulated node serves on its API port: health, version and one ConfigMap, by TLS with the pair on its disk. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConfigMap, ConfigMapStore } from './config-map.ts';
import { watchServingPair } from './serving-pair.ts';

export interface ApiServer {
  readonly port: number;
  /** PEM of the certificate that the next handshake gets. */
  served(): string;
  /** From now on it answers neither ready nor live, or it does again. */
  setHealthy(isHealthy: boolean): void;
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  readonly address: string;
  readonly port: number;
  /** `…/pki/apiserver`, without `.crt` and `.key`. */
  readonly pair: string;
  /** Whoever shows a certificate of this CA may read and write. */
  readonly ca: string;
  readonly version: string;
  readonly configMap: ConfigMapStore;
}

const configMapPath = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';

interface Answer {
  readonly status: number;
  readonly body: string | object;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  let isHealthy = true;
  const client = { ca: options.ca, requestCert: true, rejectUnauthorized: false };
  const pair = watchServingPair(options.pair, (taken) => server.setSecureContext({ ...client, ...taken }));
  const server = createServer({ ...client, ...pair.current }, (request, response) => {
    void answer(request, options, isHealthy).then((given) => send(response, given));
  });
  // A handshake that was given up is the client's affair.
  server.on('tlsClientError', () => {});
  try {
    server.listen(options.port, options.address);
    await once(server, 'listening');
  } catch (error) {
    pair.stop();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    served: () => pair.current.cert,
    setHealthy: (wanted) => {
      isHealthy = wanted;
    },
    stop: async () => {
      pair.stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  { version, configMap }: ApiServerOptions,
  isHealthy: boolean,
): Promise<Answer> {
  const [path = ''] = (request.url ?? '').split('?');
  if (path === '/readyz' || path === '/livez' || path === '/healthz') {
    return isHealthy ? { status: 200, body: 'ok' } : { status: 500, body: `${path.slice(1)} check failed\n` };
  }
  if (path === '/version') return { status: 200, body: versionOf(version) };
  if (path !== configMapPath) {
    return {
      status: 404,
      body: failure(404, 'NotFound', 'the server could not find the requested resource'),
    };
  }
  if (!(request.socket as TLSSocket).authorized) return { status: 403, body: forbidden(request.method) };
  if (request.method === 'GET') return { status: 200, body: configMap.read() };
  if (request.method !== 'PUT') {
    const message = 'the simulated server knows only GET and PUT here';
    return { status: 405, body: failure(405, 'MethodNotAllowed', message) };
  }
  return put(await textOf(request), configMap);
}

function put(text: string, store: ConfigMapStore): Answer {
  let sent: Partial<ConfigMap>;
  try {
    sent = JSON.parse(text) as Partial<ConfigMap>;
  } catch {
    return { status: 400, body: failure(400, 'BadRequest', 'the object provided is unrecognized') };
  }
  const written = store.write(sent.data ?? {}, sent.metadata?.resourceVersion);
  if (written !== undefined) return { status: 200, body: written };
  const message =
    'Operation cannot be fulfilled on configmaps "kubeadm-config": the object has been modified; please apply your changes to the latest version and try again';
  return { status: 409, body: failure(409, 'Conflict', message) };
}

function forbidden(method = 'GET'): object {
  const verb = method === 'PUT' ? 'update' : 'get';
  return failure(
    403,
    'Forbidden',
    `configmaps "kubeadm-config" is forbidden: User "system:anonymous" cannot ${verb} resource "configmaps" in API group "" in the namespace "kube-system"`,
  );
}

function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function versionOf(version: string): object {
  const [major, minor] = version.replace(/^v/, '').split('.');
  return { major, minor, gitVersion: `${version}+simulated`, platform: 'simulated/simulated' };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? body : `${JSON.stringify(body)}\n`);
}
