/** Each node once, each under a name of its own. */
import { display } from '../model/display.ts';
import { type ClusterNode, formatTarget } from '../model/node.ts';
import { targetKey } from './target.ts';

export function uniqueNodes(nodes: readonly ClusterNode[]): {
  readonly nodes: readonly ClusterNode[];
  readonly warnings: readonly string[];
} {
  const byTarget = new Map<string, ClusterNode>();
  // What is seen from this machine goes by that name, and a node's own view is believed more.
  const names = new Set(['here']);
  const warnings: string[] = [];
  for (const node of nodes) {
    const key = targetKey(node.target);
    const first = byTarget.get(key);
    if (first) {
      const [one, other] = [display(first.name, 80), display(node.name, 80)];
      const who = one === other ? one : `${one} and ${other}`;
      warnings.push(`${who}: ${formatTarget(node.target)} is named twice and read once`);
      continue;
    }
    const name = freeName(node, names);
    if (name !== node.name)
      warnings.push(
        `${node.name === 'here' ? 'this machine and a node' : 'two nodes'} are called ${display(node.name, 80)}; one is shown as ${display(name, 120)}`,
      );
    names.add(name);
    byTarget.set(key, { ...node, name });
  }
  return { nodes: [...byTarget.values()], warnings };
}

function freeName(node: ClusterNode, taken: ReadonlySet<string>): string {
  if (!taken.has(node.name)) return node.name;
  const base = formatTarget(node.target);
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} (${number})`;
    if (!taken.has(name)) return name;
  }
}
