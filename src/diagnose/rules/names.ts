/** Rules on the names in the certificates: which are missing, and which should not be there. */
import type { AccessPath } from '../../model/access-path.ts';
import { lostByKubeadm } from '../../model/certificate.ts';
import { canonicalIp } from '../../model/ip.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import { isCovered, looseSan, type San, sanKey } from '../../model/san.ts';
import { lackingBehind } from '../asked-names.ts';
import { genuineLeaf } from '../backend.ts';
import type { Context, Rule } from '../context.ts';
import { isComputed, wordsOf } from '../expected.ts';
import { finding } from '../finding.ts';
import { type Missing, sansOf } from '../names.ts';

/** A name that should be on a certificate is not: one finding for each node and each set of clients that break. */
const missingOnNode: Rule = ({ missing, facts }) => {
  const isConfigKnown = facts.api?.kubeadmConfig !== undefined;
  const groups = new Map<string, [Missing, ...Missing[]]>();
  for (const one of missing) {
    const key = [one.backend.index, severityOf(one), ...one.expected.paths.toSorted()].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const { backend, expected } = first;
    const absent = group.filter((one) => !isComputed(one.expected.provenance));
    return finding(
      'san-missing',
      severityOf(first),
      {
        names: group.map((one) => one.expected.san.value),
        affected: expected.paths,
        wantedBy: [...new Set(group.flatMap((one) => one.expected.provenance.map(wordsOf)))],
        ...(isConfigKnown ? { notInConfig: absent.map((one) => one.expected.san.value) } : {}),
      },
      backend.kind === 'endpoint' ? undefined : backend.name,
    );
  });
};

/** Broken now where a client dials it or somebody wrote it down, unless the old certificate is still served; a join is yet to come. */
function severityOf({ expected, isServed, backend }: Missing): Severity {
  if (isServed && backend.leaf !== undefined) return 'warning';
  const isDialled = expected.paths.some((path) => path !== 'kubeadm-join');
  return isDialled || expected.isWrittenDown ? 'error' : 'warning';
}

/** The kubeconfig or endpoint that was given dials a name that the cluster's own certificate there does not hold. */
const missingForUs: Rule = (context) => {
  const findings: Finding[] = [];
  for (const { endpoint, name, kubeconfig } of context.asked) {
    const san = looseSan(name);
    if (san === undefined || isReported(context, san)) continue;
    const leaves = (context.probes.get(endpoint) ?? []).flatMap(
      (probe) => genuineLeaf(probe, context.authorities) ?? [],
    );
    const serials = new Map(leaves.map((leaf) => [leaf.serial, isCovered(sansOf(leaf), san)]));
    const stale = [...serials].filter(([, holds]) => !holds).map(([serial]) => `serial ${serial}`);
    // What does not verify the certificate is not broken by it.
    const isUnverified = kubeconfig !== undefined && context.facts.kubeconfig?.skipsVerification === true;
    const affected: readonly AccessPath[] = isUnverified ? [] : ['remote-kubectl'];
    // Where it is one node's own address, nobody wants it of the others.
    const isOwn = typeof context.expected.get(sanKey(san))?.on === 'object';
    const behind = serials.size === 0 || isOwn || isUnverified ? [] : lackingBehind(context.backends, san);
    if (stale.length === 0 && behind.length === 0) continue;
    if (stale.length < serials.size) {
      findings.push(
        finding('one-backend-stale', 'error', {
          names: [san.value],
          stale: behind.length > 0 ? behind : stale,
        }),
      );
    } else {
      const wantedBy = [kubeconfig === undefined ? `endpoint ${endpoint}` : `kubeconfig ${kubeconfig}`];
      const provenance = context.expected.get(sanKey(san))?.provenance ?? [];
      const notInConfig = isComputed(provenance) ? [] : [san.value];
      const isConfigKnown = context.facts.api?.kubeadmConfig !== undefined;
      findings.push(
        finding('san-missing', isUnverified ? 'warning' : 'error', {
          names: [san.value],
          affected,
          wantedBy,
          ...(isConfigKnown ? { notInConfig } : {}),
        }),
      );
    }
  }
  return findings;
};

function isReported({ missing }: Context, san: San): boolean {
  return missing.some(({ expected }) => expected.san.type === san.type && expected.san.value === san.value);
}

/** A name nobody is known to want is on some control planes and not on others: a call through a load balancer fails now and then. */
const differsBetweenNodes: Rule = ({ backends, expected, holders }) => {
  const known = backends.filter(({ leaf }) => leaf !== undefined);
  if (known.length < 2) return [];
  const findings: Finding[] = [];
  for (const [key, san] of holders.sans) {
    const on = holders.onDisk(san);
    // A name of one node's own belongs to that node alone, and what is wanted everywhere is reported as missing.
    if (on.size === 0 || known.every(({ index }) => on.has(index))) continue;
    const scope = expected.get(key)?.on ?? 'nowhere';
    if (scope !== 'nowhere') continue;
    const has = known.filter(({ index }) => on.has(index)).map(({ name }) => name);
    const lacks = known.filter(({ index }) => !on.has(index)).map(({ name }) => name);
    findings.push(finding('certificate-per-node-differs', 'warning', { name: san.value, has, lacks }));
  }
  return findings;
};

/** Glued or mangled entries, which some inventories made: no client ever dials them. */
const garbage: Rule = ({ backends }) =>
  backends.flatMap(({ leaf, served, name }) => {
    const certificate = leaf ?? served?.certificate;
    const names = (certificate?.names ?? []).filter(isGarbage).map(({ value }) => value);
    return names.length === 0 ? [] : [finding('garbage-name', 'warning', { names }, name)];
  });

// Of kubespray v2.8: "172.31.9.161api-k8s.example.com", "['a', 'b']".
function isGarbage({ type, value }: { readonly type: string; readonly value: string }): boolean {
  if (type === 'malformed') return true;
  return type === 'dns' && (/[^\w.*-]/.test(value) || /^\d{1,3}(?:\.\d{1,3}){3}[a-z_-]/i.test(value));
}

/** An address typed as a DNS name: Go compares addresses with addresses only. */
const addressAsName: Rule = ({ backends }) =>
  backends.flatMap(({ leaf, served, name }) => {
    const certificate = leaf ?? served?.certificate;
    const names = (certificate?.names ?? [])
      .filter(({ type, value }) => type === 'dns' && isLikeAddress(value))
      .map(({ value }) => value);
    return names.length === 0 ? [] : [finding('address-as-dns-name', 'warning', { names }, name)];
  });

function isLikeAddress(value: string): boolean {
  return canonicalIp(value) !== undefined || /^\d+(?:\.\d+){3}$/.test(value);
}

/** Names of kinds that kubeadm cannot write: a new certificate would lose them. */
const unsupported: Rule = ({ backends }) =>
  backends.flatMap(({ leaf, name }) => {
    const names = lostByKubeadm(leaf?.names ?? [])
      .filter((one) => !isGarbage(one) && !(one.type === 'dns' && isLikeAddress(one.value)))
      .map(({ type, value }) => `${type}:${value}`);
    return names.length === 0 ? [] : [finding('unsupported-names', 'warning', { names }, name)];
  });

export const nameRules: readonly Rule[] = [
  missingOnNode,
  missingForUs,
  differsBetweenNodes,
  garbage,
  addressAsName,
  unsupported,
];
