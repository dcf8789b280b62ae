/** One look of `verify`: from here, from the nodes, from pods that are there, and where it was asked for from pods of ours. */
import { nodesWithoutPod, withOwnPods } from '../inspect/verify/own-pods.ts';
import { verifyCluster, type VerifyRequest } from '../inspect/verify/verify-cluster.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { VerifyFacts, Wanted } from '../model/verification.ts';
import type { Options } from './command.ts';
import type { ClusterReading } from './facts.ts';
import { isSet } from './option-values.ts';
import type { ProbePods } from './probe-pods.ts';

export interface Looking {
  readonly facts: ClusterFacts;
  readonly wanted: Wanted;
  readonly cluster: ClusterReading;
  readonly options: Options;
  readonly pod: string | undefined;
  readonly probes: ProbePods | undefined;
}

export async function look({ facts, wanted, cluster, options, pod, probes }: Looking): Promise<VerifyFacts> {
  const { openApi, signal, open, proxyFor, most, probeTimeoutMs, onProgress, endProgress } = cluster.means;
  const see = async (more: Partial<VerifyRequest>): Promise<VerifyFacts> => {
    try {
      return await verifyCluster({
        facts,
        wanted,
        ...(pod === undefined ? {} : { pod }),
        looksFromPods: !isSet(options, 'withoutPods'),
        looksAtNames: !isSet(options, 'walk'),
        ...(openApi === undefined ? {} : { openApi }),
        open,
        proxyFor,
        most,
        probeTimeoutMs,
        now: () => new Date(),
        onProgress,
        ...(signal === undefined ? {} : { signal }),
        ...more,
      });
    } finally {
      endProgress();
    }
  };
  if (probes === undefined) return see({});
  const before = probes.running();
  const seen = await see({ ownPods: before });
  // What runs already was looked from; one that cannot be looked from is not made again.
  await probes.make(facts, nodesWithoutPod(seen));
  const ownPods = new Map([...probes.running()].filter(([node]) => !before.has(node)));
  if (ownPods.size === 0) return withProbes(seen, probes);
  const own = await see({ ownPods, isOnlyOwnPods: true, looksAtNames: false });
  return withProbes(withOwnPods(seen, own), probes);
}

/** As they are now; those that are ours are not left by anybody. */
export function withProbes(seen: VerifyFacts, probes: ProbePods): VerifyFacts {
  const probePods = probes.all();
  const ours = new Set(probePods.map(({ namespace, pod }) => `${namespace}/${pod}`));
  return { ...seen, probePods, leftPods: seen.leftPods.filter((one) => !ours.has(one)) };
}
