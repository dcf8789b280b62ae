/** Which CA is the cluster's, and whether what was served leads to it as a client sees it: by signatures, and by dates. */
import { type Certificate, readCertificates } from '../../model/certificate.ts';
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import { leadsTo } from '../probe/chain.ts';

export interface Trust {
  readonly isTrusted?: boolean;
  readonly caOutOfDate?: string;
}

interface Known {
  readonly served: string;
  readonly ca: readonly Certificate[];
  readonly at: string;
  readonly trust: Trust;
}

/** Each name of a certificate is a handshake of its own, and a signature takes longer to verify than all the rest. */
const known = new WeakMap<Certificate, Known>();

export function trustOf(chain: readonly Certificate[], ca: readonly Certificate[], at: string): Trust {
  const [leaf, ...others] = chain;
  if (ca.length === 0 || leaf === undefined) return {};
  const served = others.map(({ fingerprint }) => fingerprint).join(' ');
  const before = known.get(leaf);
  if (before?.ca === ca && before.at === at && before.served === served) return before.trust;
  const trust = judged(chain, ca, at);
  known.set(leaf, { served, ca, at, trust });
  return trust;
}

/** Clients look at the dates of the whole chain: https://github.com/golang/go/blob/go1.26.0/src/crypto/x509/verify.go (isValid) */
function judged(chain: readonly Certificate[], ca: readonly Certificate[], at: string): Trust {
  const [leaf, ...served] = chain;
  if (leaf === undefined) return {};
  if (!leadsTo(chain, ca)) return { isTrusted: false };
  const isInDate = ({ notBefore, notAfter }: Certificate): boolean => notBefore <= at && at <= notAfter;
  if (leadsTo([leaf, ...served.filter(isInDate)], ca.filter(isInDate))) return { isTrusted: true };
  const wrong = [...ca, ...served].find((one) => !isInDate(one));
  return {
    isTrusted: true,
    caOutOfDate: `valid from ${wrong?.notBefore ?? ''} to ${wrong?.notAfter ?? ''} (${wrong?.subject ?? ''})`,
  };
}

/**
 * What all control planes have, or most of them; none where they are at odds, since each client trusts one and refuses what the other
 * signed. A CA that was renewed with its old key is the same.
 */
export function clusterCa({ nodes, kubeconfig }: ClusterFacts): readonly Certificate[] {
  const ofRole = (role: string): readonly (readonly Certificate[])[] =>
    nodes.flatMap(({ node, result }) => {
      const reading = node.role === role && result.state === 'read' ? result.facts.ca?.reading : undefined;
      return reading?.ok === true ? [reading.certificates] : [];
    });
  const [own, others] = [ofRole('control-plane'), ofRole('worker')];
  const all = own.length > 0 ? own : others;
  if (all.length === 0) return kubeconfigCa(kubeconfig);
  const counts = new Map<string, number>();
  for (const list of all)
    for (const key of new Set(list.map(({ keyFingerprint }) => keyFingerprint)))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const keys = new Set([...counts].flatMap(([key, count]) => (count === most ? [key] : [])));
  // As many have the one as the other: of two bundles both are everybody's, of two lone CAs neither is.
  const isSplit = most < all.length && most * 2 <= all.length;
  if (isSplit) return [];
  const certificates = all.flat().filter(({ keyFingerprint }) => keys.has(keyFingerprint));
  return [...new Map(certificates.map((one) => [one.fingerprint, one])).values()];
}

export function kubeconfigCa(kubeconfig: ClusterFacts['kubeconfig']): readonly Certificate[] {
  return (kubeconfig?.ca ?? []).flatMap((pem) => {
    const reading = readCertificates(Buffer.from(pem));
    return reading.ok ? reading.certificates : [];
  });
}
