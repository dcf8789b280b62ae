/** From a node to a reader of it: chooses the adapter by the node's target, and loads no other. */
import type { ClusterNode } from '../model/node.ts';
import type { ReachOptions } from './options.ts';
import type { NodeReader } from './reader.ts';
import { nodeReader } from './run-query.ts';
import type { RunAs, Transport } from './transport.ts';

/** One options object for all nodes of a run: what they share (asked passwords, bastions, known hosts) hangs on it. */
export async function openNode(node: ClusterNode, options: ReachOptions): Promise<NodeReader> {
  const transport = await openTransport(node, options);
  return nodeReader(node, transport, { as: runAs[options.become], limits: options.limits });
}

export const runAs: Readonly<Record<ReachOptions['become'], RunAs>> = {
  sudo: 'root',
  none: 'login',
  helper: 'helper',
};

export async function openTransport({ target }: ClusterNode, options: ReachOptions): Promise<Transport> {
  switch (target.via) {
    case 'local': {
      const { openLocal } = await import('./local.ts');
      return openLocal({ becomePassword: options.becomePassword });
    }
    case 'docker': {
      const { openDocker } = await import('./docker.ts');
      return openDocker(target.container, { env: options.env });
    }
    case 'ssh': {
      if (options.transport === 'openssh') {
        const { openOpenssh } = await import('./openssh/open.ts');
        return openOpenssh(target, options);
      }
      const { openSsh2 } = await import('./ssh2/open.ts');
      return openSsh2(target, options);
    }
  }
}
