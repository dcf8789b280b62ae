/** What a simulated node serves on its API port: health, version and a few objects, by TLS with the pair on its disk. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { type ApiObject, isKnownResource, type ObjectStore } from './object-store.ts';
import { watchServingPair } from './serving-pair.ts';

export interface ApiServer {
  readonly port: number;
  /** PEM of the certificate that the next handshake gets. */
  served(): string;
  /** From now on it answers neither ready nor live, or it does again. */
  setHealthy(isHealthy: boolean): void;
  /** From now on it looks at its files no more, or it does again. */
  setFrozen(isFrozen: boolean): void;
  /** For a moment nobody listens, and all connections are gone. */
  restart(): Promise<void>;
  /** As one that ends at once, again and again, while it has such a certificate (PEM): whoever connects is cut off. */
  setCrashing(isCrashingWith: (served: string) => boolean): void;
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  readonly address: string;
  readonly port: number;
  /** `…/pki/apiserver`, without `.crt` and `.key`. */
  readonly pair: string;
  /** Whoever shows a certificate of this CA for a group of administrators may read and write. */
  readonly ca: string;
  readonly version: string;
  readonly objects: ObjectStore;
  /** What an admission plugin says against a new object; undefined lets it in. */
  readonly admit?: (path: string, text: string) => string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: string | object;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  let isHealthy = true;
  let isCrashingWith: ((served: string) => boolean) | undefined;
  const client = { ca: options.ca, requestCert: true, rejectUnauthorized: false };
  const pair = watchServingPair(options.pair, (taken) => server.setSecureContext({ ...client, ...taken }));
  const server = createServer({ ...client, ...pair.current }, (request, response) => {
    void answer(request, options, isHealthy)
      .catch((error: unknown) => refusal(400, 'BadRequest', String(error)))
      .then((given) => send(response, given));
  });
  server.on('connection', (socket: Socket) => {
    if (isCrashingWith?.(pair.current.cert) === true) socket.destroy();
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
  const { port } = server.address() as AddressInfo;
  const closeAll = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    port,
    served: () => pair.current.cert,
    setHealthy: (wanted) => {
      isHealthy = wanted;
    },
    setFrozen: (wanted) => pair.setFrozen(wanted),
    restart: async () => {
      await closeAll();
      pair.restart();
      server.listen(port, options.address);
      await once(server, 'listening');
    },
    setCrashing: (wanted) => {
      isCrashingWith = wanted;
    },
    stop: async () => {
      pair.stop();
      await closeAll();
    },
  };
}

async function answer(
  request: IncomingMessage,
  { version, objects, admit }: ApiServerOptions,
  isHealthy: boolean,
): Promise<Answer> {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'https://simulated');
  if (path === '/readyz' || path === '/livez' || path === '/healthz') {
    return isHealthy ? { status: 200, body: 'ok' } : { status: 500, body: `${path.slice(1)} check failed\n` };
  }
  if (path === '/version') return { status: 200, body: versionOf(version) };
  const user = userOf(request.socket as TLSSocket);
  const { method = 'GET' } = request;
  // https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/ (public cluster-info)
  const isPublic = method === 'GET' && path === '/api/v1/namespaces/kube-public/configmaps/cluster-info';
  if (!user.isAdmin && !isPublic) return refusal(403, 'Forbidden', forbidden(user.name, method, path));
  const found = objects.get(path, searchParams.get('labelSelector') ?? undefined);
  if (found === undefined) return missing(path);
  if (method === 'GET') return { status: 200, body: found };
  const isOfPods = partsOf(path).resource === 'pods';
  if (method === 'POST' && isOfPods && 'items' in found) {
    const text = await textOf(request);
    const against = admit?.(path, text);
    return against === undefined ? create(path, text, objects) : refusal(403, 'Forbidden', against);
  }
  if (method === 'DELETE' && isOfPods && 'metadata' in found && !('items' in found)) {
    await textOf(request);
    const removed = objects.remove(path);
    return removed === undefined ? missing(path) : { status: 200, body: removed };
  }
  if ('metadata' in found && !('items' in found)) {
    if (method === 'PUT') return put(path, await textOf(request), objects);
    if (method === 'PATCH' && request.headers['content-type'] === 'application/json-patch+json')
      return patch(path, await textOf(request), objects, found as ApiObject);
  }
  return refusal(
    405,
    'MethodNotAllowed',
    'the simulated server knows only GET, PUT and a JSON patch of one object, and POST and DELETE of pods',
  );
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
function userOf(socket: TLSSocket): { readonly name: string; readonly isAdmin: boolean } {
  if (!socket.authorized) return { name: 'system:anonymous', isAdmin: false };
  // A resumed session has no certificate.
  const { subject }: Partial<PeerCertificate> = socket.getPeerCertificate();
  const groups = new Set<unknown>([subject?.O].flat());
  const isAdmin = groups.has('kubeadm:cluster-admins') || groups.has('system:masters');
  return { name: String(subject?.CN), isAdmin };
}

