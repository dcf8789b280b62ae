/** Which certificate holds which name: one row for every name that is in one or should be. */
import { isSilent } from '../model/api-facts.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { NamePresence, NameRow, Provenance } from '../model/inspection.ts';
import type { Certificate } from '../model/certificate.ts';
import { canonicalIp } from '../model/ip.ts';
import { covers, isApiserverName, looseSan, type San, sanKey } from '../model/san.ts';
import type { Backend } from './backend.ts';
import type { Expected } from './expected.ts';

/** Who holds a name, by the indexes of the backends. Names are compared as clients do, so a wildcard holds what it covers. */
export interface Holders {
  readonly sans: ReadonlyMap<string, San>;
  onDisk(san: San): ReadonlySet<number>;
  served(san: San): ReadonlySet<number>;
}

interface Side {
  readonly byKey: Map<string, Set<number>>;
  readonly wildcards: Map<string, San>;
}

const nobody: ReadonlySet<number> = new Set();

export function holdersOf(backends: readonly Backend[]): Holders {
  const sans = new Map<string, San>();
  const disk: Side = { byKey: new Map(), wildcards: new Map() };
  const served: Side = { byKey: new Map(), wildcards: new Map() };
  for (const { index, leaf, served: seen } of backends) {
    const own = leaf === undefined ? [] : keyed(leaf);
    enter(own, index, disk, sans);
    if (seen === undefined) continue;
    const isSame = seen.certificate.fingerprint === leaf?.fingerprint;
    enter(isSame ? own : keyed(seen.certificate), index, served, sans);
  }
  return {
    sans,
    onDisk: (san) => lookUp(disk, san),
    served: (san) => lookUp(served, san),
  };
}

type Keyed = readonly (readonly [key: string, san: San])[];

function keyed(certificate: Certificate): Keyed {
  return sansOf(certificate).map((san) => [sanKey(san), san] as const);
}

function enter(names: Keyed, index: number, side: Side, sans: Map<string, San>): void {
  for (const [key, san] of names) {
    if (!sans.has(key)) sans.set(key, san);
    const known = side.byKey.get(key);
    if (known === undefined) side.byKey.set(key, new Set([index]));
    else known.add(index);
    if (san.type === 'dns' && san.value.startsWith('*.')) side.wildcards.set(key, san);
  }
}

function lookUp({ byKey, wildcards }: Side, san: San): ReadonlySet<number> {
  const exact = byKey.get(sanKey(san)) ?? nobody;
  if (san.type === 'ip' || wildcards.size === 0) return exact;
  const all = new Set(exact);
  for (const [key, wildcard] of wildcards) {
    if (covers(wildcard, san)) for (const index of byKey.get(key) ?? nobody) all.add(index);
  }
  return all;
}

/** The names that a client can be content with, spelled canonically. */
export function sansOf(certificate: Certificate): readonly San[] {
  const sans: San[] = [];
  for (const { type, value } of certificate.names) {
    if (type === 'ip') sans.push({ type, value: canonicalIp(value) ?? value });
    else if (type === 'dns') sans.push({ type, value: value.toLowerCase() });
  }
  return sans;
}

const unknownOrigin: readonly Provenance[] = [{ why: 'hand-added-or-unknown' }];
const usualOrigin: readonly Provenance[] = [{ why: 'usual-name' }];

/** Where nothing tells what kubeadm was given, its fixed names tell themselves, and so does the ClusterIP of its usual range. */
function originOf({ type, value }: San, isBlind: boolean): readonly Provenance[] {
  if (!isBlind) return unknownOrigin;
  const isUsual = type === 'dns' ? isApiserverName(value) : value === '10.96.0.1';
  return isUsual ? usualOrigin : unknownOrigin;
}

