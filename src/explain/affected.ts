/** Who breaks when this name is missing, by access path: only what the text shows is called broken. */
import { type AccessPath, accessPaths, type Affected, affectedPath } from '../model/access-path.ts';
import type { NamedSan } from '../model/diagnosis.ts';
import { ipKind } from '../model/ip.ts';
import { isApiserverName } from '../model/san.ts';
import { pathOf } from './client.ts';

type Role = 'cluster-ip' | 'loopback' | 'other';

/** The paths for all missing names together; the worst state of each counts. */
export function affectedBy(names: readonly NamedSan[], clusterIps: ReadonlySet<string>): Affected[] {
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

function affectedByOne(name: NamedSan, clusterIps: ReadonlySet<string>): Affected[] {
  const role = roleOf(name, clusterIps);
  const shown = new Set(name.clients.map(pathOf).filter((path) => path !== undefined));
  const [dialled = name.value] = name.endpoints;
  return accessPaths.map((path) => {
    if (shown.has(path)) return affectedPath(path, 'broken', dialled);
    const isPods = path === 'pods';
    if (role === 'cluster-ip')
      return isPods ? affectedPath(path, 'broken', dialled) : affectedPath(path, 'unaffected');
    const isLocal = role === 'loopback' && (isPods || path === 'controller-manager-scheduler');
    return affectedPath(path, isLocal ? 'unaffected' : 'possible');
  });
}

/**
 * The Service's own names, and an address that the text calls so or that pods dial, are the ClusterIP. A private
 * address with port 443 alone is not: many load balancers look like that.
 */
function roleOf({ type, value, clients }: NamedSan, clusterIps: ReadonlySet<string>): Role {
  if (type === 'dns') {
    if (isApiserverName(value)) return 'cluster-ip';
    return value === 'localhost' ? 'loopback' : 'other';
  }
  if (clusterIps.has(value)) return 'cluster-ip';
  const kind = ipKind(value);
  if (kind === 'loopback') return 'loopback';
  return kind === 'private' && clients.some((client) => pathOf(client) === 'pods') ? 'cluster-ip' : 'other';
}
