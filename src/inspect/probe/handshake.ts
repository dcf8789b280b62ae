/**
 * A look at what an endpoint serves: a TLS handshake that accepts anything, because seeing the wrong certificate is its purpose, one
 * `GET /version` without credentials, and one `GET /readyz` where the certificate is of the cluster's CA. This file alone may leave a
 * certificate unverified; a test holds that.
 */
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Certificate } from '../../model/certificate.ts';
import type { Health, HttpAnswer, Probe } from '../../model/probe.ts';
import { leadsTo, readChain } from './chain.ts';
import { connectBy, type Road } from './connect.ts';
import { authority, type Ground, isHost, refusedGround } from './ground.ts';
import { healthAnswer, hide, receive, wholeAnswer } from './http-answer.ts';
import { faultFrom, ProbeError, type ProbeFault } from './probe-error.ts';
import { type Tap, tap } from './tap.ts';

export interface ProbeRequest extends Road {
  readonly host: string;
  readonly port: number;
  /** Sent as SNI; left out for an address: RFC 6066. */
  readonly serverName?: string;
  /** How host became known; `named` unless told. */
  readonly ground?: Ground;
  /** What the chain is compared with. */
  readonly ca?: readonly Certificate[];
  /** For all of it, from the resolver to the last byte. */
  readonly timeoutMs: number;
  /** `here`, or the name of the node that dials. */
  readonly from: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
}

/** A chain that OpenSSL takes has at most 100 KiB, an answer 80. */
const mostBytes = 256 * 1024;

/** Never rejects: what goes wrong is what was found. */
export async function probe(request: ProbeRequest): Promise<Probe> {
  const { host, port, serverName, proxy, from } = request;
  const at = `${request.now().toISOString().slice(0, 19)}Z`;
  const began = performance.now();
  const result = await look(request);
  return {
    from,
    way: wayOf(request),
    ...(proxy === undefined ? {} : { proxy: authority(proxy.host, proxy.port) }),
    host,
    port,
    ...(sniOf(serverName) === undefined ? {} : { serverName: sniOf(serverName) as string }),
    at,
    milliseconds: Math.round(performance.now() - began),
    result,
  };
}

export function wayOf({ dial, proxy }: Road): Probe['way'] {
  if (dial !== undefined) return 'ssh';
  return proxy === undefined ? 'direct' : 'proxy';
}

function sniOf(serverName: string | undefined): string | undefined {
  return serverName !== undefined && isIP(serverName) === 0 && isHost(serverName) ? serverName : undefined;
}

async function look(request: ProbeRequest): Promise<Probe['result']> {
  const { host, port, ground = 'named', ca, timeoutMs } = request;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.max(1, timeoutMs));
  const onAbort = (): void => late.abort();
  if (request.signal?.aborted === true) late.abort();
  if (request.signal) setMaxListeners(0, request.signal); // Many at once listen, which Node would call a leak.
  request.signal?.addEventListener('abort', onAbort, { once: true });
  let wire: Tap | undefined;
  try {
    mustBeAllowed(request, ground);
    const raw = await connectBy(request, { host, port, ground }, timeoutMs, late.signal);
    wire = tap(raw, mostBytes);
    const socket = await shakeHands(wire, request, late.signal);
    const { chain, fault } = readChain(servedBy(socket));
    if (chain.length === 0) throw new ProbeError('failed', fault ?? 'no certificate was served');
    const isTrusted = ca === undefined || ca.length === 0 ? undefined : leadsTo(chain, ca);
    // By address alone: the same one is dialled once more for each name.
    const asksHealth = isTrusted === true && sniOf(request.serverName) === undefined;
    return {
      state: 'served',
      chain,
      ...(isTrusted === undefined ? {} : { isTrusted }),
      ...(fault === undefined ? {} : { chainFault: fault }),
      protocol: socket.getProtocol() ?? 'unknown',
      ...(await ask(socket, wire, { ...request, asksHealth }, late.signal)),
    };
  } catch (error) {
    const fault = faultFrom(error);
    return { state: 'failed', ...fault, detail: hide(fault.detail, secretsOf(request)) };
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
    wire?.destroy();
  }
}

/** A proxy was given a password, and may repeat it wherever we listen. */
function secretsOf({ proxy }: Road): readonly string[] {
  return proxy?.secrets() ?? [];
}

/** The proxy and the node dial for us, so what counts then is not what this machine would reach. */
function mustBeAllowed({ host, port, dial }: ProbeRequest, ground: Ground): void {
  if (!isHost(host)) throw new ProbeError('failed', 'not dialled: it is no address and no name');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new ProbeError('failed', 'not dialled: its port is none');
  const against = dial === undefined ? refusedGround(host, ground) : undefined;
  if (against !== undefined) throw new ProbeError('failed', `not dialled: it is ${against}`);
}

