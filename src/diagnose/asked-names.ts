/** Names that are dialled from here and that a certificate lacks: they belong into the table as well, with who wants them. */
import type { Provenance } from '../model/inspection.ts';
import { isCovered, looseSan, type San, sanKey } from '../model/san.ts';
import { type AskedEndpoint, type Backend, genuineLeaf, type ProbeIndex } from './backend.ts';
import type { Expected } from './expected.ts';
import type { Authorities } from './issuer.ts';
import { sansOf } from './names.ts';

interface Seen {
  readonly backends: readonly Backend[];
  readonly asked: readonly AskedEndpoint[];
  readonly probes: ProbeIndex;
  readonly authorities: Authorities;
  /** Whether the client of the kubeconfig looks at no name. */
  readonly isUnverified: boolean;
}

/** `expected`, and beside it what the endpoints and the kubeconfig that were given miss. */
export function withAsked(
  expected: ReadonlyMap<string, Expected>,
  { backends, asked, probes, authorities, isUnverified }: Seen,
): ReadonlyMap<string, Expected> {
  const all = new Map(expected);
  const wanted = new Map<
    string,
    { readonly who: Provenance; readonly on: readonly number[]; lacks: boolean }[]
  >();
  for (const { endpoint, name, kubeconfig } of asked) {
    const san = looseSan(name);
    if (san === undefined) continue;
    const leaves = (probes.get(endpoint) ?? []).flatMap((probe) => genuineLeaf(probe, authorities) ?? []);
    const shown = new Set(leaves.map(({ fingerprint }) => fingerprint));
    const who: Provenance =
      kubeconfig === undefined ? { why: 'endpoint', endpoint } : { why: 'kubeconfig', path: kubeconfig };
    // A load balancer leads to all of them, whichever answered this time: with one of them done the others still lack the name.
    const behind = backends.filter(
      ({ kind, served }) => kind !== 'endpoint' || shown.has(served?.certificate.fingerprint ?? ''),
    );
    const on = behind.map(({ index }) => index);
    const lacks =
      leaves.some((leaf) => !isCovered(sansOf(leaf), san)) ||
      (leaves.length > 0 && lackingBehind(behind, san).length > 0);
    wanted.set(sanKey(san), [...(wanted.get(sanKey(san)) ?? []), { who, on, lacks }]);
  }
  for (const { name } of asked) {
    const san = looseSan(name);
    const wishes = san === undefined ? [] : (wanted.get(sanKey(san)) ?? []);
    if (san === undefined || !wishes.some(({ lacks }) => lacks)) continue;
    const known = expected.get(sanKey(san));
    if (known !== undefined && known.on !== 'nowhere') continue;
    const isBroken = !isUnverified || wishes.some(({ who, lacks }) => lacks && who.why === 'endpoint');
    const broken = isBroken ? (['remote-kubectl'] as const) : [];
    const on = new Set(wishes.flatMap((one) => one.on));
    all.set(sanKey(san), {
      san,
      provenance: [...(known?.provenance ?? []), ...wishes.map(({ who }) => who)],
      on: on.size === backends.length ? 'everywhere' : on,
      paths: [...new Set([...(known?.paths ?? []), ...broken])],
      isWrittenDown: false,
    });
  }
  return all;
}

/** The control planes that were read, and that do not hold or do not serve this name, whichever of them a load balancer shows. */
export function lackingBehind(backends: readonly Backend[], san: San): readonly string[] {
  return backends.flatMap(({ kind, name, served, leaf }) => {
    const own = kind === 'read' ? [served?.certificate, leaf] : [];
    return own.some((one) => one !== undefined && !isCovered(sansOf(one), san)) ? [name] : [];
  });
}
