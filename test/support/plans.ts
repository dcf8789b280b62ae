/** Clusters to plan for: as test/support/facts.ts makes them, with the text of kubeadm-config that belongs to them. */
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodePlan, Plan } from '../../src/model/plan.ts';
import { looseSan, type San } from '../../src/model/san.ts';
import { type Ask, type AskedName, nothingAsked } from '../../src/plan/ask.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { changeApi } from './facts.ts';

export function named(value: string): San {
  const san = looseSan(value);
  if (san === undefined) throw new Error(value);
  return san;
}

/** The ConfigMap's text, as kubeadm writes it, for what the facts say is in it. */
export function withText(facts: ClusterFacts): ClusterFacts {
  return changeApi(facts, ({ kubeadmConfig }) => {
    if (kubeadmConfig === undefined) return {};
    const { apiVersion, kubernetesVersion, controlPlaneEndpoint, certSans, dnsDomain, serviceSubnets } =
      kubeadmConfig.configuration;
    const text = [
      'apiServer:',
      ...(certSans.length === 0
        ? ['  extraArgs: []']
        : ['  certSANs:', ...certSans.map((name) => `  - ${JSON.stringify(name)}`)]),
      `apiVersion: ${apiVersion}`,
      'certificatesDir: /etc/kubernetes/pki',
      ...(controlPlaneEndpoint === undefined ? [] : [`controlPlaneEndpoint: ${controlPlaneEndpoint}`]),
      'kind: ClusterConfiguration',
      ...(kubernetesVersion === undefined ? [] : [`kubernetesVersion: ${kubernetesVersion}`]),
      'networking:',
      `  dnsDomain: ${dnsDomain}`,
      `  serviceSubnet: ${serviceSubnets.join(',')}`,
      '',
    ].join('\n');
    return { kubeadmConfig: { ...kubeadmConfig, text } };
  });
}

export function asking(names: readonly string[], change: Partial<Ask> = {}): Ask {
  return {
    ...nothingAsked,
    wishes: names.map((name): AskedName => ({ san: named(name), from: 'flag' })),
    ...change,
  };
}

/** As the command line does it: what is asked for is a wish of the facts too. */
export function planFor(facts: ClusterFacts, ask: Ask = nothingAsked): Plan {
  const wishes = [...facts.wishes, ...ask.wishes.map(({ san }) => san)];
  return makePlan(diagnoseCluster({ ...withText(facts), wishes }), ask);
}

export function nodeOf(plan: Plan, name: string): NodePlan {
  const found = plan.nodes.find(({ node }) => node === name);
  if (found === undefined) throw new Error(`no plan for ${name}`);
  return found;
}

export function valuesOf({ names }: NodePlan, fate?: NodePlan['names'][number]['fate']): readonly string[] {
  return names.filter((one) => fate === undefined || one.fate === fate).map(({ san }) => san.value);
}
