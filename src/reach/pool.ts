/** Many nodes at once: so many at a time, each with its result or its trouble, and a word on how far it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../model/node.ts';
import type { ReachTrouble } from '../model/trouble.ts';
import { UserError } from '../model/user-error.ts';
import type { NodeReader } from './reader.ts';
import { type ConnectionFacts, ReachError } from './transport.ts';

export interface Progress {
  readonly total: number;
  readonly done: number;
  readonly running: number;
  /** Of those done. */
  readonly failed: number;
  /** Of those running: its name, and for how long it has been at it. */
  readonly slowest?: { readonly node: string; readonly milliseconds: number };
}

export interface PoolOptions<T> {
  readonly open: (node: ClusterNode) => Promise<NodeReader>;
  /** The reader ends when this does. */
  readonly work: (reader: NodeReader) => Promise<T>;
  readonly most?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Starts no more, and ends the connections that are open. */
  readonly signal?: AbortSignal;
}

export interface NodeResult<T> {
  readonly node: ClusterNode;
  /** Undefined where the node was never reached. */
  readonly connection?: ConnectionFacts;
  readonly result:
    | { readonly state: 'read'; readonly value: T }
    | { readonly state: 'unread'; readonly trouble: ReachTrouble };
}

export const mostAtOnce = 32;

/** One result per node, in their order. Rejects only for faults of our own, and when the signal says stop. */
export async function readAll<T>(
  nodes: readonly ClusterNode[],
  options: PoolOptions<T>,
): Promise<readonly NodeResult<T>[]> {
  const { most = mostAtOnce, onProgress, signal } = options;
  const results = Array.from<NodeResult<T>>({ length: nodes.length });
  const running = new Map<number, number>();
  let failed = 0;
  let done = 0;
  let next = 0;
  const tell = (): void => {
    const [slowest] = running;
    onProgress?.({
      total: nodes.length,
      done,
      running: running.size,
      failed,
      // A map keeps the order of its entries, so the first has run longest.
      ...(slowest && {
        slowest: {
          node: nodes[slowest[0]]?.name ?? '',
          milliseconds: Math.round(performance.now() - slowest[1]),
        },
      }),
    });
  };
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const node = nodes[index];
      if (!node) return;
      signal?.throwIfAborted();
      running.set(index, performance.now());
      tell();
      const result = await readOne(node, options);
      results[index] = result;
      running.delete(index);
      done += 1;
      if (result.result.state === 'unread') failed += 1;
      tell();
    }
  };
  const workers = Array.from({ length: Math.min(most, nodes.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    // No more are begun; connections are ended before the fault is told.
    next = nodes.length;
    await Promise.allSettled(workers);
    throw error;
  }
  return results;
}

/** How often what may pass is tried again. What stood in the way of a login is not here: whoever logs in has tried it again. */
const retries: Readonly<Partial<Record<ReachTrouble['code'], number>>> = {
  dns: 1,
  'link-lost': 1,
  // Files and processes ran out here.
  failed: 5,
};

async function readOne<T>(node: ClusterNode, options: PoolOptions<T>): Promise<NodeResult<T>> {
  for (let attempt = 0; ; attempt += 1) {
    const result = await tryOne(node, options);
    if (result.result.state === 'read') return result;
    const { code, retryable } = result.result.trouble;
    if (!retryable || attempt >= (retries[code] ?? 0)) return result;
    await sleep(200 * 2 ** attempt * (1 + Math.random()), undefined, { signal: options.signal });
  }
}

async function tryOne<T>(node: ClusterNode, { open, work, signal }: PoolOptions<T>): Promise<NodeResult<T>> {
  let connection: ConnectionFacts | undefined;
  try {
    await using reader = await opened(node, open, signal);
    ({ connection } = reader);
    signal?.throwIfAborted();
    const value = await until(signal, work(reader));
    return { node, connection, result: { state: 'read', value } };
  } catch (error) {
    return {
      node,
      ...(connection && { connection }),
      result: { state: 'unread', trouble: troubleOf(error) },
    };
  }
}

/** One that opens after the signal is ended at once. */
async function opened(
  node: ClusterNode,
  open: (node: ClusterNode) => Promise<NodeReader>,
  signal: AbortSignal | undefined,
): Promise<NodeReader> {
  const opening = open(node);
  try {
    return await until(signal, opening);
  } catch (error) {
    if (signal?.aborted === true)
      void opening.then(
        (reader) => reader[Symbol.asyncDispose](),
        () => undefined,
      );
    throw error;
  }
}

/** The work, or the signal's reason as soon as there is one: the reader is then ended, and the work with it. */
async function until<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

function troubleOf(error: unknown): ReachTrouble {
  if (error instanceof ReachError) return error.trouble;
  // One bad name among many nodes is that node's row.
  if (error instanceof UserError) {
    return { code: 'failed', message: error.message, hint: error.hint, retryable: false };
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'EAGAIN') {
    return {
      code: 'failed',
      message: `files or processes ran out here (${code})`,
      hint: 'allow more (ulimit -n, ulimit -u), or reach fewer nodes at a time',
      retryable: true,
    };
  }
  throw error;
}