export function nameRows(
  facts: ClusterFacts,
  backends: readonly Backend[],
  expected: ReadonlyMap<string, Expected>,
  holders: Holders,
): readonly NameRow[] {
  const isBlind = isSilent(facts.api) && backends.every(({ kind }) => kind === 'endpoint');
  const inConfig = configKeys(facts);
  const inInventory = inventoryKeys(facts);
  const presences = backends.map(presenceTable);
  const absent = presences.map((table) => table(false, false, false));
  const all = new Map([...[...expected].map(([key, { san }]) => [key, san] as const), ...holders.sans]);
  const rows: NameRow[] = [];
  for (const [key, san] of all) {
    const want = expected.get(key);
    const disk = holders.onDisk(san);
    const served = holders.served(san);
    const on = want?.on ?? 'nowhere';
    const isNowhere = disk.size === 0 && served.size === 0 && on === 'nowhere';
    // What only some version of a tool might write is no name of this cluster.
    if (isNowhere) continue;
    const nodes = on === 'everywhere' ? [] : absent.slice();
    const touched =
      on === 'everywhere' ? backends.keys() : new Set([...disk, ...served, ...(on === 'nowhere' ? [] : on)]);
    for (const index of touched) {
      const isOn = on === 'everywhere' || (on !== 'nowhere' && on.has(index));
      const presence = presences[index]?.(disk.has(index), served.has(index), isOn);
      if (presence !== undefined) nodes[index] = presence;
    }
    rows.push({
      san,
      provenance:
        want === undefined || want.provenance.length === 0 ? originOf(san, isBlind) : want.provenance,
      nodes,
      ...(inConfig === undefined ? {} : { inKubeadmConfig: inConfig.has(key) }),
      ...(inInventory === undefined ? {} : { inInventory: inInventory.has(key) }),
      wanted: scopeOf(on),
      brokenWithout: want?.paths ?? [],
    });
  }
  return rows.toSorted(inOrder);
}

function scopeOf(on: Expected['on']): NameRow['wanted'] {
  if (on === 'nowhere') return 'no';
  return on === 'everywhere' ? on : 'on-its-node';
}

/** A thousand control planes with names of their own would make millions of cells; there are only eighteen kinds for each. */
function presenceTable(
  backend: Backend,
): (onDisk: boolean, served: boolean, wanted: boolean) => NamePresence {
  const made = new Map<number, NamePresence>();
  return (onDisk, served, wanted) => {
    const kind = (onDisk ? 1 : 0) + (served ? 2 : 0) + (wanted ? 4 : 0);
    const known = made.get(kind);
    if (known !== undefined) return known;
    const presence: NamePresence = {
      node: backend.name,
      ...(backend.leaf === undefined ? {} : { onDisk }),
      ...(backend.served === undefined ? {} : { served }),
      wanted,
    };
    made.set(kind, presence);
    return presence;
  };
}

function configKeys(facts: ClusterFacts): ReadonlySet<string> | undefined {
  const configuration = facts.api?.kubeadmConfig?.configuration;
  return configuration === undefined ? undefined : keysOf(configuration.certSans);
}

function inventoryKeys({ inventory }: ClusterFacts): ReadonlySet<string> | undefined {
  return inventory === undefined ? undefined : keysOf(inventory.supplementary ?? []);
}

export function keysOf(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => looseSan(text) ?? []).map(sanKey));
}

const rank = { everywhere: 0, 'on-its-node': 1, no: 2 } as const;

/** Those that all must hold come first, then each node's own, then the rest; each kind in an order that every run has. */
function inOrder(one: NameRow, other: NameRow): number {
  return (
    rank[one.wanted] - rank[other.wanted] ||
    compare(one.san.type, other.san.type) ||
    compare(one.san.value, other.san.value)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

export interface Missing {
  readonly expected: Expected;
  readonly backend: Backend;
  /** Not on disk (or, where the disk is unknown, not served): the next look at the file will not bring it. */
  readonly isServed: boolean;
}

/** Each wanted name with each backend whose certificate lacks it. */
export function missingNames(
  backends: readonly Backend[],
  expected: ReadonlyMap<string, Expected>,
  holders: Holders,
): readonly Missing[] {
  const missing: Missing[] = [];
  for (const one of expected.values()) {
    if (one.on === 'nowhere') continue;
    const disk = holders.onDisk(one.san);
    const served = holders.served(one.san);
    // Most names that belong to one node alone: a loop over all nodes for each would be a million steps for a thousand.
    for (const index of one.on === 'everywhere' ? backends.keys() : one.on) {
      const backend = backends[index];
      if (backend === undefined) continue;
      const isServed = served.has(backend.index);
      if (backend.leaf === undefined ? backend.served !== undefined && !isServed : !disk.has(backend.index)) {
        missing.push({ expected: one, backend, isServed });
      }
    }
  }
  return missing;
}
