/** What clients dial from outside: names that somebody asked for, endpoints that were named, and the kubeconfig's server. */
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import { isApiserverName, looseSan, type San, sanKey } from '../../model/san.ts';
import { endpointOf } from '../probe/known.ts';
import type { Path } from './dial-from-here.ts';
import { kubeconfigCa } from './trust.ts';

export function pathsOf(facts: ClusterFacts, asked: readonly San[]): readonly Path[] {
  const { kubeconfig } = facts;
  const server = kubeconfig && endpointOf(kubeconfig.server);
  const ca = kubeconfigCa(kubeconfig);
  const serverName = looseSan(kubeconfig?.tlsServerName ?? server?.host ?? '');
  const named = (facts.endpoints ?? []).flatMap(({ host, port }): readonly Path[] => {
    const san = looseSan(host);
    return san === undefined ? [] : [{ host, port, san, ground: 'named' }];
  });
  const ofKubeconfig: readonly Path[] =
    server === undefined || serverName === undefined
      ? []
      : [{ ...server, san: serverName, ground: 'given', ...(ca.length === 0 ? {} : { ca }) }];
  const known = new Set([...named, ...ofKubeconfig].map(({ san }) => sanKey(san)));
  const inside = new Set(facts.api?.kubernetesService?.clusterIps);
  const wished = asked
    .filter((san) => !known.has(sanKey(san)) && !san.value.startsWith('*.'))
    // These are dialled by pods, and by each node itself; here they mean another machine, or nothing.
    .filter(({ value }) => !inside.has(value) && !isApiserverName(value) && !ownNames.has(value))
    .map((san): Path => ({ host: san.value, port: server?.port ?? usualPort, san, ground: 'given' }));
  return [...named, ...ofKubeconfig, ...wished];
}

const usualPort = 6443;
const ownNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
