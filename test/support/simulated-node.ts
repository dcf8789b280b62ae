/** A node that is a folder on this machine: a transport that sets ROOT, which no real one can. */
import { openLocal } from '../../src/reach/local.ts';
import { nodeReader } from '../../src/reach/run-query.ts';
import type { NodeReader } from '../../src/reach/reader.ts';
import type { Transport } from '../../src/reach/transport.ts';

export function openSimulated(root: string): Transport {
  return {
    ...openLocal({ env: { FIX_SANS_ROOT: root } }),
    label: `simulated:${root}`,
    isSimulated: true,
  };
}

/** Runs queries with `$ROOT` being that folder; the script is whoever runs the test, never sudo. */
export function simulatedNode(root: string, name = 'simulated'): NodeReader {
  const node = { name, role: 'control-plane', target: { via: 'local' }, source: 'flag' } as const;
  return nodeReader(node, openSimulated(root), { as: 'login' });
}
