/** A plan: the exact certificates before they exist, what makes them last, and what was seen when it was made. Secret-free. */
import type { AccessPath } from './access-path.ts';
import type { Finding } from './finding.ts';
import type { ExitCode } from './exit-code.ts';
import type { NextStep, Provenance } from './inspection.ts';
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
  /** Names that somebody brought and that are not planned, and why: the error was not about the certificate. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  readonly next: readonly NextStep[];
  /** `--on-node`: where the node's own kubeadm made what is planned, in a folder that is gone; the serial shows that it was another. */
  readonly rehearsed?: readonly { readonly node: string; readonly serial: string }[];
  readonly bound: Bound;
}

export interface NodePlan {
  readonly node: string;
  /** `restart`: the certificate on disk is right, and the API server does not take it. */
  readonly action: 'reissue' | 'restart' | 'nothing';
  readonly reasons: readonly ReissueReason[];
  readonly names: readonly PlannedName[];
  /** What `rm apiserver.*; kubeadm init phase certs apiserver --apiserver-cert-extra-sans …` would lose here. */
  readonly lostByRecipe: readonly San[];
  readonly certificate: PlannedCertificate;
  /** Only where there is something to sign, and nothing that makes the command wrong. */
  readonly forms?: KubeadmForms;
}

export const reissueReasons = [
  'missing-names',
  'removal',
  'expired',
  'not-yet-valid',
  'no-certificate',
  'not-reloaded',
] as const;

export type ReissueReason = (typeof reissueReasons)[number];

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
  /** The same for a shell, each word quoted where it has to be. */
  readonly line: string;
  /** Names that this form adds beyond the plan: the OS host name. */
  readonly alsoNames: readonly string[];
}

export interface ConfigForm {
  readonly file: string;
  readonly argv: readonly string[];
  readonly line: string;
}

export interface Withheld {
  readonly withheld: string;
}

export type DurableChange =
  | {
      readonly kind: 'kubeadm-config';
      readonly resourceVersion: string;
      readonly names: readonly San[];
      readonly removed: readonly San[];
      readonly diff: string;
      readonly after: string;
      /** For those who apply it by hand: it fails if somebody else was faster. */
      readonly command: string;
    }
  | {
      readonly kind: 'inventory';
      /** Absolute. */
      readonly path: string;
      readonly names: readonly San[];
      /** What kubespray as it is would not write again. */
      readonly wouldDrop: readonly San[];
      /** Without context, since these files hold passwords; so is the edit: only what is put in, and where. */
      readonly diff: string;
      readonly edit: TextEdit;
      readonly command: string;
      /** Files whose value this one hides. */
      readonly hides: readonly string[];
    }
  | {
      readonly kind: 'advice';
      readonly about: 'kubeadm-config' | 'kubespray-file' | 'inventory' | 'one-node-only';
      readonly where: string;
      readonly why: string;
      readonly text: string;
    };

export interface TextEdit {
  /** Of the whole text before and after, in UTF-8. */
  readonly before: string;
  readonly after: string;
  /** In characters from the start. */
  readonly at: number;
  readonly inserted: string;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly node?: string;
  readonly detail: string;
  /** What to do, and which flag takes the responsibility where there is one. */
  readonly remedy: string;
  readonly commands: readonly { readonly why: string; readonly command: string }[];
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
  'rehearsal-differs',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export const riskCodes = [
  'single-control-plane',
  'health-unknown',
  'not-rehearsed',
  'validity',
  'algorithm',
  'lost-names',
  'names-unknown',
  'not-inspected',
  'restart-fallback',
  'api-unread',
  'answered-elsewhere',
  'breaks',
] as const;

export interface Risk {
  readonly code: (typeof riskCodes)[number];
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
    /** Fingerprints; `none` where there was nothing to read. */
    readonly certificate: string;
    readonly served?: string;
    readonly ca: string;
    readonly hostKey?: string;
    readonly kubeadmVersion?: string;
  }[];
  readonly kubeadmConfigVersion?: string;
}
