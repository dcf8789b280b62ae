/** The end of a run for the inventory: with --write, and once every node is as planned, the names are put into its files here. */
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import type { Deciding } from './apply-plan.ts';
import type { Options } from './command.ts';
import { isSet } from './option-values.ts';
import type { RunEnd, Session } from './run-session.ts';
import { writeInventory } from './write-inventory.ts';

interface InventoryAsk {
  readonly options: Options;
  readonly deciding: Deciding;
  readonly session: Session;
}

/** The files of the inventory are here, and written after everything else holds. */
export async function withInventory(
  { options, deciding: { cluster }, session }: InventoryAsk,
  plan: Plan,
  end: RunEnd,
): Promise<RunEnd> {
  const isWhole = end.nodes.every(({ state }) => state === 'done' || state === 'nothing');
  if (!isSet(options, 'write') || !isWhole) return end;
  // One of several files may be written before another cannot be.
  const written = new Set<string>();
  const ended = (failed: string | undefined): RunEnd['durable'] =>
    end.durable.map((one) => {
      if (one.kind !== 'inventory') return one;
      const { why: _, ...rest } = one;
      if (written.has(one.where)) return { ...rest, state: 'written' };
      return failed === undefined ? one : { ...rest, state: 'failed', why: failed };
    });
  try {
    await writeInventory(plan, cluster.resolved.inventorySource, session.say, (file) => written.add(file));
    return { ...end, durable: ended(undefined) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...end, durable: ended(error.message), exits: [...end.exits, 'partial'] };
  }
}
