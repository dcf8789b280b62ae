/** The names of one node's certificate-to-be: everything of today, everything that is wanted, and nothing dropped by itself. */
import type { Inspection, NameRow, Provenance } from '../model/inspection.ts';
import type { PlannedName } from '../model/plan.ts';
import { isCovered, type San, sanKey } from '../model/san.ts';
import type { Subject } from './subject.ts';

export interface NodeNames {
  readonly names: readonly PlannedName[];
  /** What the new certificate holds, by key. */
  readonly planned: ReadonlyMap<string, San>;
  /** Wanted, and in no name on disk: the reason to sign anew. */
  readonly missing: readonly San[];
}

interface KeyedRow {
  readonly key: string;
  readonly row: NameRow;
}

export interface NameTable {
  readonly rowOf: (key: string) => NameRow | undefined;
  /** Rows that a node has or wants, by ClusterNode.name. */
  readonly wantedOn: ReadonlyMap<string, readonly KeyedRow[]>;
}

/** One pass over the matrix: with a thousand nodes it has millions of cells. */
export function nameTable({ names }: Inspection): NameTable {
  const byKey = new Map<string, NameRow>();
  const wantedOn = new Map<string, KeyedRow[]>();
  for (const row of names) {
    const key = sanKey(row.san);
    const keyed = { key, row };
    byKey.set(key, row);
    if (row.wanted === 'no') continue;
    for (const { node, wanted } of row.nodes) {
      if (!wanted) continue;
      const rows = wantedOn.get(node);
      if (rows === undefined) wantedOn.set(node, [keyed]);
      else rows.push(keyed);
    }
  }
  return { rowOf: (key) => byKey.get(key), wantedOn };
}

export interface NodeAsk {
  /** certSANs of the cluster's configuration. */
  readonly configured: ReadonlyMap<string, San>;
  readonly wishes: ReadonlyMap<string, San>;
  readonly refused: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

export function nodeNames(subject: Subject, table: NameTable, ask: NodeAsk): NodeNames {
  const { onDisk, inUse, computed } = subject;
  const planned = new Map<string, San>();
  const missing = new Map<string, San>();
  const removals = new Map<string, San>();
  const disk = [...onDisk.values()];
  const plan = (key: string, san: San, isWanted: boolean): void => {
    if (ask.removed.has(key)) {
      // kubeadm would write it again, so it stays; the plan is refused for that.
      if (!computed.has(key)) {
        if (onDisk.has(key) || inUse.has(key)) removals.set(key, san);
        return;
      }
    }
    if (!planned.has(key)) planned.set(key, san);
    if (isWanted && !onDisk.has(key) && !isCovered(disk, san)) missing.set(key, san);
  };
  for (const [key, { san }] of computed) plan(key, san, false);
  for (const [key, san] of ask.configured) plan(key, san, true);
  for (const [key, san] of onDisk) plan(key, san, false);
  for (const [key, san] of inUse) plan(key, san, true);
  for (const { key, row } of table.wantedOn.get(subject.name) ?? []) {
    if (!isOnlyRefused(key, row.provenance, ask.refused)) plan(key, row.san, true);
  }
  for (const [key, san] of ask.wishes) if (!ask.refused.has(key)) plan(key, san, true);
  const names = [...planned].map(([key, san]): PlannedName => {
    const fate = onDisk.has(key) || inUse.has(key) ? 'kept' : 'added';
    return { san, fate, why: whyOf(subject, key, table), breaks: [] };
  });
  const gone = [...removals].map(([key, san]): PlannedName => ({
    san,
    fate: 'removed',
    why: whyOf(subject, key, table),
    breaks: table.rowOf(key)?.brokenWithout ?? [],
  }));
  return { names: [...names, ...gone].toSorted(inOrder), planned, missing: [...missing.values()] };
}

function isOnlyRefused(
  key: string,
  provenance: readonly Provenance[],
  refused: ReadonlySet<string>,
): boolean {
  return refused.has(key) && provenance.every(({ why }) => why === 'wish');
}

const unknown: readonly Provenance[] = [{ why: 'hand-added-or-unknown' }];
const wish: readonly Provenance[] = [{ why: 'wish' }];

function whyOf({ computed, onDisk, inUse }: Subject, key: string, table: NameTable): readonly Provenance[] {
  const row = table.rowOf(key);
  if (row !== undefined && row.provenance.length > 0) return row.provenance;
  const rule = computed.get(key)?.rule;
  if (rule === 'controlPlaneEndpoint' || rule === 'certSANs') return [{ why: rule }];
  if (rule !== undefined) return [{ why: 'kubeadm', rule }];
  return onDisk.has(key) || inUse.has(key) ? unknown : wish;
}

const fates = { added: 0, removed: 1, kept: 2 } as const;

function inOrder(one: PlannedName, other: PlannedName): number {
  return (
    fates[one.fate] - fates[other.fate] ||
    compare(one.san.type, other.san.type) ||
    compare(one.san.value, other.san.value)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
