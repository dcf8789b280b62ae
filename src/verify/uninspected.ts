/** Why there may be control planes that nobody looked at, in clauses. */
import type { Inspection } from '../model/inspection.ts';

export function uninspectedIn({ findings }: Inspection): readonly string[] {
  return findings.flatMap((finding): readonly string[] => {
    if (finding.severity === 'info') return [];
    const node = finding.node ?? '';
    if (finding.code === 'manifest-gone') return [`${node}: the manifest of its API server is gone`];
    if (finding.code === 'no-control-plane') return [`${node} was named, and is no control plane`];
    // Its own names are not known then, whatever else it serves.
    if (finding.code === 'partly-read' && finding.args.what === 'kube-apiserver')
      return [`${node}: ${finding.args.why}`];
    if (finding.code === 'control-plane-not-inspected')
      return [`the API knows control planes that nobody looked at: ${finding.args.names.join(', ')}`];
    // A warning where the list of nodes is what is not known.
    return finding.code === 'api-unread'
      ? [`the API was not read (${finding.args.why}), so nobody knows whether there are other control planes`]
      : [];
  });
}
