/** A plan: the exact certificates before they exist, what makes them last, and what was seen when it was made. Secret-free. */
import type { AccessPath } from './access-path.ts';
import type { Finding } from './finding.ts';
import type { ExitCode } from './exit-code.ts';
import type { Provenance } from './inspection.ts';
import type { San } from './san.ts';

export interface Plan {
  readonly cluster?: string;
  readonly madeAt: string;
  readonly exitCode: ExitCode;
  /** In the order in which they would be changed. */
  readonly nodes: readonly NodePlan[];
  /** Why this order. */
  readonly order: string;
  /** What makes the names outlive the next join, upgrade and run of kubespray. */
  readonly durable: readonly DurableChange[];
  /** Reasons not to go on, each with its remedy: exit 7. */
  readonly refusals: readonly Refusal[];
  readonly risks: readonly Risk[];
  readonly wayOut?: WayOut;
  /** Findings that are no missing names: said again, since they may be the real trouble. */
  readonly findings: readonly Finding[];
  readonly bound: Bound;
}

export interface NodePlan {
  readonly node: string;
  readonly action: 'reissue' | 'nothing';
  readonly names: readonly PlannedName[];
  /** What `rm apiserver.*; kubeadm init phase certs apiserver --apiserver-cert-extra-sans …` would lose here. */
  readonly lostByRecipe: readonly San[];
  readonly certificate: PlannedCertificate;
  readonly forms: KubeadmForms;
}

export interface PlannedName {
  readonly san: San;
  readonly fate: 'added' | 'kept' | 'removed';
  readonly why: readonly Provenance[];
  /** Who breaks, where it is removed. */
  readonly breaks: readonly AccessPath[];
}

export interface PlannedCertificate {
  /** As kubeadm names it: RSA-2048, ECDSA-P256 … */
  readonly algorithm: string;
  readonly notAfterToday?: string;
  /** In hours; kubeadm's year where nothing is configured. */
  readonly validityHours: number;
  readonly isShorter: boolean;
  readonly issuer: string;
}

/** The same certificate asked for in two ways; each is complete, so that nothing is lost. */
export interface KubeadmForms {
  readonly flags: Command | Withheld;
  readonly config: ConfigForm | Withheld;
  /** Both inside a plain shell script, for sites that forbid tools with root. */
  readonly runbook?: string;
}

export interface Command {
  readonly argv: readonly string[];
  /** Names that this form adds beyond the plan: the OS host name. */
  readonly alsoNames: readonly string[];
}

export interface ConfigForm {
  readonly file: string;
  readonly argv: readonly string[];
}

export interface Withheld {
  readonly withheld: string;
}

export type DurableChange =
  | {
      readonly kind: 'kubeadm-config';
      readonly resourceVersion: string;
      readonly names: readonly San[];
      readonly diff: string;
      readonly after: string;
    }
  | {
      readonly kind: 'inventory';
      readonly path: string;
      readonly names: readonly San[];
      readonly diff: string;
      readonly after: string;
      readonly command: string;
    }
  | { readonly kind: 'advice'; readonly about: string; readonly why: string; readonly text: string };

export interface Refusal {
  readonly code: RefusalCode;
  readonly node?: string;
  readonly detail: string;
}

export const refusalCodes = [
  'ca-key-absent',
  'ca-expired',
  'ca-mismatch',
  'pair-mismatch',
  'apiserver-unhealthy',
  'clock-skew',
  'no-space',
  'read-only',
  'kubeadm-absent',
  'kubeadm-version',
  'other-tool',
  'unsupported-names',
  'shorter-validity',
  'name-refused',
  'name-elsewhere',
  'too-many-names',
  'policy',
  'unconfirmed-name',
  'removal-breaks',
  'not-read',
  'unfinished-run',
  'kubeadm-config-fault',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Risk {
  readonly code:
    | 'single-control-plane'
    | 'validity'
    | 'restart-fallback'
    | 'flags-form-algorithm'
    | 'api-unread';
  readonly node?: string;
  readonly detail: string;
}

/** Without touching anything: a name that every control plane's certificate holds. */
export interface WayOut {
  readonly name: San;
  readonly commands: readonly { readonly why: string; readonly command: string }[];
  /** Whether a handshake with that name succeeded on every control plane. */
  readonly isProven: boolean;
}

/** What the plan was made from: applying it elsewhere or later is refused. */
export interface Bound {
  readonly nodes: readonly {
    readonly node: string;
    readonly certificate: string;
    readonly served?: string;
    readonly ca: string;
    readonly hostKey?: string;
    readonly kubeadmVersion?: string;
  }[];
  readonly kubeadmConfigVersion?: string;
}
