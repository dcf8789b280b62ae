/** What the demo plays on: a cluster, the client beside it, and how much of what a command prints is shown. */
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import type { Io } from '../src/cli/io.ts';

export interface Stage {
  /** Who the nodes are, and what of them is real. */
  readonly opening: string;
  readonly closing: string;
  /** host:port of the load balancer, whose address no certificate holds. */
  readonly endpoint: string;
  /** PEM of the cluster's CA. */
  readonly ca: string;
  /** Which nodes, and how they are reached. */
  readonly where: readonly string[];
  /** Of apply and rollback. */
  readonly pace: readonly string[];
  /** For the plan, and for what a run remembers. */
  readonly folder: string;
  readonly doors: Pick<Io, 'openNode' | 'openChanger'>;
  readonly trouble: Trouble;
  /** The line that is typed, and what a client gets who checks the certificate for the name that it dials. */
  call(): Promise<readonly [typed: string, said: string]>;
  /** What `call` is told where the name is missing. */
  readonly refused: RegExp;
}

/** Something that goes wrong on the control plane that comes second. */
export interface Trouble {
  readonly what: string;
  readonly options: readonly string[];
  begin(): Promise<void>;
  /** With each line that the run says. */
  onTalk?(line: string): void;
  end(): Promise<void>;
}

/** Handshakes by a name that every certificate holds, with the chain checked, five a second until it is stopped. */
export function shakeHands({ endpoint, ca }: Pick<Stage, 'endpoint' | 'ca'>): () => Promise<string> {
  const secureContext = tls.createSecureContext({ ca });
  const at = endpoint.lastIndexOf(':');
  const [host, port] = [endpoint.slice(0, at), Number(endpoint.slice(at + 1))];
  const pending = new Set<Promise<void>>();
  let total = 0;
  let failed = 0;
  let first = '';
  const one = async (): Promise<void> => {
    total += 1;
    const trouble = await new Promise<string | undefined>((resolve) => {
      const socket = tls.connect({ host, port, servername: 'kubernetes', secureContext }, () => {
        resolve(undefined);
        socket.destroy();
      });
      socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
      socket.once('error', ({ message }) => resolve(message));
    });
    if (trouble === undefined) return;
    failed += 1;
    first ||= trouble;
  };
  const timer = setInterval(() => {
    const work = one().finally(() => pending.delete(work));
    pending.add(work);
  }, 200);
  return async () => {
    // Something may break a moment after the end.
    await sleep(200);
    clearInterval(timer);
    await Promise.all(pending);
    return `${total} handshakes, ${failed} failed${first === '' ? '' : `: ${first}`}`;
  };
}

/** Of a text in blocks with empty lines between, those whose first line is meant, and how many lines the others have. */
export function excerpt(
  text: string,
  wanted: readonly (string | RegExp)[],
): { readonly shown: string; readonly leftOut: number } {
  const blocks = text.trimEnd().split(/\n\n+/);
  const shown = blocks.filter((block) =>
    wanted.some((one) => (typeof one === 'string' ? block.startsWith(one) : one.test(block))),
  );
  return { shown: shown.join('\n\n'), leftOut: linesOf(blocks) - linesOf(shown) };
}

function linesOf(blocks: readonly string[]): number {
  return blocks.join('\n').split('\n').length;
}
