/** Handshakes with the same endpoints over and over while something else is done: how many, how many failed, the longest time without a good one. */
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import type { ProbeTally } from '../../model/rollout.ts';
import type { ClusterFacts } from '../../model/cluster-facts.ts';
import { formatEndpoint, parseServerAddress } from '../../model/server-address.ts';
import type { Dial } from './connect.ts';
import { probe } from './handshake.ts';

export interface Watched {
  readonly host: string;
  readonly port: number;
  readonly from: 'here' | 'a-node';
}

/** Every API server by its own address, what clients dial in front of them, and what else answered from here. From a node where nothing answered from here. */
export function watchedIn({ nodes, api, probes, kubeconfig }: ClusterFacts): readonly Watched[] {
  const own = nodes.flatMap(({ node, result }) => {
    const apiserver =
      result.state === 'read' && node.role === 'control-plane' ? result.facts.apiserver : undefined;
    return apiserver?.advertiseAddress === undefined
      ? []
      : [{ host: apiserver.advertiseAddress, port: apiserver.securePort }];
  });
  const shared = [api?.kubeadmConfig?.configuration.controlPlaneEndpoint, kubeconfig?.server].flatMap(
    (text) => {
      const address = text === undefined ? undefined : parseServerAddress(text);
      return address === undefined ? [] : [{ host: address.san.value, port: address.port }];
    },
  );
  // What was asked for (--endpoint, a configuration) was dialled, and answered.
  const dialled = probes.flatMap(({ from, way, host, port, result }) =>
    from === 'here' && way === 'direct' && result.state === 'served' ? [{ host, port }] : [],
  );
  const unique = new Map(
    [...own, ...shared, ...dialled].map((one) => [formatEndpoint(one.host, one.port), one]),
  );
  return [...unique.values()].map(({ host, port }) => {
    const isSeen = probes.some(
      (one) =>
        one.from === 'here' &&
        one.way === 'direct' &&
        one.host === host &&
        one.port === port &&
        one.result.state === 'served',
    );
    return { host, port, from: isSeen ? 'here' : 'a-node' };
  });
}

export interface KeepProbing {
  readonly intervalMs: number;
  readonly timeoutMs?: number;
  /** Without one, endpoints that nothing here reaches are left out. */
  readonly dial?: Dial;
}

/** More would only queue up behind a server that hangs. */
const mostUnderWay = 20;

type Tally = ProbeTally['endpoints'][number];

export function keepProbing(
  watched: readonly Watched[],
  { intervalMs, timeoutMs = 5000, dial }: KeepProbing,
): { stop(): Promise<ProbeTally> } {
  const over = new AbortController();
  // Each handshake under way listens, and Node would warn of a leak.
  setMaxListeners(0, over.signal);
  const running = watched
    .filter(({ from }) => from === 'here' || dial !== undefined)
    .map((one) =>
      watchOne(one, { intervalMs, timeoutMs, ...(dial === undefined ? {} : { dial }) }, over.signal),
    );
  return {
    stop: async () => {
      over.abort();
      return { endpoints: await Promise.all(running.map((one) => one())) };
    },
  };
}

function watchOne(
  { host, port, from }: Watched,
  { intervalMs, timeoutMs, dial }: Required<Omit<KeepProbing, 'dial'>> & Pick<KeepProbing, 'dial'>,
  over: AbortSignal,
): () => Promise<Tally> {
  const count = counter();
  const underWay = new Set<Promise<void>>();
  const look = async (): Promise<void> => {
    const began = performance.now();
    const seen = await probe({
      host,
      port,
      from: 'here',
      // It was dialled before, and answered.
      ground: 'named',
      ...(isIP(host) === 0 ? { serverName: host } : {}),
      ...(from === 'a-node' && dial !== undefined ? { dial } : {}),
      timeoutMs,
      now: () => new Date(),
      signal: over,
    });
    // What we cut off ourselves says nothing.
    if (over.aborted) return;
    const { result } = seen;
    if (result.state === 'served') count.good(performance.now());
    else count.failed(began, `${result.trouble}: ${result.detail}`);
  };
  const begin = (): void => {
    if (underWay.size >= mostUnderWay) return;
    const one = look().finally(() => underWay.delete(one));
    underWay.add(one);
  };
  begin();
  const timer = setInterval(begin, intervalMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    return { endpoint: formatEndpoint(host, port), from, ...count.result(performance.now()) };
  };
}

export interface Counter {
  good(at: number): void;
  failed(at: number, detail: string): void;
  result(now: number): Omit<Tally, 'endpoint' | 'from'>;
}

/** The gap is the time between two good ones, and from the last good one on where it failed since. */
export function counter(): Counter {
  let handshakes = 0;
  let failed = 0;
  let lastGood: number | undefined;
  let lastFailure: number | undefined;
  let longest = 0;
  let first: string | undefined;
  return {
    good(at) {
      handshakes += 1;
      if (lastGood !== undefined) longest = Math.max(longest, at - lastGood);
      lastGood = Math.max(at, lastGood ?? at);
    },
    failed(at, detail) {
      handshakes += 1;
      failed += 1;
      lastFailure = at;
      first ??= detail;
    },
    result(now) {
      const isDown = lastFailure !== undefined && (lastGood === undefined || lastFailure > lastGood);
      const gap = isDown ? now - (lastGood ?? lastFailure ?? now) : 0;
      return {
        handshakes,
        failed,
        longestGapMs: Math.round(Math.max(longest, gap)),
        ...(first === undefined ? {} : { firstFailure: first }),
      };
    },
  };
}
