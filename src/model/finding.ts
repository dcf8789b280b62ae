/** Every finding that inspection can make: a stable code, how bad it is, which node, and its arguments. The words are in report/. */
import type { AccessPath } from './access-path.ts';
import type { ReachTroubleCode } from './trouble.ts';

/** `error`: something is broken now. `warning`: the next join, renewal or restart will break it. `info`: good to know. */
export type Severity = 'error' | 'warning' | 'info';

/** What each code carries. Names and texts are hostile. */
export interface FindingArgs {
  /** On the certificates of `node`; `served` false where it is missing on disk too. */
  'san-missing': {
    readonly names: readonly string[];
    readonly affected: readonly AccessPath[];
    /** Why it should be there, in the words of Provenance. */
    readonly wantedBy: readonly string[];
    /** Of the names those that a certificate made by kubeadm-config as it is would lack again; absent where that could not be read. */
    readonly notInConfig?: readonly string[];
  };
  'not-reloaded': { readonly onDisk: string; readonly served: string; readonly names: readonly string[] };
  'one-backend-stale': { readonly names: readonly string[]; readonly stale: readonly string[] };
  'config-drift': { readonly names: readonly string[] };
  'inventory-drift': { readonly names: readonly string[] };
  intercepted: {
    readonly endpoint: string;
    readonly from: string;
    readonly way: string;
    readonly issuer: string;
    readonly subject: string;
    readonly proxy?: string;
    /** Vantage points that were served the cluster's own certificate for it. */
    readonly genuineFrom: readonly string[];
    /** Trust bundles here that hold a CA of the chain that was served: programs that use them notice nothing. */
    readonly trustedBy?: readonly string[];
    /** No CA of the cluster was known: told by what kubeadm never makes. */
    readonly isByLooks?: boolean;
    /** Its certificate is not for what was dialled, and nothing else speaks of interception: another server may stand there. */
    readonly mayBeOther?: boolean;
  };
  'proxy-cannot-reach-upstream': {
    readonly endpoint: string;
    readonly proxy?: string;
    readonly status?: number;
    readonly server?: string;
    readonly firstLine: string;
  };
  'wrong-endpoint': {
    readonly endpoint: string;
    readonly subject: string;
    readonly issuer: string;
    /** The hosts that its certificate is for, where that is how it was told. */
    readonly names?: readonly string[];
  };
  'stale-ca': { readonly path: string };
  'insecure-kubeconfig': { readonly path: string };
  expired: { readonly what: string; readonly notAfter: string };
  expiring: { readonly what: string; readonly notAfter: string; readonly days: number };
  'not-yet-valid': { readonly what: string; readonly notBefore: string };
  'clock-skew': { readonly seconds: number };
  'ca-key-absent': { readonly path: string };
  'ca-mismatch': { readonly path: string };
  'pair-mismatch': { readonly certificate: string; readonly key: string };
  'certificate-unreadable': { readonly path: string; readonly why: string };
  'unusual-path': { readonly what: string; readonly path: string };
  'stray-manifest': { readonly file: string };
  'foreign-address': { readonly address: string; readonly addresses: readonly string[] };
  'wrong-default-route': { readonly advertise: string; readonly defaultRoute: string };
  'service-range-overlaps-nodes': { readonly range: string; readonly addresses: readonly string[] };
  'vip-bootstrap-loop': { readonly address: string; readonly service: string };
  'stale-upstream': {
    readonly kind: string;
    readonly path: string;
    readonly gone: readonly string[];
    readonly absent: readonly string[];
  };
  'stale-endpoints': { readonly gone: readonly string[]; readonly absent: readonly string[] };
  'port-forwarded': { readonly port: number; readonly rule: string };
  'wrong-certificate': { readonly why: string };
  'sni-certificate': { readonly path: string; readonly names: readonly string[] };
  'garbage-name': { readonly names: readonly string[] };
  'address-as-dns-name': { readonly names: readonly string[] };
  'unsupported-names': { readonly names: readonly string[] };
  'certificate-per-node-differs': {
    readonly name: string;
    readonly has: readonly string[];
    readonly lacks: readonly string[];
  };
  'weak-algorithm': { readonly algorithm: string };
  'outlives-ca': { readonly notAfter: string; readonly caNotAfter: string };
  'unfinished-run': { readonly run: string };
  'other-tool': { readonly distribution: string; readonly evidence: string; readonly howTo: string };
  'api-unread': { readonly what: readonly string[]; readonly why: string };
  'not-read': { readonly code: ReachTroubleCode; readonly message: string; readonly hint: string };
  'partly-read': { readonly what: string; readonly why: string };
  /** A machine that was named as a control plane and is a worker, or no node of any cluster. */
  'no-control-plane': {
    readonly kind: 'worker' | 'nothing';
    /** Where a worker's kubelet finds the API. */
    readonly dials?: readonly string[];
  };
  /** The files of a control plane are there, and the manifest of its API server is not. */
  'manifest-gone': { readonly folder: string; readonly evidence: string };
  'endpoint-unreachable': { readonly endpoint: string; readonly from: string; readonly trouble: string };
  'path-not-proven': { readonly endpoint: string; readonly trouble: string };
  'control-plane-not-inspected': { readonly names: readonly string[] };
  'kubeadm-config-fault': {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly fault: string;
  };
  'kubeadm-missing': Readonly<Record<string, never>>;
  'host-key-added': { readonly fingerprint: string };
}

export type FindingCode = keyof FindingArgs;

export type Finding = {
  readonly [Code in FindingCode]: {
    readonly code: Code;
    readonly severity: Severity;
    /** Undefined for the cluster as a whole, or for where we stand. */
    readonly node?: string;
    readonly args: FindingArgs[Code];
  };
}[FindingCode];
