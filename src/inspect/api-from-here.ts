/** Asks the API from here with a kubeconfig: always verified, also where the name that was dialled is missing from the certificate. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { ApiAnswer, ApiCredentials, ApiGet, Kubeconfig } from '../model/kubeconfig.ts';
import { isApiserverName } from '../model/san.ts';

export interface ApiFromHere {
  /** A byte stream to the server, straight or through a proxy; whoever makes it knows the proxy settings. */
  readonly dial: (host: string, port: number, timeoutMs: number) => Promise<Duplex>;
  /** For one whole answer. */
  readonly timeoutMs: number;
  readonly largestAnswer?: number;
}

const usualLargest = 32 * 1024 * 1024;

export function openApi(kubeconfig: Kubeconfig, options: ApiFromHere): ApiGet {
  // Found out once: the name under which the certificate is verified.
  let name = kubeconfig.tlsServerName ?? kubeconfig.server.host;
  return async (path) => {
    const credentials = await kubeconfig.credentials();
    const deadline = AbortSignal.timeout(options.timeoutMs);
    let opened = await handshake(kubeconfig, name, credentials, options, deadline);
    if ('heldNames' in opened) {
      const other = otherName(opened.heldNames);
      if (other === undefined)
        throw new Error(`the certificate served holds neither ${name} nor a name of the kubernetes Service`);
      name = other;
      opened = await handshake(kubeconfig, name, credentials, options, deadline);
    }
    if ('heldNames' in opened)
      throw new Error(`two certificates are served, and one of them does not hold ${name}`);
    const { socket } = opened;
    try {
      return await ask(
        socket,
        kubeconfig,
        path,
        credentials,
        deadline,
        options.largestAnswer ?? usualLargest,
      );
    } finally {
      socket.destroy();
    }
  };
}

/**
 * A name that only an API server's certificate holds. Any name would do for the chain, but the cluster's CA also signs
 * kubelets' serving certificates, and none of those may get our token.
 */
function otherName(held: readonly string[]): string | undefined {
  return (
    held.find((one) => isApiserverName(one) && one.length > 'kubernetes'.length) ?? held.find(isApiserverName)
  );
}

type Opened = { readonly socket: TLSSocket } | { readonly heldNames: readonly string[] };

async function handshake(
  { server, ca }: Kubeconfig,
  name: string,
  { clientCertificate, clientKey }: ApiCredentials,
  { dial, timeoutMs }: ApiFromHere,
  deadline: AbortSignal,
): Promise<Opened> {
  const stream = await dial(server.host, server.port, timeoutMs);
  let heldNames: readonly string[] | undefined;
  const socket = connect({
    socket: stream,
    host: name,
    // An address is never sent as SNI: https://www.rfc-editor.org/rfc/rfc6066#section-3
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // Go is content with any certificate of the pool, also one in the middle of a chain.
    ...(ca.length === 0 ? {} : { ca: [...ca], allowPartialTrustChain: true }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key: clientKey }),
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // Node asks this only when the chain is good.
    checkServerIdentity: (_, certificate) => {
      const fault = checkServerIdentity(name, certificate);
      if (fault) heldNames = dnsNamesOf(certificate);
      return fault;
    },
  });
  try {
    await once(socket, 'secureConnect', { signal: deadline });
    return { socket };
  } catch (error) {
    socket.destroy();
    stream.destroy();
    if (heldNames !== undefined) return { heldNames };
    throw new Error(reasonOf(error, deadline), { cause: error });
  }
}

/** `DNS:kubernetes, DNS:"odd, name", IP Address:10.96.0.1` */
function dnsNamesOf({ subjectaltname = '' }: PeerCertificate): readonly string[] {
  return [...subjectaltname.matchAll(/(?:^|, )DNS:([A-Za-z0-9*._-]+)(?=,|$)/g)].map(([, name = '']) => name);
}

async function ask(
  socket: TLSSocket,
  { server }: Kubeconfig,
  path: string,
  { token, headers }: ApiCredentials,
  deadline: AbortSignal,
  largest: number,
): Promise<ApiAnswer> {
  const asked = request({
    createConnection: () => socket,
    path: `${server.path}${path}`,
    method: 'GET',
    signal: deadline,
    headers: {
      host: `${isIP(server.host) === 6 ? `[${server.host}]` : server.host}:${server.port}`,
      accept: 'application/json',
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...grouped(headers),
    },
  });
  try {
    asked.end();
    const [response] = (await once(asked, 'response', { signal: deadline })) as [IncomingMessage];
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of response) {
      pieces.push(piece as Buffer);
      size += (piece as Buffer).length;
      if (size > largest) throw new Error(`its answer is larger than ${largest} bytes`);
    }
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(pieces) };
  } catch (error) {
    throw new Error(reasonOf(error, deadline), { cause: error });
  } finally {
    // A late error has nobody to go to.
    asked.on('error', () => undefined);
    asked.destroy();
  }
}

/** Impersonate-Group may come more than once. */
function grouped(headers: ApiCredentials['headers']): Record<string, string[]> {
  const byName: Record<string, string[]> = {};
  for (const [name, value] of headers) (byName[name] ??= []).push(value);
  return byName;
}

function reasonOf(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'the API did not answer in time';
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return "the certificate served is not from the kubeconfig's CA";
    case 'CERT_HAS_EXPIRED':
      return 'the certificate served has expired';
    case 'ECONNRESET':
      return 'the connection was reset';
    default:
      return message.slice(0, 200);
  }
}
