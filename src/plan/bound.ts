/** What was seen when a plan was made, and what has changed since: a plan is good for that state only. */
import type { Inspection } from '../model/inspection.ts';
import type { Bound } from '../model/plan.ts';
import { type Subject, subjectsOf } from './subject.ts';

export function boundTo({ facts }: Inspection, subjects: readonly Subject[]): Bound {
  const version = facts.api?.kubeadmConfig?.resourceVersion;
  return {
    nodes: subjects.map(({ name, read, leaf, served, ca, facts: node }) => {
      const hostKey = read.connection?.hostKeyFingerprint;
      return {
        node: name,
        certificate: leaf?.fingerprint ?? 'none',
        ...(served === undefined ? {} : { served: served.fingerprint }),
        ca: ca?.fingerprint ?? 'none',
        ...(hostKey === undefined ? {} : { hostKey }),
        ...(node.kubeadm === undefined ? {} : { kubeadmVersion: node.kubeadm.version }),
      };
    }),
    ...(version === undefined ? {} : { kubeadmConfigVersion: version }),
  };
}

/** In clauses; empty where the cluster is as it was. A host key that is not known on one side is no difference. */
export function changedSince(bound: Bound, inspection: Inspection): readonly string[] {
  const now = boundTo(inspection, subjectsOf(inspection));
  const changes: string[] = [];
  const byNode = new Map(now.nodes.map((one) => [one.node, one]));
  for (const before of bound.nodes) {
    const after = byNode.get(before.node);
    byNode.delete(before.node);
    if (after === undefined) {
      changes.push(`${before.node} is no longer there or could not be read`);
      continue;
    }
    const compare = (what: string, one: string | undefined, other: string | undefined): void => {
      if (one !== undefined && other !== undefined && one !== other)
        changes.push(`${what} of ${before.node}`);
    };
    compare('the certificate on disk', before.certificate, after.certificate);
    compare('the served certificate', before.served, after.served);
    compare('the CA', before.ca, after.ca);
    compare('the SSH host key', before.hostKey, after.hostKey);
    compare('the version of kubeadm', before.kubeadmVersion ?? 'none', after.kubeadmVersion ?? 'none');
  }
  for (const { node } of byNode.values()) changes.push(`${node} is new`);
  if ((bound.kubeadmConfigVersion ?? '') !== (now.kubeadmConfigVersion ?? '')) changes.push('kubeadm-config');
  return changes;
}
