/** Names of --remove that nobody has: nothing to do, as on every second run, and worth a word where one was mistyped. */
import type { Plan } from '../model/plan.ts';
import { formatSan, type San, sanKey } from '../model/san.ts';

/** One sentence for each. */
export function emptyRemovals({ nodes, durable }: Plan, removals: readonly San[]): readonly string[] {
  const gone = new Set([
    ...nodes.flatMap(({ names }) =>
      names.flatMap(({ san, fate }) => (fate === 'removed' ? [sanKey(san)] : [])),
    ),
    ...durable.flatMap((one) => (one.kind === 'kubeadm-config' ? one.removed.map(sanKey) : [])),
  ]);
  return removals
    .filter((san) => !gone.has(sanKey(san)))
    .map(
      (san) =>
        `--remove ${formatSan(san)}: no control plane that was read has this name, so there is nothing to take out`,
    );
}
