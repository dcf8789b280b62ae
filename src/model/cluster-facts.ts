/** Everything that was read in one run, from every place: the only thing that a diagnosis is made of. */
import type { ApiFacts } from './api-facts.ts';
import type { NodeFacts } from './node-facts.ts';
import type { ClusterNode } from './node.ts';
import type { Environment, Probe } from './probe.ts';
import { type San, sanKey } from './san.ts';
import type { ReachTrouble } from './trouble.ts';

export interface ClusterFacts {
  readonly cluster?: string;
  /** Our clock, `2026-11-21T06:00:00Z`. */
  readonly readAt: string;
  readonly nodes: readonly ReadNode[];
  readonly api?: ApiFacts;
  readonly probes: readonly Probe[];
  readonly environment: Environment;
  /** Names that the user asked for, by flag or file. */
  readonly wishes: readonly Wish[];
  /** Endpoints that the user asked about by --endpoint, and those of --with; the kubeconfig's server is one without being named here. */
  readonly endpoints?: readonly EndpointAsked[];
  /** The kubeconfig that was given, without its credentials. */
  readonly kubeconfig?: {
    readonly path: string;
    readonly context: string;
    readonly server: string;
    readonly tlsServerName?: string;
    readonly proxyUrl?: string;
    readonly skipsVerification: boolean;
    /** Its CA certificates, as PEM. */
    readonly ca: readonly string[];
  };
  /** From an inventory of kubespray's. */
  readonly inventory?: InventoryFacts;
}

export interface Wish extends San {
  /** Absent for --san. */
  readonly from?: WishSource;
}

/** Each name once for each that asks for it. */
export function distinctWishes(wishes: readonly Wish[]): readonly Wish[] {
  const known = new Set<string>();
  return wishes.filter((wish) => {
    const key = JSON.stringify([sanKey(wish), wish.from?.by, wish.from?.path]);
    return known.has(key) ? false : known.add(key);
  });
}

/** `names` or `policy.required` of a fix-sans.yaml. */
export interface WishSource {
  readonly by: 'names' | 'policy';
  readonly path: string;
}

export interface EndpointAsked {
  readonly host: string;
  readonly port: number;
  /** tls-server-name of the kubeconfig of another run: what its client compares with the certificate. */
  readonly serverName?: string;
}

export interface ReadNode {
  readonly node: ClusterNode;
  readonly connection?: {
    readonly transport: string;
    readonly user?: string;
    readonly hostKeyFingerprint?: string;
    readonly hostKeyAdded?: boolean;
    readonly through: readonly string[];
  };
  readonly result:
    | { readonly state: 'read'; readonly facts: NodeFacts }
    | { readonly state: 'unread'; readonly trouble: ReachTrouble };
}

export interface InventoryFacts {
  readonly path: string;
  readonly readBy: 'ansible-inventory' | 'subset';
  /** supplementary_addresses_in_ssl_keys as it is in effect for the first control plane; undefined where it is not set. */
  readonly supplementary?: readonly string[];
  /** Why it could not be read: encrypted, a template, no list. */
  readonly supplementaryFault?: string;
  /** `group_vars/k8s_cluster/k8s-cluster.yml:12`, from the weakest place to the one in effect, seen from the inventory. */
  readonly supplementarySetIn?: readonly string[];
  /** kube_service_addresses */
  readonly serviceRange?: string;
  /** loadbalancer_apiserver.address */
  readonly loadBalancerAddress?: string;
  /** apiserver_loadbalancer_domain_name */
  readonly loadBalancerName?: string;
  readonly kubesprayVersion?: string;
}
