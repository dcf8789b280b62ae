/**
 * What `apply` and `rollback` hold of a node: the only way to change one. A third type beside the reader and the rehearser, from a
 * door of its own, so that nothing that looks or tries can come by it.
 */
import type { ClusterNode } from '../model/node.ts';
import type { Reply } from './reader.ts';
import { askOnce, type ReaderOptions } from './run-query.ts';
import { type Limits, ReachError, type Transport } from './transport.ts';

declare const changesTheNode: unique symbol;

/** One step of a run on a node, as a shell script. Constant text; only src/apply/ makes them. */
export interface Change {
  readonly [changesTheNode]: true;
  readonly name: string;
  /** The same language as a Query's. */
  readonly script: string;
}

export function change(name: string, script: string): Change {
  return { name, script } as Change;
}

export interface NodeChanger extends AsyncDisposable {
  readonly node: ClusterNode;
  /** Once: what is in doubt is not tried again, it is asked for by another step. Rejects with ReachError. */
  change(asked: Change, data: Readonly<Record<string, string>>, limits?: Partial<Limits>): Promise<Reply>;
}

export function nodeChanger(
  node: ClusterNode,
  transport: Transport,
  { as, limits: own }: ReaderOptions & { readonly limits: Limits },
): NodeChanger {
  return {
    node,
    change: async (asked, data, limits = {}) => {
      if (as === 'helper')
        throw new ReachError({
          code: 'sudo-refused',
          message: 'the helper on the node can only read, so nothing can be changed through it',
          hint: 'log in as root, or as a user who may use sudo, without --helper',
          retryable: false,
        });
      return askOnce(transport, asked, { as, data, limits: { ...own, ...limits } });
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
