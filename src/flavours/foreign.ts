/** Clusters that another tool owns: which one, and how that one adds a name. Ours are kubeadm, kind and kubespray. */
import type { DistributionTrace } from '../model/node-facts.ts';

type Distribution = DistributionTrace['distribution'];
type Foreign = Exclude<Distribution, 'kubeadm' | 'kubespray' | 'kind'>;

const foreign: Readonly<Record<Foreign, { readonly usesKubeadm: boolean; readonly howTo: string }>> = {
  'cluster-api': {
    usesKubeadm: true,
    howTo:
      'in the management cluster, add the name to spec.kubeadmConfigSpec.clusterConfiguration.apiServer.certSANs of the KubeadmControlPlane (kubectl edit kubeadmcontrolplane NAME); Cluster API then replaces the control planes one by one',
  },
  minikube: {
    usesKubeadm: true,
    howTo:
      'minikube start --apiserver-names=NAME --apiserver-ips=ADDRESS, with the profile of the running cluster (-p PROFILE)',
  },
  k3s: {
    usesKubeadm: false,
    howTo:
      'on each server, add the name under tls-san: in /etc/rancher/k3s/config.yaml, then systemctl restart k3s, one server at a time',
  },
  rke2: {
    usesKubeadm: false,
    howTo:
      'on each server, add the name under tls-san: in /etc/rancher/rke2/config.yaml, then systemctl restart rke2-server, one server at a time',
  },
  talos: {
    usesKubeadm: false,
    howTo: `talosctl --nodes NODE patch machineconfig --patch '{"cluster":{"apiServer":{"certSANs":["NAME"]}}}' on each control plane (first with --dry-run), and the same in the machine configuration that is kept`,
  },
  microk8s: {
    usesKubeadm: false,
    howTo:
      'on each node, add a line DNS.n = NAME or IP.n = ADDRESS under [ alt_names ] in /var/snap/microk8s/current/certs/csr.conf.template, then microk8s refresh-certs -e server.crt',
  },
  k0s: {
    usesKubeadm: false,
    howTo:
      'add the name under spec.api.sans in /etc/k0s/k0s.yaml of each controller and restart it (k0s stop, k0s start), one at a time; with k0sctl under spec.k0s.config.spec.api.sans, then k0sctl apply',
  },
};

export interface Owner {
  readonly distribution: Foreign;
  readonly evidence: string;
  readonly howTo: string;
}

/**
 * Whose node this is, where it is not ours. On a node whose API server runs from kubeadm's manifest, traces of tools that do not use
 * kubeadm are what an earlier life of the machine left behind.
 */
export function ownerOf(traces: readonly DistributionTrace[], runsKubeadm: boolean): Owner | undefined {
  for (const { distribution, evidence } of traces) {
    if (!isForeign(distribution)) continue;
    const { usesKubeadm, howTo } = foreign[distribution];
    if (usesKubeadm || !runsKubeadm) return { distribution, evidence, howTo };
  }
  return undefined;
}

function isForeign(distribution: Distribution): distribution is Foreign {
  return distribution in foreign;
}
