/**
 * What `verify --probe-image` holds of a control plane: it can make one pod of ours, look after it and take it away. Another type than
 * the reader of inspection, from another door, so that whatever only looks cannot come by it.
 */
import type { ClusterNode } from '../model/node.ts';
import type { Reply } from './reader.ts';
import { askOnce, type ReaderOptions } from './run-query.ts';
import { ReachError, type Transport, usualLimits } from './transport.ts';

declare const concernsOnePod: unique symbol;

/** A shell script that makes, watches or deletes the pod that DATA_name names. Only src/probe-pods/ makes them. */
export interface PodAct {
  readonly [concernsOnePod]: true;
  readonly name: string;
  /** The same language as a Query's. */
  readonly script: string;
}

export function podAct(name: string, script: string): PodAct {
  return { name, script } as PodAct;
}

export interface PodMaker extends AsyncDisposable {
  readonly node: ClusterNode;
  /** Once: what is in doubt is not tried again. Rejects with ReachError. */
  act(asked: PodAct, data: Readonly<Record<string, string>>): Promise<Reply>;
}

/** Each of them bounds itself; one that is cut in the middle would only leave in doubt what it did. */
const leastTimeMs = 60_000;

export function podMaker(node: ClusterNode, transport: Transport, { as, limits }: ReaderOptions): PodMaker {
  const own = limits ?? usualLimits;
  return {
    node,
    act: async (asked, data) => {
      if (as === 'helper')
        throw new ReachError({
          code: 'sudo-refused',
          message: 'the helper on the node can only read, so no pod can be made through it',
          hint: 'log in as root, or as a user who may use sudo, without --helper',
          retryable: false,
        });
      const commandTimeoutMs = Math.max(own.commandTimeoutMs, leastTimeMs);
      return askOnce(transport, asked, { as, data, limits: { ...own, commandTimeoutMs } });
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
