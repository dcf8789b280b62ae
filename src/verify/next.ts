/** What to type next where something does not hold. */
import type { NextStep } from '../model/inspection.ts';
import type { LinkName, Verification, Wanted } from '../model/verification.ts';

export function nextOf(
  { verdict, walks }: Pick<Verification, 'verdict' | 'walks'>,
  { asked }: Pick<Wanted, 'asked'>,
): readonly NextStep[] {
  if (verdict === 'names-missing') return [planStep(asked.map(({ value }) => value))];
  if (verdict !== 'broken') return [];
  const links = new Set(walks.flatMap(({ broken }) => broken ?? []));
  return [...links].flatMap((link) => steps[link] ?? []);
}

/** Names from a plan file may be anything; what a shell would read otherwise is left to the user. */
function planStep(names: readonly string[]): NextStep {
  const isPlain = names.every((name) => /^[\w.:*-]+$/.test(name));
  const flags = isPlain ? names.map((name) => ` --san ${name.includes('*') ? `'${name}'` : name}`) : [];
  return {
    where: 'here',
    why: 'what would be signed where, so that they are served; with the same options',
    command: `fix-sans plan${flags.join('')}`,
    takesOptions: true,
  };
}

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace kube-system get pods';

const steps: Readonly<Partial<Record<LinkName, NextStep>>> = {
  'kube-proxy': {
    where: 'control-plane',
    why: 'whether kube-proxy runs on each node, and since when',
    command: `${kubectl} --selector k8s-app=kube-proxy --output wide`,
  },
  dns: {
    where: 'control-plane',
    why: 'whether the DNS servers of the cluster run, and where',
    command: `${kubectl} --selector k8s-app=kube-dns --output wide`,
  },
  backends: {
    where: 'control-plane',
    why: 'on the one that does not answer: whether its API server runs, and since when',
    command: 'crictl ps --all --name kube-apiserver',
  },
};
