/** In a few words what keeps a verification from being good: what `--wait` is waiting for. */
import { formatSan } from '../../model/san.ts';
import type { NameProof, Seen, Verification } from '../../model/verification.ts';

export const outcomeWords: Readonly<Record<Seen['outcome'], string>> = {
  good: 'yes',
  missing: 'missing',
  'still-there': 'still there',
  untrusted: 'another CA',
  'out-of-date': 'out of date',
  rejected: 'refused',
  unreachable: 'no answer',
  'not-tried': '·',
};

export function isSettled({ here, node, pod }: NameProof): boolean {
  const all = [here, node, pod];
  return (
    all.some(({ outcome }) => outcome === 'good') &&
    all.every(({ outcome }) => outcome === 'good' || outcome === 'not-tried' || outcome === 'unreachable')
  );
}

export function stillMissing({ nodes, paths, walks, gaps }: Verification): string {
  for (const { node, names } of nodes) {
    const bad = names.filter((proof) => !isSettled(proof));
    const [first] = bad;
    if (first === undefined) continue;
    const more = bad.length > 1 ? ` and ${bad.length - 1} more` : '';
    return `${node}: ${formatSan(first.san)}${more} not yet proven`;
  }
  const path = paths.find(({ seen }) => seen.outcome !== 'good');
  if (path !== undefined) return `${formatSan(path.san)}: ${outcomeWords[path.seen.outcome]}`;
  const walk = walks.find(({ broken }) => broken !== undefined);
  if (walk !== undefined) return `${walk.namespace}/${walk.pod}: ${walk.broken ?? ''} is broken`;
  const [gap] = gaps;
  return gap === undefined ? 'all holds' : `${gap.what}: ${gap.detail}`;
}
