/** What `verify` saw and what follows from it: handshakes from here, from nodes and from pods, and the links of a pod's way to the API. */
import type { Certificate } from './certificate.ts';
import type { ExitCode } from './exit-code.ts';
import type { NextStep } from './inspection.ts';
import type { ProbeTroubleCode } from './probe.ts';
import type { ProbePod } from './probe-pod.ts';
import type { San } from './san.ts';
import type { ReachTrouble } from './trouble.ts';

/** Where somebody stood who dialled. */
export type Place =
  | { readonly kind: 'here' }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'pod'; readonly node: string; readonly namespace: string; readonly pod: string };

/** One name tried at one address. */
export interface Dial {
  readonly place: Place;
  /** `backend`: an API server itself. `name`: what a client dials, wherever it leads. */
  readonly target: 'backend' | 'cluster-ip' | 'name';
  readonly host: string;
  readonly port: number;
  /** What the certificate is to be valid for; sent as SNI where it is no address. */
  readonly san: San;
  /** Who made the handshake: this program, or what the node has. */
  readonly by: 'tls' | 'openssl' | 'curl';
  readonly result: DialResult;
}

export type DialResult =
  | {
      readonly state: 'served';
      readonly chain: readonly Certificate[];
      /** By the cluster's CA; undefined where that is not known. */
      readonly isTrusted?: boolean;
      /** By the CA that the pod has. */
      readonly isTrustedByPod?: boolean;
      /** In a clause, where it leads to a CA that clients refuse all the same: one that is past its end, or not begun. */
      readonly caOutOfDate?: string;
    }
  /** curl judges by itself, with the CA of the node, and shows no certificate. In a pod: whether it has that CA too. */
  | { readonly state: 'accepted'; readonly isTrustedByPod?: boolean }
  | { readonly state: 'rejected'; readonly detail: string }
  | { readonly state: 'failed'; readonly trouble: ProbeTroubleCode; readonly detail: string };

/** A running pod with a network of its own, as its node sees it. */
export interface PodView {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly serviceHost?: string;
  readonly servicePort?: string;
  /** Whether something is mounted where client libraries look for the token, and whether a token is in it. */
  readonly token: 'mounted' | 'absent' | 'unknown';
  /** `kubelet`: the file in kubelet's own folder that the pod has mounted. `config-map`: kube-root-ca.crt of its namespace, by the API. */
  readonly ca?: { readonly from: 'kubelet' | 'config-map'; readonly fingerprints: readonly string[] };
  /** Whether its network namespace was entered. */
  readonly isEntered: boolean;
  readonly whyNot?: string;
}

export interface DnsAnswer {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  /** `kubelet`: what pods of this node have in resolv.conf. `service`: the DNS Service. `endpoint`: a DNS server behind it. */
  readonly role: 'kubelet' | 'service' | 'endpoint';
  readonly server: string;
  readonly result:
    | { readonly state: 'answered'; readonly code: string; readonly addresses: readonly string[] }
    | { readonly state: 'failed'; readonly detail: string };
}

export interface CrashLoop {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly container: string;
  readonly restarts: number;
  /** `5m0s` */
  readonly backOff?: string;
}

export interface VerifyFacts {
  readonly cluster?: string;
  readonly readAt: string;
  readonly nodes: readonly {
    readonly node: string;
    readonly role: 'control-plane' | 'worker';
    /** By which it serves; undefined where neither manifest nor target tells. */
    readonly addresses: readonly string[];
    readonly port: number;
    readonly trouble?: ReachTrouble;
    /** What dialled on the node. */
    readonly by?: 'openssl' | 'curl';
  }[];
  readonly service?: {
    readonly clusterIps: readonly string[];
    readonly port: number;
    readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  };
  readonly dnsName: string;
  /** Undefined where the API did not tell. */
  readonly dns?: { readonly services: readonly string[]; readonly endpoints: readonly string[] };
  readonly dials: readonly Dial[];
  readonly pods: readonly PodView[];
  readonly answers: readonly DnsAnswer[];
  readonly crashLoops: readonly CrashLoop[];
  /** What there was too much of: how many were looked at, and of how many where that is known. */
  readonly cuts?: readonly {
    readonly what: 'api-servers' | 'pods';
    readonly seen: number;
    readonly all?: number;
  }[];
  /** Made by this run to look from. */
  readonly probePods: readonly ProbePod[];
  /** `namespace/name` of those that an earlier run has left behind, or that another one is looking from. */
  readonly leftPods: readonly string[];
  /** What could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

/** What each node's certificate has to hold, and what it must not hold any more. */
export interface Wanted {
  readonly nodes: readonly {
    readonly node: string;
    readonly names: readonly San[];
    readonly gone: readonly San[];
  }[];
  /** Names that somebody asked for: each is dialled itself. */
  readonly asked: readonly San[];
}

export type Outcome =
  | 'good'
  | 'missing'
  | 'still-there'
  | 'untrusted'
  | 'out-of-date'
  | 'rejected'
  | 'unreachable'
  | 'not-tried';

export interface Seen {
  readonly outcome: Outcome;
  readonly detail?: string;
}

export interface NameProof {
  readonly san: San;
  readonly here: Seen;
  readonly node: Seen;
  readonly pod: Seen;
}

export const linkNames = ['env', 'token', 'ca', 'dns', 'kube-proxy', 'backends', 'certificate'] as const;
export type LinkName = (typeof linkNames)[number];

export interface Link {
  readonly link: LinkName;
  readonly state: 'good' | 'broken' | 'unknown';
  readonly detail: string;
}

/** A pod's way to the API, link by link. */
export interface Walk {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly links: readonly Link[];
  /** The first that is broken, in the order of the cause: without kube-proxy no name is resolved either. */
  readonly broken?: LinkName;
}

export const gapCodes = [
  'node-unread',
  'not-inspected',
  'no-pod',
  'path-not-proven',
  'not-seen',
  'link-unknown',
  'pod-not-found',
  'cut-off',
  'not-inspected',
  'probe-pod',
  'probe-pod-left',
] as const;

/** What was not proven: never taken for good. */
export interface Gap {
  readonly code: (typeof gapCodes)[number];
  readonly what: string;
  readonly detail: string;
  readonly remedy: string;
}

export interface Verification {
  readonly cluster?: string;
  readonly madeAt: string;
  readonly exitCode: ExitCode;
  readonly verdict: 'holds' | 'names-missing' | 'broken' | 'not-proven';
  readonly isWalk: boolean;
  readonly nodes: readonly { readonly node: string; readonly names: readonly NameProof[] }[];
  /** What clients outside dial, dialled itself from here: names that were asked for, endpoints, the kubeconfig's server. */
  readonly paths: readonly { readonly san: San; readonly port: number; readonly seen: Seen }[];
  readonly walks: readonly Walk[];
  readonly pods: readonly PodView[];
  readonly crashLoops: readonly CrashLoop[];
  readonly probePods: readonly ProbePod[];
  readonly leftPods: readonly string[];
  readonly gaps: readonly Gap[];
  readonly unread: VerifyFacts['unread'];
  readonly next: readonly NextStep[];
}
