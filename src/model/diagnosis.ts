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
  readonly why: string;
  readonly command: string;
}

export type DiagnosisNote =
  | 'insecure-test'
  | 'private-key'
  | 'too-many-names'
  | 'long-line'
  | 'interceptor'
  | 'refused-name';

export interface Diagnosis {
  readonly exitCode: 1 | 2 | 8;
  readonly names: readonly NamedSan[];
  readonly causes: readonly FoundCause[];
  readonly notes: readonly { readonly code: DiagnosisNote; readonly text: string }[];
  readonly next: readonly NextCommand[];
  /** Lines that speak of certificate trouble in words that no rule knows. */
  readonly unparsedLines: number;
}
