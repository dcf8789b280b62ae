/** Who breaks when this name is missing, by access path: only what the text shows is called broken. */
import { type AccessPath, accessPaths, type Affected, affectedPath } from '../model/access-path.ts';
import { ipKind } from '../model/ip.ts';
import type { San } from '../model/san.ts';
import { pathOf } from './client.ts';

export interface MissingName {
  readonly san: San;
  readonly endpoints: readonly string[];
  readonly clients: readonly string[];
}

type Role = 'cluster-ip' | 'loopback' | 'other';

/** The paths for all missing names together; the worst state of each counts. */
export function affectedBy(names: readonly MissingName[], clusterIps: ReadonlySet<string>): Affected[] {
  const rank = { broken: 2, possible: 1, unaffected: 0 } as const;
  const worst = new Map<AccessPath, Affected>();
  for (const name of names) {
    for (const affected of affectedByOne(name, clusterIps)) {
      const known = worst.get(affected.path);
      if (known === undefined || rank[affected.state] > rank[known.state]) worst.set(affected.path, affected);
    }
  }
  return [...worst.values()].toSorted((one, other) => rank[other.state] - rank[one.state]);
}

function affectedByOne(name: MissingName, clusterIps: ReadonlySet<string>): Affected[] {
  const role = roleOf(name, clusterIps);
  const shown = new Set(name.clients.map(pathOf).filter((path) => path !== undefined));
  const [dialled = name.san.value] = name.endpoints;
  return accessPaths.map((path) => {
    if (shown.has(path)) return affectedPath(path, 'broken', dialled);
    switch (role) {
      case 'cluster-ip':
        return path === 'pods' ? affectedPath(path, 'broken', dialled) : affectedPath(path, 'unaffected');
      case 'loopback':
        return affectedPath(
          path,
          path === 'pods' || path === 'controller-manager-scheduler' ? 'unaffected' : 'possible',
        );
      case 'other':
        return affectedPath(path, 'possible');
    }
  });
}

/** Port 443 on a private address, or the Service's own names, is the ClusterIP; so is what pods dial. */
function roleOf({ san, endpoints, clients }: MissingName, clusterIps: ReadonlySet<string>): Role {
  if (san.type === 'dns') {
    if (/^kubernetes(?:\.default(?:\.svc(?:\..+)?)?)?$/.test(san.value)) return 'cluster-ip';
    return san.value === 'localhost' ? 'loopback' : 'other';
  }
  if (clusterIps.has(san.value)) return 'cluster-ip';
  const kind = ipKind(san.value);
  if (kind === 'loopback') return 'loopback';
  if (kind !== 'private') return 'other';
  const isHttps = endpoints.some((endpoint) => endpoint.endsWith(':443'));
  const isByPods = endpoints.length === 0 && clients.some((client) => pathOf(client) === 'pods');
  return isHttps || isByPods ? 'cluster-ip' : 'other';
}
