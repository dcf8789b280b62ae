/** The end of a run for the inventory: with --write, and once every node is as planned, the names are put into its files here. */
import type { DurableOutcome } from '../model/rollout.ts';
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
  const ended = (told: Pick<DurableOutcome, 'state' | 'why'>): RunEnd['durable'] =>
    end.durable.map((one) => {
      if (one.kind !== 'inventory') return one;
      const { why: _, ...rest } = one;
      return { ...rest, ...told };
    });
  try {
    await writeInventory(plan, cluster.resolved.inventorySource, session.say);
    return { ...end, durable: ended({ state: 'written' }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      ...end,
      durable: ended({ state: 'failed', why: error.message }),
      exits: [...end.exits, 'partial'],
    };
  }
}
