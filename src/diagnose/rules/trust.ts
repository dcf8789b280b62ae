/** Rules on CAs and keys: what the clients trust, and whether a new certificate could be signed here. */
import type { Certificate } from '../../model/certificate.ts';
import { outlives } from '../../model/certificate.ts';
import type { Finding } from '../../model/finding.ts';
import type { NodeFacts } from '../../model/node-facts.ts';
import type { Rule } from '../context.ts';
import { isOfThisCluster } from '../dialled.ts';
import { finding } from '../finding.ts';

/** A kubeconfig or a ConfigMap trusts another CA than the cluster has. */
const staleCa: Rule = (context) => {
  const { read, facts, authorities } = context;
  if (authorities.from !== 'nodes') return [];
  const cas = new Set(authorities.cas.map(({ fingerprint }) => fingerprint));
  const isStale = (fingerprints: readonly string[]) =>
    fingerprints.length > 0 && !fingerprints.some((one) => cas.has(one));
  const findings: Finding[] = [];
  for (const { node, kubeconfigs } of read) {
    for (const file of kubeconfigs) {
      // Another file may be for another cluster, which is nobody's mistake.
      if (!isOfThisCluster(file, cas) || !isStale(file.caFingerprints)) continue;
      findings.push(finding('stale-ca', 'error', { path: file.path }, node));
    }
  }
  // A CA that was renewed with its old key is another certificate, and still the right one.
  const { kubeconfig } = facts;
  const keys = new Set(authorities.cas.map(({ keyFingerprint }) => keyFingerprint));
  const { kubeconfigCas } = authorities;
  if (kubeconfig !== undefined && kubeconfigCas.length > 0) {
    const isOld = !kubeconfigCas.some(({ keyFingerprint }) => keys.has(keyFingerprint));
    if (isOld) findings.push(finding('stale-ca', 'error', { path: kubeconfig.path }));
  }
  if (isStale(facts.api?.clusterInfo?.caFingerprints ?? [])) {
    findings.push(finding('stale-ca', 'warning', { path: 'ConfigMap kube-public/cluster-info' }));
  }
  return findings;
};

/** A kubeconfig that takes any certificate whatever: it hides this very trouble, and worse ones. */
const insecureKubeconfig: Rule = ({ facts, read }) => {
  const onNodes = read.flatMap(({ node, kubeconfigs }) =>
    kubeconfigs
      .filter(({ skipsVerification }) => skipsVerification === true)
      .map(({ path }) => finding('insecure-kubeconfig', 'warning', { path }, node)),
  );
  const { kubeconfig } = facts;
  return kubeconfig?.skipsVerification === true
    ? [finding('insecure-kubeconfig', 'warning', { path: kubeconfig.path }), ...onNodes]
    : onNodes;
};

/** ca.key is not there: on no node is a site's choice (external CA), on some only is an accident waiting. */
const caKeyAbsent: Rule = ({ read }) => {
  const known = read.filter(({ apiserver, caKey }) => apiserver !== undefined && caKey !== undefined);
  const absent = known.filter(
    ({ caKey }) => caKey?.file === undefined && caKey?.keyFingerprint === undefined,
  );
  const severity = absent.length === known.length ? 'info' : 'warning';
  return absent.map(({ node, caKey }) =>
    finding('ca-key-absent', severity, { path: caKey?.path ?? '' }, node),
  );
};

