/** What a person or a file asks of a plan: names to add and to take away, and risks that were accepted by name. */
import type { InventorySource } from '../model/inventory-source.ts';
import type { KeyFile } from '../model/node-facts.ts';
import type { SanRefusalCode } from '../model/san-refusal.ts';
import type { San } from '../model/san.ts';

export interface AskedName {
  readonly san: San;
  /** `text`: out of an error that was pasted, which anybody may have written. */
  readonly from: 'flag' | 'config' | 'policy' | 'text';
  /** The unspecified address, a metadata service, a wildcard for a whole top-level domain. */
  readonly special?: SanRefusalCode;
}

/** Each is one flag; none is implied by another. */
export interface Accepted {
  readonly shorterValidity?: boolean;
  readonly lostNames?: boolean;
  readonly specialNames?: boolean;
  readonly answeredNames?: boolean;
  readonly breakage?: boolean;
  readonly pastedNames?: boolean;
  readonly uninspected?: boolean;
}

export const flagOf: Readonly<Record<keyof Accepted, string>> = {
  shorterValidity: '--accept-shorter-validity',
  lostNames: '--accept-lost-names',
  specialNames: '--accept-special-names',
  answeredNames: '--accept-answered-names',
  breakage: '--accept-breakage',
  pastedNames: '--yes-names',
  uninspected: '--accept-uninspected',
};

export interface NamePolicy {
  /** Names, *.example.com (any depth), addresses, ranges. */
  readonly allow?: readonly string[] | undefined;
  readonly atMost?: number | undefined;
}

export interface Ask {
  readonly wishes: readonly AskedName[];
  readonly removals: readonly San[];
  readonly accepted: Accepted;
  readonly policy: NamePolicy;
  /** Names of a pasted text whose cause no certificate mends. */
  readonly leftOut?: readonly { readonly name: string; readonly why: string }[];
  /** Digests of keys for which somebody else has signed already, so that no CA key is needed there. */
  readonly signed?: ReadonlySet<string>;
  readonly inventory?: InventorySource;
  /** --kubespray-version, or what --kubespray DIR says. */
  readonly kubesprayVersion?: string | undefined;
}

export const nothingAsked: Ask = { wishes: [], removals: [], accepted: {}, policy: {} };

/** Whether somebody else has signed for this key. */
export function isSigned({ signed }: Ask, key: KeyFile | undefined): boolean {
  return key?.keyFingerprint !== undefined && signed?.has(key.keyFingerprint) === true;
}
