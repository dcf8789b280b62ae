/** In which order control planes are changed, one after the other: the same for the same cluster, and explained. */
import type { Subject } from './subject.ts';

export interface Order {
  readonly subjects: readonly Subject[];
  readonly why: string;
}

const byName = new Intl.Collator('en', { numeric: true });

/** Broken ones first, since nothing can get worse there; last the one by which the API is read, so that the rest is watched to the end. */
export function orderOf(
  subjects: readonly Subject[],
  {
    isBroken,
    readThrough,
  }: { isBroken: (subject: Subject) => boolean; readonly readThrough: string | undefined },
): Order {
  const rank = (subject: Subject): number => {
    if (isBroken(subject)) return 0;
    return subject.name === readThrough ? 2 : 1;
  };
  const ordered = subjects
    .map((subject) => ({ subject, rank: rank(subject) }))
    .toSorted((one, other) => one.rank - other.rank || byName.compare(one.subject.name, other.subject.name));
  const hasBroken = ordered.some((one) => one.rank === 0);
  const hasLast = ordered.some((one) => one.rank === 2);
  const parts = [
    ...(hasBroken ? ['those whose certificate is of no use today come first'] : []),
    hasBroken ? 'then by name' : 'by name',
    ...(hasLast ? ['and last the one through which the API is read'] : []),
  ];
  return {
    subjects: ordered.map(({ subject }) => subject),
    why:
      ordered.length < 2
        ? 'there is one control plane'
        : `one at a time, and the next only when the one before serves its new certificate: ${parts.join(', ')}`,
  };
}
