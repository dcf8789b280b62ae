/** A node: its name, what it is in the cluster, and how it is reached. */

export type Target =
  | { readonly via: 'ssh'; readonly host: string; readonly port?: number; readonly user?: string }
  | { readonly via: 'docker'; readonly container: string }
  | { readonly via: 'local' };

/** Not `Node`, which is another thing in this language. */
export interface ClusterNode {
  /** Unique in a run, and hostile: it may come from an inventory or from the API. */
  readonly name: string;
  readonly role: 'control-plane' | 'worker';
  readonly target: Target;
  readonly source: 'flag' | 'kubeconfig' | 'inventory' | 'config';
}

/** `ssh://ops@10.0.0.1:22`, `docker://cp1`, `local:` */
export function formatTarget(target: Target): string {
  switch (target.via) {
    case 'ssh': {
      const host = target.host.includes(':') ? `[${target.host}]` : target.host;
      const user = target.user === undefined ? '' : `${target.user}@`;
      return `ssh://${user}${host}${target.port === undefined ? '' : `:${target.port}`}`;
    }
    case 'docker':
      return `docker://${target.container}`;
    case 'local':
      return 'local:';
  }
}
