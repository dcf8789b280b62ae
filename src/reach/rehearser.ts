/**
 * What `plan --on-node` holds of a node: it can try something in a folder of its own that is gone afterwards. Another type than
 * the reader of inspection, from another door, so that whatever only looks cannot come by it.
 */
import type { ClusterNode } from '../model/node.ts';
import type { Reply } from './reader.ts';
import { askOnce } from './run-query.ts';
import { ReachError, type Transport } from './transport.ts';
import type { ReaderOptions } from './run-query.ts';

declare const leavesNothing: unique symbol;

/** A shell script that writes below one folder of its own and takes it away whatever happens. Only src/rehearse/ makes them. */
export interface Rehearsal {
  readonly [leavesNothing]: true;
  readonly name: string;
  /** The same language as a Query's. */
  readonly script: string;
}

export function rehearsal(name: string, script: string): Rehearsal {
  return { name, script } as Rehearsal;
}

export interface NodeRehearser extends AsyncDisposable {
  readonly node: ClusterNode;
  /** Once: what is in doubt is not tried again. Rejects with ReachError. */
  rehearse(asked: Rehearsal, data: Readonly<Record<string, string>>): Promise<Reply>;
}

export function nodeRehearser(
  node: ClusterNode,
  transport: Transport,
  { as, limits }: ReaderOptions,
): NodeRehearser {
  return {
    node,
    rehearse: async (asked, data) => {
      if (as === 'helper')
        throw new ReachError({
          code: 'sudo-refused',
          message: 'the helper on the node can only read, so nothing can be tried there',
          hint: 'log in as root, or as a user who may use sudo, without --helper',
          retryable: false,
        });
      return askOnce(transport, asked, { as, data, ...(limits && { limits }) });
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
