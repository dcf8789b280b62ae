/** The answer of `verify` where names do not hold: which, and where. */
import { formatSan } from '../../model/san.ts';
import type { NameProof, Seen, Verification } from '../../model/verification.ts';
import { join, listed, type Phrase, plain } from '../page.ts';

export function isBadSeen({ outcome }: Seen): boolean {
  return outcome !== 'good' && outcome !== 'not-tried' && outcome !== 'unreachable';
}

export function isWrong({ here, node, pod }: NameProof): boolean {
  return [here, node, pod].some(isBadSeen);
}

/** More groups than this are for the sections below. */
const mostGroups = 3;

/** Names with the same nodes together: not all that lack something lack the same. */
export function wrongWords(nodes: Verification['nodes']): Phrase {
  const isMissing = nodes.every(({ names }) =>
    names.every(({ here, node, pod }) =>
      [here, node, pod].every((one) => !isBadSeen(one) || one.outcome === 'missing'),
    ),
  );
  const where = new Map<string, string[]>();
  for (const { node, names } of nodes) {
    for (const name of names.filter(isWrong).map(({ san }) => formatSan(san)))
      where.set(name, [...(where.get(name) ?? []), node]);
  }
  const groups = new Map<string, { readonly on: readonly string[]; readonly names: string[] }>();
  for (const [name, on] of where) {
    const group = groups.get(JSON.stringify(on)) ?? { on, names: [] };
    group.names.push(name);
    groups.set(JSON.stringify(on), group);
  }
  const all = [...groups.values()];
  const shown = all.slice(0, mostGroups).map(({ on, names }, index): Phrase => {
    const verb = names.length === 1 ? ' is missing on ' : ' are missing on ';
    return join(
      plain(index === 0 ? '' : '; '),
      listed(names, 4),
      plain(isMissing ? verb : ' on '),
      listed(on, 4),
    );
  });
  return join(
    plain(isMissing ? '' : 'not all holds: '),
    ...shown,
    plain(all.length > mostGroups ? '; and more, see below' : ''),
  );
}
