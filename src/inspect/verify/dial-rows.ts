/** Which name is tried at which address: each node's own API server with all names, and what pods dial. */
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import { canonicalIp } from '../../model/ip.ts';
import { parseSan, type San } from '../../model/san.ts';
import type { VerifyFacts } from '../../model/verification.ts';
import type { DialRow } from './read-verify.ts';

/** Each is a handshake of the node's own processor. */
const mostNames = 60;
export const mostEndpoints = 32;

export interface NodePlace {
  readonly node: string;
  readonly role: 'control-plane' | 'worker';
  readonly ground: 'named' | 'given';
  readonly target?: string;
  readonly advertised?: string;
  /** By which the node itself reaches its API server. */
  readonly own?: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

export function placeOf({ node, result }: ClusterFacts['nodes'][number]): NodePlace {
  const apiserver = result.state === 'read' ? result.facts.apiserver : undefined;
  const target = node.target.via === 'ssh' ? canonicalIp(node.target.host) : undefined;
  const advertised = canonicalIp(apiserver?.advertiseAddress ?? '');
  const serves = node.role === 'control-plane';
  return {
    node: node.name,
    role: node.role,
    ground: node.source === 'flag' ? 'named' : 'given',
    ...(target === undefined ? {} : { target }),
    ...(advertised === undefined ? {} : { advertised }),
    ...(serves && apiserver !== undefined ? { own: advertised ?? '127.0.0.1' } : {}),
    addresses: serves ? [...new Set([advertised, target].flatMap((one) => one ?? []))] : [],
    port: apiserver?.securePort ?? 6443,
  };
}

export function rowsFor(host: string | undefined, port: number, names: readonly San[]): readonly DialRow[] {
  if (host === undefined) return [];
  return names.slice(0, mostNames).map((san) => ({ target: 'backend', host, port, san }));
}

/** A wildcard is dialled by a name below it, which an API server with certificates by SNI takes for it too. */
export function dialledAs({ value }: San): string {
  return value.replace(/^\*\./, 'fix-sans-probe.');
}

/** What pods dial: the address of KUBERNETES_SERVICE_HOST, and kubernetes.default.svc, which leads to it. */
const podName: San = { type: 'dns', value: 'kubernetes.default.svc' };

export function serviceRows({
  clusterIps,
  port,
  endpoints,
}: NonNullable<VerifyFacts['service']>): readonly DialRow[] {
  const addresses = clusterIps.map((value): San => ({ type: 'ip', value }));
  return [
    ...addresses.flatMap((san) => [san, podName].map((one) => row('cluster-ip', san.value, port, one))),
    // Each API server by itself: through the ClusterIP it is by chance which one answers.
    ...endpoints
      .slice(0, mostEndpoints)
      .flatMap(({ host, port: at }) => [...addresses, podName].map((one) => row('backend', host, at, one))),
  ];
}

export function serviceOf({ api }: ClusterFacts): VerifyFacts['service'] {
  if (api?.kubernetesService === undefined) return undefined;
  const { clusterIps, port } = api.kubernetesService;
  return {
    clusterIps: clusterIps.flatMap((one) => canonicalIp(one) ?? []),
    port,
    endpoints: (api.endpoints ?? []).flatMap(({ address, port: own }) => {
      const host = canonicalIp(address);
      return host === undefined ? [] : [{ host, port: own }];
    }),
  };
}

/** Names are DNS or addresses by then; anything else in a certificate is nothing that could be dialled. */
export function textOf(rows: readonly DialRow[]): string {
  return rows
    .filter(({ san }) => parseSan(san.value).ok)
    .map(({ host, port, san }) => `${host} ${port} ${dialledAs(san)}`)
    .join('\n');
}

function row(target: DialRow['target'], host: string, port: number, san: San): DialRow {
  return { target, host, port, san };
}