/** The CA on this node did not sign its certificate, has another key beside it, or is not the other nodes' CA. */
const caMismatch: Rule = (context) => {
  const usual = usualCa(context.read, 'keyFingerprint');
  const usualFile = usualCa(context.read, 'fingerprint');
  return context.read.flatMap((node) => {
    if (node.apiserver === undefined) return [];
    const cas = certificatesOf(node);
    const [ca] = cas;
    if (ca === undefined) return [];
    const leaf = node.certificate?.reading?.ok === true ? node.certificate.reading.certificates : [];
    const [own] = leaf;
    const path = node.ca?.path ?? '';
    // Intermediates may lie in the certificate's own file.
    const signers = [...cas, ...leaf.slice(1)];
    const isUnsigned =
      own !== undefined && !signers.some((signer) => context.authorities.isSigned(own, signer));
    const isOdd = usual === 'split' || (usual !== undefined && ca.keyFingerprint !== usual);
    // Renewed with its old key on some of the nodes: what it signed is good, and the nodes have not the same.
    const isOther = usualFile === 'split' || (usualFile !== undefined && ca.fingerprint !== usualFile);
    const severity = isUnsigned || isOdd ? 'error' : 'warning';
    const findings =
      isUnsigned || isOdd || isOther ? [finding('ca-mismatch', severity, { path }, node.node)] : [];
    const ofKey = node.caKey?.keyFingerprint;
    // kubeadm signs with the first of a bundle and its key.
    return ofKey !== undefined && ofKey !== ca.keyFingerprint
      ? [...findings, finding('ca-mismatch', 'error', { path: node.caKey?.path ?? path }, node.node)]
      : findings;
  });
};

/** The CA that most control planes have; `split` where none has a majority, undefined where there is none at all. */
function usualCa(read: readonly NodeFacts[], by: 'keyFingerprint' | 'fingerprint'): string | undefined {
  const counts = new Map<string, number>();
  for (const node of read) {
    const [ca] = node.apiserver === undefined ? [] : certificatesOf(node);
    if (ca !== undefined) counts.set(ca[by], (counts.get(ca[by]) ?? 0) + 1);
  }
  const [first, second] = [...counts].toSorted(([, one], [, other]) => other - one);
  if (first === undefined) return undefined;
  return first[1] > (second?.[1] ?? 0) ? first[0] : 'split';
}

function certificatesOf(node: NodeFacts): readonly Certificate[] {
  return node.ca?.reading?.ok === true ? node.ca.reading.certificates : [];
}

/** The key on disk is not the certificate's: the next restart of the API server fails. */
const pairMismatch: Rule = ({ backends }) =>
  backends.flatMap(({ leaf, facts, name }) => {
    const key = facts?.key?.keyFingerprint;
    if (leaf === undefined || key === undefined || key === leaf.keyFingerprint) return [];
    const args = { certificate: facts?.certificate?.path ?? '', key: facts?.key?.path ?? '' };
    return [finding('pair-mismatch', 'error', args, name)];
  });

/** An algorithm that clients refuse or will refuse. */
const weakAlgorithm: Rule = ({ backends }) =>
  backends.flatMap(({ leaf, served, name }) => {
    const certificate = leaf ?? served?.certificate;
    if (certificate === undefined) return [];
    const { signatureAlgorithm, key } = certificate;
    if (/^(?:md5|sha1)-/.test(signatureAlgorithm)) {
      return [finding('weak-algorithm', 'warning', { algorithm: signatureAlgorithm }, name)];
    }
    return key.type === 'rsa' && key.bits < 2048
      ? [finding('weak-algorithm', 'warning', { algorithm: `rsa-${key.bits}` }, name)]
      : [];
  });

/** The certificate claims to be valid when its CA no longer is: kubeadm does not cap it. */
const outlivesCa: Rule = ({ read, authorities }) =>
  read.flatMap(({ node, certificate, ca }) => {
    if (certificate?.reading?.ok !== true || ca?.reading?.ok !== true) return [];
    const [leaf] = certificate.reading.certificates;
    const signer = ca.reading.certificates.find((one) => authorities.isSigned(leaf, one));
    if (signer === undefined || !outlives(leaf, signer)) return [];
    return [
      finding('outlives-ca', 'warning', { notAfter: leaf.notAfter, caNotAfter: signer.notAfter }, node),
    ];
  });

export const trustRules: readonly Rule[] = [
  staleCa,
  insecureKubeconfig,
  caKeyAbsent,
  caMismatch,
  pairMismatch,
  weakAlgorithm,
  outlivesCa,
];
