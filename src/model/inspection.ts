/** What `inspect` says: made from facts alone, and the only thing that its reports are made of. */
import type { AccessPath } from './access-path.ts';
import type { Certificate } from './certificate.ts';
import type { ClusterFacts, ReadNode, WishSource } from './cluster-facts.ts';
import type { ExitCode } from './exit-code.ts';
import type { Finding } from './finding.ts';
import type { Probe } from './probe.ts';
import type { San } from './san.ts';

export interface Inspection {
  readonly exitCode: ExitCode;
  readonly verdict: Verdict;
  readonly nodes: readonly ReadNode[];
  /** API servers of which no node was read: what they serve is all that is known of them. */
  readonly dialled: readonly DialledServer[];
  /** Every name of every certificate, and every name that should be in one. */
  readonly names: readonly NameRow[];
  readonly findings: readonly Finding[];
  readonly suggestions: readonly Suggestion[];
  readonly next: readonly NextStep[];
  readonly facts: ClusterFacts;
  readonly vantages: readonly Vantage[];
}

/** The answer in a word. */
export type Verdict =
  | 'healthy'
  | 'names-missing'
  | 'to-fix'
  | 'not-the-certificate'
  | 'other-tool'
  | 'unknown';

export interface DialledServer {
  /** The API's name of the node, or host:port. */
  readonly name: string;
  readonly certificate: Certificate;
  readonly issuedBy: Vantage['issuedBy'];
}

/** Why a name is in the certificate, or should be. */
export type Provenance =
  | { readonly why: 'kubeadm'; readonly rule: KubeadmRule }
  | { readonly why: 'controlPlaneEndpoint' }
  | { readonly why: 'certSANs' }
  | { readonly why: 'kubespray'; readonly rule: string }
  | { readonly why: 'inventory' }
  | { readonly why: 'kubeconfig'; readonly path: string; readonly node?: string }
  /** --endpoint, here or in a run of --with. */
  | { readonly why: 'endpoint'; readonly endpoint: string }
  | { readonly why: 'load-balancer'; readonly where: string }
  | { readonly why: 'service'; readonly where: string }
  | { readonly why: 'wish'; readonly from?: WishSource }
  /** By the name itself: kubeadm writes it on every cluster with its usual settings, but nothing that was read says so of this one. */
  | { readonly why: 'usual-name' }
  | { readonly why: 'hand-added-or-unknown' };

export type KubeadmRule = 'node-name' | 'kubernetes-service-name' | 'service-address' | 'advertise-address';

export interface NameRow {
  readonly san: San;
  readonly provenance: readonly Provenance[];
  /** One per control plane that was read, in their order. */
  readonly nodes: readonly NamePresence[];
  readonly inKubeadmConfig?: boolean;
  readonly inInventory?: boolean;
  /** Wanted on every control plane where kubeadm, kubespray, an endpoint or a wish wants it. */
  readonly wanted: 'everywhere' | 'on-its-node' | 'no';
  readonly brokenWithout: readonly AccessPath[];
}

export interface NamePresence {
  readonly node: string;
  readonly onDisk?: boolean;
  readonly served?: boolean;
  readonly wanted: boolean;
}

/** A name found on the way that is in no certificate and that nobody asked for: never added by itself. */
export interface Suggestion {
  readonly san: San;
  readonly foundIn: readonly string[];
}

export interface NextStep {
  readonly where: 'here' | 'control-plane' | 'anywhere';
  readonly why: string;
  readonly command: string;
  /** It needs the options of the run that says so: which nodes, how they are reached. */
  readonly takesOptions?: true;
}

/** One line of the comparison: who issued what, seen from where, by which way. */
export interface Vantage {
  readonly probe: Probe;
  readonly issuedBy: 'cluster-ca' | 'same-name-other-key' | 'other' | 'unknown' | 'nothing-served';
}
