/** What `rollback` looks at before it locks anything: whether the old certificates are still of any use to those who dial. */
import { readRunDetail, type RunDetail } from '../inspect/runs/read-runs.ts';
import { isSignedBy, validity } from '../model/certificate.ts';
import type { ReadNode } from '../model/cluster-facts.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ReachError } from '../reach/transport.ts';
import type { ClusterReading } from './facts.ts';

/** By node; why an old certificate is of no use, where it is of none. */
export type RunLook =
  | {
      readonly ok: true;
      readonly details: ReadonlyMap<string, RunDetail>;
      readonly clauses: ReadonlyMap<string, string>;
    }
  | { readonly ok: false; readonly why: string };

/** Of nodes that could not be asked nothing is known, and nothing is begun. */
export async function lookAtRun(
  of: string,
  planes: readonly { readonly read: ReadNode; readonly facts: NodeFacts }[],
  { facts, means }: Pick<ClusterReading, 'facts' | 'means'>,
): Promise<RunLook> {
  const details = new Map<string, RunDetail>();
  const clauses = new Map<string, string>();
  for (const { read, facts: node } of planes) {
    try {
      await using reader = await means.open(read.node);
      const detail = await readRunDetail(reader, of);
      details.set(node.node, detail);
      const clause = unusable(detail, node, new Date(facts.readAt));
      if (clause !== undefined) clauses.set(node.node, clause);
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
      return { ok: false, why: `${node.node} could not be asked: ${error.trouble.message}` };
    }
  }
  return { ok: true, details, clauses };
}

export interface Unasked {
  readonly why: string;
}

/** For one question more, where it is not the end of all that a node does not answer. */
export function detailsBy({
  means,
}: Pick<ClusterReading, 'means'>): (
  plane: { readonly read: ReadNode },
  run: string,
) => Promise<RunDetail | Unasked> {
  return async ({ read }, run) => {
    try {
      await using reader = await means.open(read.node);
      return await readRunDetail(reader, run);
    } catch (error) {
      if (!(error instanceof ReachError)) throw error;
      return { why: error.trouble.message };
    }
  };
}

/** Undefined where it is of use, or would not be put in place: there is none, or it is what lies there already. */
export function unusable(
  { old, wasDiscarded }: Pick<RunDetail, 'old' | 'wasDiscarded'>,
  { ca, certificate }: Pick<NodeFacts, 'ca' | 'certificate'>,
  now: Date,
): string | undefined {
  if (old === undefined || wasDiscarded) return undefined;
  const live = certificate?.reading?.ok === true ? certificate.reading.certificates[0] : undefined;
  if (live?.fingerprint === old.fingerprint) return undefined;
  switch (validity(old, now)) {
    case 'expired':
      return `its old certificate expired on ${old.notAfter}`;
    case 'not-yet-valid':
      return `its old certificate is not valid before ${old.notBefore}`;
    case 'valid':
  }
  // While a CA is changed for another, both are in the file.
  if (ca?.reading?.ok !== true)
    return 'its CA cannot be read, so nobody knows who signed its old certificate';
  return ca.reading.certificates.some((one) => isSignedBy(old, one))
    ? undefined
    : `its old certificate was not signed by the CA that is in use there now (${ca.path})`;
}
