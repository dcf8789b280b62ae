/** What was served, as plain values, and whether it leads to a CA that was given: by signatures, never by names alone. */
import { type Certificate, isSignedBy, readCertificates } from '../../model/certificate.ts';
import { certificateRefusalSentence } from '../../model/certificate-refusal.ts';

export interface ServedChain {
  /** Leaf first; ends before the first one that cannot be read. */
  readonly chain: readonly Certificate[];
  readonly fault?: string;
}

const mostServed = 16;

export function readChain(ders: readonly Uint8Array[]): ServedChain {
  const chain: Certificate[] = [];
  for (const [index, der] of ders.slice(0, mostServed).entries()) {
    const reading = readCertificates(der);
    if (!reading.ok) {
      const refusal = { ...reading.refusal, ...(ders.length > 1 ? { position: index + 1 } : {}) };
      return { chain, fault: certificateRefusalSentence(refusal) };
    }
    chain.push(reading.certificates[0]);
  }
  return ders.length > mostServed ? { chain, fault: `${ders.length} certificates were served` } : { chain };
}

/**
 * Whether a client that trusts these CAs gets from the leaf to one of them by what was served. Dates and names are looked at elsewhere:
 * an expired certificate is the cluster's own all the same.
 */
export function leadsTo(chain: readonly Certificate[], ca: readonly Certificate[]): boolean {
  const [leaf, ...served] = chain;
  const trusted = new Set(ca.map(({ fingerprint }) => fingerprint));
  const seen = new Set<string>();
  const waiting = leaf === undefined ? [] : [leaf];
  for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
    if (seen.has(here.fingerprint)) continue;
    seen.add(here.fingerprint);
    const child = here;
    if (trusted.has(child.fingerprint) || ca.some((one) => isSignedBy(child, one))) return true;
    waiting.push(...served.filter((one) => !seen.has(one.fingerprint) && isSignedBy(child, one)));
  }
  return false;
}
