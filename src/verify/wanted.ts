/** What every certificate has to hold: what the plan says of each node, and what somebody asks for on all of them. */
import type { NameRow } from '../model/inspection.ts';
import type { Plan } from '../model/plan.ts';
import { type San, sanKey } from '../model/san.ts';
import type { Wanted } from '../model/verification.ts';

export function wantedOf(
  { nodes }: Pick<Plan, 'nodes'>,
  asked: readonly San[],
  controlPlanes: readonly string[],
  rows: readonly NameRow[] = [],
): Wanted {
  // A plan knows of each name whether it was a wish, also one that was read from a file.
  const wishes = nodes.flatMap(({ names }) =>
    names.flatMap(({ san, fate, why }) =>
      fate !== 'removed' && why.some((one) => one.why === 'wish') ? [san] : [],
    ),
  );
  const everywhere = unique([...asked, ...wishes]);
  const planned = new Map(nodes.map((plan) => [plan.node, plan]));
  return {
    asked: everywhere,
    nodes: distinct([...planned.keys(), ...controlPlanes]).map((node) => {
      const plan = planned.get(node);
      const names = plan?.names ?? [];
      // Where nothing is planned, as for another tool's cluster, what the inspection wants is still wanted.
      const found =
        plan === undefined
          ? rows.flatMap(({ san, nodes: all }) =>
              all.some((one) => one.node === node && one.wanted) ? [san] : [],
            )
          : [];
      const gone = names.filter(({ fate }) => fate === 'removed').map(({ san }) => san);
      const keys = new Set(gone.map(sanKey));
      const held = names.filter(({ fate }) => fate !== 'removed').map(({ san }) => san);
      return {
        node,
        names: unique([...held, ...found, ...everywhere]).filter((san) => !keys.has(sanKey(san))),
        gone,
      };
    }),
  };
}

function unique(sans: readonly San[]): readonly San[] {
  return [...new Map(sans.map((san) => [sanKey(san), san])).values()];
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

/** While it is waited, a certificate may be replaced by one that holds less: what was wanted before is wanted still. */
export function grown(before: Wanted | undefined, now: Wanted): Wanted {
  if (before === undefined) return now;
  const earlier = new Map(before.nodes.map((one) => [one.node, one]));
  const nodes = now.nodes.map(({ node, names, gone }) => {
    const old = earlier.get(node);
    earlier.delete(node);
    return { node, names: unique([...(old?.names ?? []), ...names]), gone };
  });
  return { asked: unique([...before.asked, ...now.asked]), nodes: [...nodes, ...earlier.values()] };
}
