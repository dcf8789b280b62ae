/** Shakes hands with an API server, once or many times a second, and says what was served and what failed. */
import { connect, type PeerCertificate } from 'node:tls';

export interface Handshake {
  /** Upper-case hexadecimal, as node:crypto writes it. */
  readonly serial?: string;
  readonly names?: string;
  readonly error?: string;
}

export interface Tally {
  readonly total: number;
  readonly failures: readonly { readonly at: number; readonly error: string }[];
  /** What was served, the first seen first; times in milliseconds since the start. */
  readonly serials: readonly { readonly serial: string; readonly first: number; readonly last: number }[];
  /** Every good one in the order in which they ended, by the clock of the day. */
  readonly good: readonly { readonly at: number; readonly serial: string }[];
}

/** One handshake on a new connection. Nothing is verified: what is served is what is asked. */
export function handshake(host: string, port: number, patienceMs = 5000): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, servername: 'kubernetes' }, () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      resolve({ serial: certificate.serialNumber, names: certificate.subjectaltname ?? '' });
      socket.destroy();
    });
    socket.setTimeout(patienceMs, () => {
      resolve({ error: 'timeout' });
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ error: error.code ?? error.message });
    });
  });
}

/** Starts `perSecond` handshakes a second, each on time whether or not the last has ended, until it is stopped. */
export function watchHandshakes(host: string, port: number, perSecond: number): () => Promise<Tally> {
  const began = performance.now();
  const pending = new Set<Promise<void>>();
  const failures: { at: number; error: string }[] = [];
  const good: { at: number; serial: string }[] = [];
  const serials = new Map<string, { serial: string; first: number; last: number }>();
  let total = 0;
  const one = async (): Promise<void> => {
    const { serial, error } = await handshake(host, port);
    const at = Math.round(performance.now() - began);
    if (serial === undefined) {
      failures.push({ at, error: error ?? 'no certificate' });
      return;
    }
    good.push({ at: performance.timeOrigin + performance.now(), serial });
    // Handshakes that are under way together need not end in the order in which they began.
    const known = serials.get(serial);
    if (known === undefined) serials.set(serial, { serial, first: at, last: at });
    else known.last = Math.max(known.last, at);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; total < due; total += 1) {
      const work = one().finally(() => pending.delete(work));
      pending.add(work);
    }
  }, 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return { total, failures, serials: [...serials.values()], good };
  };
}
