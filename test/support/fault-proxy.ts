/**
 * A TCP proxy on loopback that does what bad networks do: delays, throttles, falls silent, resets or closes one half, after
 * exactly as many bytes as a test asks for. Faults can change while connections are open.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Seen from the client: requests go up, answers come down. */
type Way = 'requests' | 'answers';

export interface Faults {
  /** How long each piece travels, in each direction; a round trip takes twice that. */
  readonly delayMs?: number;
  /** The width of the wire, in each direction. */
  readonly bytesPerSecond?: number;
  readonly cut?: Cut;
}

export interface Cut {
  /** So many bytes of a connection still pass. */
  readonly after: number;
  /** Which direction is counted; `answers` unless told. */
  readonly counting?: Way;
  /**
   * `reset`: both ends get an RST.
   * `half-close`: the counted direction ends with a FIN, the other one goes on.
   * `silence`: nothing passes, not even a close, until the faults change; then what was held goes on, as after a
   * network partition. Connecting still works, since the kernel answers that.
   */
  readonly how: 'reset' | 'half-close' | 'silence';
}

export interface FaultProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Replaces all faults, for open connections too. */
  set(faults: Faults): void;
  /** How many connections were made so far. */
  connections(): number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Target = Readonly<{ host: string; port: number }>;

/** What is on its way in one direction before the proxy stops reading: enough for a second at loopback's pace. */
const mostOnTheWay = 4 * 1024 * 1024;

export async function startFaultProxy(target: Target, faults: Faults = {}): Promise<FaultProxy> {
  const current = { faults };
  const open = new Set<Connection>();
  let made = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    made += 1;
    const connection = new Connection(client, target, () => current.faults);
    open.add(connection);
    connection.ended.addEventListener('abort', () => open.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const connection of open) connection.end();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    set(next) {
      current.faults = next;
    },
    connections: () => made,
    close,
    [Symbol.asyncDispose]: close,
  };
}

class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #faults: () => Faults;
  readonly #end = new AbortController();
  readonly #passed: Record<Way, number> = { requests: 0, answers: 0 };

  constructor(client: Socket, target: Target, faults: () => Faults) {
    this.#client = client;
    this.#faults = faults;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    // One end's failure is the other's reset, except where the wire is silent and tells nobody.
    let closed = 0;
    for (const socket of [this.#client, this.#server]) {
      socket.on('error', () => {
        if (!this.#isSilent()) this.end();
      });
      socket.once('close', () => {
        closed += 1;
        if (closed === 2) this.#end.abort();
      });
    }
    void this.#carry('requests', this.#client, this.#server);
    void this.#carry('answers', this.#server, this.#client);
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** At once, with an RST on both sides. */
  end(): void {
    if (this.ended.aborted) return;
    this.#end.abort();
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  /** Everything of one direction, in order: its pieces, then its end. */
  async #carry(way: Way, from: Socket, to: Socket): Promise<void> {
    const onTheWay: { readonly due: number; readonly piece: Buffer | 'end' }[] = [];
    let waiting = 0;
    let wake: (() => void) | undefined;
    const arrive = (piece: Buffer | 'end'): void => {
      onTheWay.push({ due: performance.now() + (this.#faults().delayMs ?? 0), piece });
      if (piece !== 'end') waiting += piece.length;
      if (waiting > mostOnTheWay) from.pause();
      wake?.();
    };
    from.on('data', arrive);
    from.once('end', arrive.bind(undefined, 'end'));
    this.ended.addEventListener('abort', () => wake?.());
    while (!this.ended.aborted) {
      const next = onTheWay.shift();
      if (!next) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      await this.#wait(next.due - performance.now());
      await this.#silence();
      if (next.piece === 'end') {
        to.end();
        return;
      }
      if (!(await this.#pass(way, next.piece, to))) {
        // Read on and throw away: the sender sees nothing of a cut.
        from.off('data', arrive);
        from.resume();
        return;
      }
      waiting -= next.piece.length;
      if (waiting <= mostOnTheWay) from.resume();
    }
  }

  /** Passes what the faults allow of one piece; false when nothing of this direction will pass any more. */
  async #pass(way: Way, piece: Buffer, to: Socket): Promise<boolean> {
    let rest = piece;
    while (rest.length > 0 && !this.ended.aborted) {
      await this.#silence();
      const { bytesPerSecond = Infinity, cut } = this.#faults();
      const isCounted = cut !== undefined && (cut.counting ?? 'answers') === way;
      const untilCut = isCounted ? Math.max(0, cut.after - this.#passed[way]) : Infinity;
      // A throttled wire gives a little often, as a slow link does, rather than everything late.
      const size = Math.min(rest.length, untilCut, Math.max(1, Math.floor(bytesPerSecond / 50)));
      if (size > 0) await this.#write(to, rest.subarray(0, size));
      this.#passed[way] += size;
      rest = rest.subarray(size);
      await this.#wait((size / bytesPerSecond) * 1000);
      if (isCounted && size === untilCut) {
        if (cut.how === 'reset') {
          // libuv reports an RST that arrives together with data as a proper end, so let the data be read first.
          await this.#wait(10);
          this.end();
        }
        if (cut.how === 'half-close') to.end();
        if (cut.how !== 'silence') return false;
      }
    }
    return true;
  }

  /** The cut has happened and was a silent one. */
  #isSilent(): boolean {
    const { cut } = this.#faults();
    return cut?.how === 'silence' && this.#passed[cut.counting ?? 'answers'] >= cut.after;
  }

  async #silence(): Promise<void> {
    while (this.#isSilent() && !this.ended.aborted) await this.#wait(10);
  }

  async #write(to: Socket, bytes: Buffer): Promise<void> {
    if (to.writable) await new Promise<void>((resolve) => void to.write(bytes, () => resolve()));
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.ended }).catch(() => undefined);
  }
}
