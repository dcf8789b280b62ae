/** The byte stream to an endpoint: straight, through an HTTP proxy's CONNECT, or as a node's sshd dials it. TLS begins after it. */
import type { Duplex } from 'node:stream';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { isIP } from 'node:net';
import type { ProbeTroubleCode } from '../../model/probe.ts';
import { probeTroubleText } from '../../model/probe-words.ts';
import { authority, type Ground } from './ground.ts';
import { type Head, readHead, receive, wholeAnswer } from './http-answer.ts';
import { faultFrom, ProbeError } from './probe-error.ts';
import type { ProxyAddress } from './proxy-address.ts';
import { connectTcp } from './race-addresses.ts';
import { connectSocks } from './socks.ts';

/** NodeReader.dial */
export type Dial = (host: string, port: number, timeoutMs: number) => Promise<Duplex>;

export interface Road {
  readonly dial?: Dial;
  readonly proxy?: ProxyAddress;
  /** PEM texts that a client here trusts besides Node's own roots: who may be an https:// proxy. */
  readonly proxyRoots?: readonly string[];
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly ground: Ground;
}

/** Rejects with ProbeError. The stream has a listener for errors, so that one that nobody waits for ends nothing else. */
export async function connectBy(
  { dial, proxy, proxyRoots = [] }: Road,
  { host, port, ground }: Destination,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  if (dial !== undefined) return connectByNode(dial, host, port, timeoutMs, signal);
  if (proxy === undefined) return quiet(await connectTcp(host, port, ground, signal));
  const stream = await reachProxy(proxy, proxyRoots, signal);
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return proxy.scheme === 'socks5'
      ? await connectSocks(stream, proxy, host, port, signal)
      : await tunnel(stream, proxy, host, port, signal);
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A stream without a listener for errors takes the whole program down with it. */
function quiet<S extends Duplex>(stream: S): S {
  stream.on('error', () => undefined);
  return stream;
}

async function connectByNode(
  dial: Dial,
  host: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const dialled = dial(host, port, timeoutMs);
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => {
      // It may still come, and nobody will want it.
      dialled.then(
        (stream) => quiet(stream).destroy(),
        () => undefined,
      );
      reject(new ProbeError('timeout', 'the node did not say in time whether it reaches it'));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    dialled.then(
      () => signal.removeEventListener('abort', giveUp),
      () => signal.removeEventListener('abort', giveUp),
    );
  });
  try {
    return quiet(await Promise.race([dialled, late]));
  } catch (error) {
    const { trouble, detail } = faultFrom(error);
    throw new ProbeError(trouble, detail);
  }
}

async function reachProxy(
  proxy: ProxyAddress,
  proxyRoots: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> {
  try {
    // The user's environment names it, whatever its address.
    const socket = quiet(await connectTcp(proxy.host, proxy.port, 'named', signal));
    return proxy.scheme === 'https' ? await secure(socket, proxy, proxyRoots, signal) : socket;
  } catch (error) {
    const label = authority(proxy.host, proxy.port);
    throw new ProbeError('proxy-unreachable', `proxy ${label}: ${probeTroubleText(faultFrom(error))}`);
  }
}

/** It is about to get a password, so it is verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
function secure(
  socket: Duplex,
  proxy: ProxyAddress,
  proxyRoots: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const tls = quiet(
      connectTls({
        socket,
        // For an address its certificate is compared with `host`; RFC 6066 allows no address as SNI.
        host: proxy.host,
        ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : {}),
        ca: [...rootCertificates, ...proxyRoots],
        rejectUnauthorized: true,
        ALPNProtocols: ['http/1.1'],
      }),
    );
    const fail = (trouble: ProbeTroubleCode, detail: string): void => {
      tls.destroy();
      socket.destroy();
      reject(new ProbeError(trouble, detail));
    };
    const onAbort = (): void => fail('timeout', 'no end of its TLS handshake');
    signal.addEventListener('abort', onAbort, { once: true });
    tls.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(tls);
    });
    tls.once('error', (error) =>
      fail('failed', `its TLS is not to be trusted: ${error.message.slice(0, 160)}`),
    );
  });
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
async function tunnel(
  stream: Duplex,
  proxy: ProxyAddress,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const target = authority(host, port);
  const authorization = proxy.authorization?.();
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    'User-Agent: fix-sans',
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  stream.write(`${lines.join('\r\n')}\r\n\r\n`);
  const label = `proxy ${authority(proxy.host, proxy.port)}`;
  const readRefusal = wholeAnswer(proxy.secrets());
  let head: Head | undefined;
  try {
    const answer = await receive(stream, signal, (bytes, isEnd) => {
      head ??= readHead(bytes);
      if (!head) return undefined;
      const isOpen = head.status >= 200 && head.status < 300;
      if (isOpen) return { isOpen, rest: bytes.subarray(head.length) } as const;
      const refusal = readRefusal(bytes, isEnd);
      return refusal && ({ isOpen, refusal } as const);
    });
    if (!answer.isOpen) {
      const { refusal } = answer;
      throw new ProbeError(
        'proxy-refused',
        `${label} answered ${refusal.status}: ${refusal.firstLine}`,
        refusal,
      );
    }
    if (answer.rest.length > 0) stream.unshift(answer.rest);
    return stream;
  } catch (error) {
    const { trouble, detail, answer } = faultFrom(error);
    if (trouble === 'proxy-refused') throw error;
    // A proxy that is still trying to reach the host itself.
    if (trouble === 'timeout') throw new ProbeError('timeout', `${label} did not answer CONNECT in time`);
    throw new ProbeError('proxy-refused', `${label}: ${detail}`, answer);
  }
}