function shakeHands(
  wire: Tap,
  { serverName }: Pick<ProbeRequest, 'serverName'>,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const sni = sniOf(serverName);
    const socket = connectTls({
      socket: wire.stream,
      ...(sni === undefined ? {} : { servername: sni }),
      // What an old or a bad server serves is to be seen as well; nothing secret is ever sent.
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
      // Without roots of its own: reading them takes longer than the handshake, and they could lengthen the chain.
      ca: [],
      ALPNProtocols: ['http/1.1'],
    });
    const fail = (fault: ProbeFault): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(new ProbeError(fault.trouble, fault.detail));
    };
    const onAbort = (): void =>
      fail({
        trouble: 'timeout',
        detail:
          wire.bytes() === 0
            ? 'connected, and then no answer to the TLS handshake'
            : 'the TLS handshake began and did not end in time',
      });
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
    // Stays, because a socket may complain at any later time.
    socket.on('error', (error) => fail(faultOfTls(error, wire)));
    socket.once('close', () => fail(faultOfEnd(wire)));
    void wire.plain.then((line) =>
      fail({
        trouble: 'not-tls',
        detail: line === '' ? 'what answers there is not TLS' : `what answers there is not TLS: ${line}`,
      }),
    );
  });
}

/** OpenSSL's words for an alert: `…:SSL routines:ssl3_read_bytes:tlsv1 unrecognized name:…:SSL alert number 112` */
function faultOfTls(error: NodeJS.ErrnoException & { reason?: string }, wire: Tap): ProbeFault {
  const reason = error.reason ?? /SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] ?? error.message;
  const [, alert] = /SSL alert number (\d+)/.exec(error.message) ?? [];
  if (alert !== undefined) return { trouble: 'alert', detail: `${reason.slice(0, 100)} (alert ${alert})` };
  if (error.code === 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE')
    return { trouble: 'too-large', detail: 'it serves more than any TLS client accepts' };
  if (error.code?.startsWith('ERR_SSL_') === true) return { trouble: 'failed', detail: reason.slice(0, 200) };
  return faultOfEnd(wire);
}

function faultOfEnd(wire: Tap): ProbeFault {
  const ending = wire.ending();
  if (ending === 'too-large') return { trouble: 'too-large', detail: 'it sends without end' };
  if (ending instanceof Error) return faultFrom(ending);
  return { trouble: 'closed', detail: 'closed during the TLS handshake' };
}

/** In the order of the wire. Asked once only, because Node takes the chain out of the session with it. */
function servedBy(socket: TLSSocket): readonly Uint8Array[] {
  const ders: Uint8Array[] = [];
  for (let here = socket.getPeerX509Certificate(); here && ders.length < 100; here = here.issuerCertificate) {
    ders.push(here.raw);
  }
  return ders;
}

/** No credentials, no redirect: an API server answers this to anybody, or says 401 or 403 in words of its own. */
async function ask(
  socket: TLSSocket,
  wire: Tap,
  request: ProbeRequest & { readonly asksHealth: boolean },
  signal: AbortSignal,
): Promise<{ answer: HttpAnswer; health?: Health } | { noAnswer: Pick<ProbeFault, 'trouble' | 'detail'> }> {
  const { asksHealth } = request;
  const secrets = secretsOf(request);
  socket.write(requestFor(request, '/version', !asksHealth));
  try {
    const answer = await receive(socket, signal, wholeAnswer(secrets));
    // Where the connection is gone already, nobody would say so again.
    const isOver = socket.destroyed || socket.readableEnded;
    if (!asksHealth || answer.isKubernetes !== true || isOver) return { answer };
    socket.write(requestFor(request, '/readyz', true));
    // A server that ends the connection after one answer has told enough.
    const health = await receive(socket, signal, healthAnswer()).catch(silence);
    return { answer, ...(health === undefined ? {} : { health }) };
  } catch (error) {
    const { trouble, detail } = faultOfAnswer(error as Error, wire);
    return { noAnswer: { trouble, detail: hide(detail, secrets) } };
  }
}

/** One that hangs is not well: with its etcd gone it takes four seconds to say so, and under load longer. */
function silence(error: unknown): Health | undefined {
  return error instanceof ProbeError && error.fault.trouble === 'timeout' ? { failing: [] } : undefined;
}

function requestFor(
  { host, port, serverName }: ProbeRequest,
  path: '/version' | '/readyz',
  isLast: boolean,
): string {
  const name = (sniOf(serverName) ?? host).replace(/%.*$/, '');
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${authority(name, port)}`,
    'User-Agent: fix-sans',
    'Accept: application/json, */*',
    ...(isLast ? ['Connection: close'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function faultOfAnswer(error: Error, wire: Tap): ProbeFault {
  const isClosed = error instanceof ProbeError && error.fault.trouble === 'closed';
  if (error instanceof ProbeError && !isClosed) return error.fault;
  if (!isClosed && (error as NodeJS.ErrnoException).code?.startsWith('ERR_SSL_') === true)
    return faultOfTls(error, wire);
  const fault = faultOfEnd(wire);
  return fault.trouble === 'closed' ? { ...fault, detail: 'closed before a whole answer came' } : fault;
}
