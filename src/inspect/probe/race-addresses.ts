/**
 * Opens a TCP connection to a host by whichever of its addresses answers first. Node's own autoSelectFamily gives up on an address
 * after 250 ms, which a link with some delay needs: https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { ProbeTroubleCode } from '../../model/probe.ts';
import { faultFrom, ProbeError } from './probe-error.ts';
import { type Ground, refusedGround } from './ground.ts';

/** https://www.rfc-editor.org/rfc/rfc8305#section-5 */
const headStartMs = 250;
const mostAddresses = 8;

/** `ground`: how the host became known, which decides to which addresses its name may lead. */
export async function connectTcp(
  host: string,
  port: number,
  ground: Ground,
  signal: AbortSignal,
): Promise<Socket> {
  const found = isIP(host) === 0 ? await resolve(host, signal) : [host];
  const addresses = [...new Set(found)].filter((address) => refusedGround(address, ground) === undefined);
  if (addresses.length === 0) {
    const [first = ''] = found;
    throw new ProbeError(
      'failed',
      `not dialled: ${first} is ${refusedGround(first, ground) ?? 'no address'}`,
    );
  }
  return race(addresses.slice(0, mostAddresses), port, signal);
}

async function resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new ProbeError('timeout', `no answer from the resolver for ${host}`));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  late.catch(() => undefined);
  try {
    const found = await Promise.race([lookup(host, { all: true, verbatim: true }), late]);
    return alternate(found);
  } catch (error) {
    if (error instanceof ProbeError) throw error;
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    throw new ProbeError('dns', `the resolver does not know ${host} (${code})`);
  }
}

/** The resolver's order within a family, the families in turn. */
function alternate(
  found: readonly { readonly address: string; readonly family: number }[],
): readonly string[] {
  const first = found[0]?.family;
  const one = found.filter(({ family }) => family === first);
  const other = found.filter(({ family }) => family !== first);
  return one
    .flatMap((entry, index) => [entry, other[index]])
    .concat(other.slice(one.length))
    .flatMap((entry) => entry?.address ?? []);
}

// The first that happened says most about the host; a machine without IPv6 says `unreachable` for every AAAA record.
const tellingFirst: readonly ProbeTroubleCode[] = ['refused', 'reset', 'timeout', 'unreachable', 'failed'];

/** Each address gets a head start, and none is given up while another is tried. */
export function race(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolvePromise, reject) => {
    const open = new Set<Socket>();
    const faults = new Map<string, ReturnType<typeof faultFrom>>();
    let started = 0;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', expire);
      for (const socket of open) socket.destroy();
    };
    const expire = (): void => {
      stop();
      reject(new ProbeError('timeout', 'no answer to the connection request'));
    };
    const fail = (): void => {
      stop();
      const all = [...faults];
      const code = tellingFirst.find((one) => all.some(([, { trouble }]) => trouble === one)) ?? 'failed';
      const telling = all.find(([, { trouble }]) => trouble === code)?.[1].detail ?? 'failed';
      const each = all.map(([address, { trouble }]) => `${address} ${trouble}`).join(', ');
      reject(new ProbeError(code, all.length > 1 ? `${telling} (${each})` : telling));
    };
    const startNext = (): void => {
      clearTimeout(timer);
      const address = addresses[started];
      if (address === undefined) return;
      started += 1;
      const socket = connect({ host: address, port, noDelay: true });
      open.add(socket);
      socket.once('connect', () => {
        open.delete(socket);
        stop();
        resolvePromise(socket);
      });
      // Stays: one that loses the race may still complain while it is destroyed.
      socket.on('error', (error) => {
        if (!open.delete(socket)) return;
        faults.set(address, faultFrom(error));
        if (faults.size === addresses.length) fail();
        else startNext();
      });
      if (started < addresses.length) timer = setTimeout(startNext, headStartMs);
    };
    if (signal.aborted) {
      expire();
      return;
    }
    signal.addEventListener('abort', expire);
    startNext();
  });
}
