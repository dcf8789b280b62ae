/** A saved plan is what somebody agreed to; what is done is planned anew from the cluster as it is, and must come to the same. */
import type { NodePlan, Plan } from '../model/plan.ts';
import { type San, sanKey } from '../model/san.ts';
import type { Ask, AskedName } from './ask.ts';

/** What has to be asked for so that the same comes out: names that all of them shall have, and those that go. */
export function askFrom({ nodes }: Plan): Pick<Ask, 'wishes' | 'removals' | 'accepted'> {
  const all = nodes.map(planned);
  const [first = new Map<string, San>()] = all;
  const everywhere = [...first].filter(([key]) => all.every((names) => names.has(key)));
  const ofFate = (fate: NodePlan['names'][number]['fate']): ReadonlyMap<string, San> =>
    new Map(
      nodes.flatMap(({ names }) =>
        names.filter((one) => one.fate === fate).map(({ san }) => [sanKey(san), san] as const),
      ),
    );
  const added = ofFate('added');
  return {
    wishes: everywhere.filter(([key]) => added.has(key)).map(([, san]): AskedName => ({ san, from: 'flag' })),
    removals: [...ofFate('removed').values()],
    // The plan says what was accepted: it would have been refused otherwise, and a refused plan is not applied.
    accepted: {
      shorterValidity: true,
      lostNames: true,
      specialNames: true,
      answeredNames: true,
      breakage: true,
      pastedNames: true,
      uninspected: true,
    },
  };
}

function planned({ names }: NodePlan): ReadonlyMap<string, San> {
  return new Map(names.filter(({ fate }) => fate !== 'removed').map(({ san }) => [sanKey(san), san]));
}

/** In clauses; empty where both would do the same. */
export function differences(saved: Plan, remade: Plan): readonly string[] {
  const nodes = saved.nodes.map(({ node }) => node).join('\n');
  if (nodes !== remade.nodes.map(({ node }) => node).join('\n'))
    return ['which control planes, or in which order'];
  const byName = new Map(remade.nodes.map((one) => [one.node, whatOf(one)]));
  const changed = saved.nodes.filter((one) => whatOf(one) !== byName.get(one.node));
  return [
    ...changed.map(({ node }) => `what is to be signed for ${node}`),
    ...(configOf(saved) === configOf(remade) ? [] : ['kubeadm-config']),
  ];
}

function whatOf({ action, names, certificate }: NodePlan): string {
  const all = names.map(({ san, fate }) => `${sanKey(san)} ${fate === 'removed'}`);
  return JSON.stringify([action, all.toSorted(), action === 'reissue' ? certificate.algorithm : undefined]);
}

function configOf({ durable }: Plan): string | undefined {
  return durable.find((one) => one.kind === 'kubeadm-config')?.after;
}