function create(path: string, text: string, objects: ObjectStore): Answer {
  let sent: Partial<ApiObject>;
  try {
    sent = JSON.parse(text) as Partial<ApiObject>;
  } catch {
    return refusal(400, 'BadRequest', 'the object provided is unrecognized');
  }
  const written = objects.create(path, sent);
  if (written !== undefined) return { status: 201, body: written };
  const { resource } = partsOf(path);
  return refusal(409, 'AlreadyExists', `${resource} "${sent.metadata?.name}" already exists`);
}

function put(path: string, text: string, objects: ObjectStore): Answer {
  let sent: Partial<ApiObject>;
  try {
    sent = JSON.parse(text) as Partial<ApiObject>;
  } catch {
    return refusal(400, 'BadRequest', 'the object provided is unrecognized');
  }
  const written = objects.put(path, sent);
  if (written !== undefined) return { status: 200, body: written };
  const { resource, name } = partsOf(path);
  return refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
}

/** `test` and `replace` alone: https://www.rfc-editor.org/rfc/rfc6902. A test that fails changes nothing, and the real server says no more. */
function patch(path: string, text: string, objects: ObjectStore, found: ApiObject): Answer {
  const rejected = refusal(422, 'Invalid', 'the server rejected our request due to an error in our request');
  const wanted = structuredClone(found) as unknown as Record<string, unknown>;
  for (const { op, path: pointer, value } of JSON.parse(text) as readonly Operation[]) {
    const keys = pointer.split('/').slice(1);
    const last = keys.pop() ?? '';
    let place = wanted;
    for (const key of keys) place = (place[key] ?? {}) as Record<string, unknown>;
    if (!(last in place) || (op === 'test' && place[last] !== value)) return rejected;
    if (op === 'replace') place[last] = value;
    else if (op !== 'test') return rejected;
  }
  const written = objects.put(path, wanted);
  return written === undefined ? rejected : { status: 200, body: written };
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

function missing(path: string): Answer {
  const { resource, name, group, isKnown } = partsOf(path);
  return isKnown && name !== undefined
    ? refusal(404, 'NotFound', `${resource}${group === '' ? '' : `.${group}`} "${name}" not found`)
    : refusal(404, 'NotFound', 'the server could not find the requested resource');
}

function forbidden(user: string, method: string, path: string): string {
  const { resource, name, group, namespace } = partsOf(path);
  if (resource === undefined)
    return `forbidden: User "${user}" cannot ${method.toLowerCase()} path "${path}"`;
  const reading = name === undefined ? 'list' : 'get';
  const verb = method === 'PUT' ? 'update' : reading;
  const what = `${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` "${name}"`}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
}

function partsOf(path: string): {
  readonly group: string;
  readonly namespace: string | undefined;
  readonly resource: string | undefined;
  readonly name: string | undefined;
  readonly isKnown: boolean;
} {
  const [, group = '', namespace, resource, name] =
    /^\/(?:api|apis\/([a-z0-9.]+))\/v\d+(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  return { group, namespace, resource, name, isKnown: resource !== undefined && isKnownResource(resource) };
}

function refusal(code: number, reason: string, message: string): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body };
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
  const text = isText ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
