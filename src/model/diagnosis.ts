/** What `explain` found in a text: a plain value that every report is made from. */
import type { Affected } from './access-path.ts';
import type { CauseCode } from './cause.ts';
import type { SanRefusalCode } from './san-refusal.ts';

export interface NamedSan {
  readonly type: 'dns' | 'ip';
  readonly value: string;
  /** How often the text says it. */
  readonly count: number;
  readonly verdict: 'add' | 'do-not-add';
  readonly cause: CauseCode;
  readonly endpoints: readonly string[];
  readonly clients: readonly string[];
  /** Names that the certificate holds, as far as the text lists them; at most 20. */
  readonly held: readonly string[];
  /** Why a missing name cannot be added as it is. */
  readonly refusal?: SanRefusalCode;
  /** What else one should know before adding it. */
  readonly remarks: readonly string[];
}

export interface FoundCause {
  readonly code: CauseCode;
  readonly count: number;
  /** `said`: the text says so; `suspected`: it fits, and the advice names the check that decides. */
  readonly certainty: 'said' | 'suspected';
  readonly endpoints: readonly string[];
  readonly clients: readonly string[];
  readonly affected: readonly Affected[];
  readonly advice: string;
}

export interface NextCommand {
  /** Where to type it: at the client, or on a control-plane node as root. */
  readonly where: 'here' | 'control-plane';
  readonly why: string;
  readonly command: string;
}

export const diagnosisNotes = [
  'issuer',
  'interceptor',
  'proxy',
  'held-elsewhere',
  'stale-file',
  'kubespray',
  'insecure-test',
  'no-ca-given',
  'private-key',
  'long-line',
  'too-many-names',
  'refused-name',
] as const;

export type DiagnosisNote = (typeof diagnosisNotes)[number];

export interface PastedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: string;
  readonly isCa: boolean;
  readonly names: readonly string[];
}

export interface Diagnosis {
  readonly exitCode: 1 | 2 | 8;
  readonly names: readonly NamedSan[];
  readonly causes: readonly FoundCause[];
  /** Certificates that were pasted along. */
  readonly certificates: readonly PastedCertificate[];
  readonly notes: readonly { readonly code: DiagnosisNote; readonly text: string }[];
  readonly next: readonly NextCommand[];
  /** Lines that speak of certificate trouble in words that no rule knows. */
  readonly unparsedLines: number;
}
