/** Who issued a certificate, as far as the known CAs tell. */
import { type Certificate, isSignedBy, readCertificates } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Vantage } from '../model/inspection.ts';

export type Issuer = Exclude<Vantage['issuedBy'], 'nothing-served'>;

type Origin = 'nodes' | 'kubeconfig' | 'nowhere';

/** The CAs by which the rest is judged: those on the control planes, or else the kubeconfig's. */
export interface Authorities {
  readonly from: Origin;
  readonly cas: readonly Certificate[];
  /** Of the kubeconfig that was given, whatever the nodes say. */
  readonly kubeconfigCas: readonly Certificate[];
  issuerOf(chain: readonly Certificate[]): Issuer;
  isSigned(certificate: Certificate, signer: Certificate): boolean;
}

export function authoritiesOf(facts: ClusterFacts): Authorities {
  const onNodes = unique(
    facts.nodes.flatMap(({ result }) =>
      result.state === 'read' && result.facts.ca?.reading?.ok === true
        ? result.facts.ca.reading.certificates
        : [],
    ),
  );
  const kubeconfigCas = unique((facts.kubeconfig?.ca ?? []).flatMap(readPem));
  const cas = onNodes.length > 0 ? onNodes : kubeconfigCas;
  // The same certificates come in every probe and rule, and to verify a signature takes time.
  const known = new Map<string, Issuer>();
  const signers = new Map(cas.map((ca) => [ca.fingerprint, ca]));
  const verified = new Map<string, boolean>();
  const isSigned = (certificate: Certificate, signer: Certificate): boolean => {
    const key = `${certificate.fingerprint} ${signer.fingerprint}`;
    const seen = verified.get(key) ?? isSignedBy(certificate, signers.get(signer.fingerprint) ?? signer);
    verified.set(key, seen);
    return seen;
  };
  return {
    from: whence(onNodes, kubeconfigCas),
    cas,
    kubeconfigCas,
    isSigned,
    issuerOf(chain) {
      const key = chain.map(({ fingerprint }) => fingerprint).join(' ');
      const issuer = known.get(key) ?? judge(chain, cas, isSigned);
      known.set(key, issuer);
      return issuer;
    },
  };
}

function whence(onNodes: readonly Certificate[], ofKubeconfig: readonly Certificate[]): Origin {
  if (onNodes.length > 0) return 'nodes';
  return ofKubeconfig.length > 0 ? 'kubeconfig' : 'nowhere';
}

function judge(
  chain: readonly Certificate[],
  cas: readonly Certificate[],
  isSigned: Authorities['isSigned'],
): Issuer {
  if (cas.length === 0) return 'unknown';
  const [leaf, ...others] = chain;
  if (leaf === undefined) return 'unknown';
  let at = leaf;
  // Each step uses up one certificate of the chain, so a circle ends too.
  for (const rest = [...others]; ;) {
    const current = at;
    if (cas.some((ca) => ca.fingerprint === current.fingerprint || isSigned(current, ca)))
      return 'cluster-ca';
    const next = rest.findIndex((one) => one.subject === current.issuer && isSigned(current, one));
    if (next === -1) break;
    [at = current] = rest.splice(next, 1);
  }
  return cas.some((ca) => ca.subject === leaf.issuer) ? 'same-name-other-key' : 'other';
}

function unique(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint, one])).values()];
}

function readPem(text: string): readonly Certificate[] {
  const reading = readCertificates(Buffer.from(text));
  return reading.ok ? reading.certificates : [];
}
