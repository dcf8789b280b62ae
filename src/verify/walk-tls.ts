/** The links of a pod's way that handshakes show: the pod's CA, which API servers answer it, and each one's certificate. */
import { probeTroubleText } from '../model/probe-words.ts';
import type { Dial, Link, PodView, VerifyFacts } from '../model/verification.ts';
import { seenBy } from './outcome.ts';

export interface PodSight {
  readonly pod: PodView;
  readonly dials: readonly Dial[];
  readonly service: VerifyFacts['service'];
  readonly nodes: VerifyFacts['nodes'];
  readonly at: string;
}

/** With the node's name, where an address is one of a node that was read: that is where somebody has to go. */
function placeName(nodes: VerifyFacts['nodes'], host: string, port: number): string {
  const node = nodes.find((one) => one.port === port && one.addresses.includes(host))?.node;
  return node === undefined ? `${host}:${port}` : `${host}:${port} (${node})`;
}

/** Wrong where the API servers' certificates are the cluster's own, and the CA that the pod has signed none of them. */
export function caLink({ pod, dials }: PodSight): Link {
  const link = 'ca';
  if (pod.ca === undefined) return { link, state: 'unknown', detail: "the pod's CA could not be read" };
  const from =
    pod.ca.from === 'kubelet'
      ? 'the ca.crt that kubelet mounted into the pod'
      : `the ConfigMap kube-root-ca.crt of namespace ${pod.namespace}, as the API shows it,`;
  const genuine = dials.flatMap(({ result }) =>
    result.state === 'accepted' || (result.state === 'served' && result.isTrusted === true) ? [result] : [],
  );
  const isVerified = dials.some(
    ({ result }) =>
      (result.state === 'served' || result.state === 'accepted') && result.isTrustedByPod === true,
  );
  if (isVerified) return { link, state: 'good', detail: `${from} verifies the API server` };
  if (genuine.some(({ isTrustedByPod }) => isTrustedByPod === false))
    return {
      link,
      state: 'broken',
      detail: `${from} did not sign the certificate that is served, though the cluster's CA did`,
    };
  return {
    link,
    state: 'unknown',
    detail: `${from} is there; no handshake told whether it verifies the API server`,
  };
}

/** No API server of this cluster. */
export function isForeign(result: Dial['result']): boolean {
  if (result.state === 'rejected') return true;
  return result.state === 'served' && result.isTrusted === false && result.isTrustedByPod !== true;
}

export function backendsLink({ dials, service }: PodSight): Link {
  const link = 'backends';
  const direct = dials.filter(({ target }) => target === 'backend');
  const hosts = [...new Set(direct.map(({ host }) => host))];
  if (service !== undefined && service.endpoints.length === 0)
    return {
      link,
      state: 'broken',
      detail: 'the Service has no endpoint: no API server says that it is there',
    };
  if (hosts.length === 0) return { link, state: 'unknown', detail: 'no API server was dialled by itself' };
  const silent = hosts.flatMap((host) => {
    const own = direct.filter((one) => one.host === host);
    const failed = own.find(({ result }) => result.state === 'failed');
    return own.every(({ result }) => result.state === 'failed') && failed?.result.state === 'failed'
      ? [`${host} (${probeTroubleText(failed.result)})`]
      : [];
  });
  const behind = new Set(service?.endpoints.map(({ host }) => host)).size;
  const rest = behind > hosts.length ? ` (${behind - hosts.length} more were not dialled)` : '';
  return silent.length === 0
    ? {
        link,
        state: 'good',
        detail: `${hosts.join(', ')}: ${hosts.length === 1 ? 'it answers' : 'all answer'}${rest}`,
      }
    : {
        link,
        state: 'broken',
        detail: `${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer this pod${silent.length < hosts.length ? `, ${hosts.length - silent.length} of ${hosts.length} do` : ''}`,
      };
}

/** Which API server's certificate a client in the pod would refuse; where its own CA is wrong, by the cluster's. */
export function certificateLink(sight: PodSight): Link {
  const link = 'certificate';
  const { dials, at, service, nodes } = sight;
  const isOwnCaWrong = caLink(sight).state === 'broken';
  const answered = dials.filter(({ target, result }) => target === 'backend' && result.state !== 'failed');
  // Through the ClusterIP may answer what is no endpoint any more, and clients are led there too.
  const through = dials.filter(
    ({ target, result }) => target === 'cluster-ip' && result.state !== 'failed' && !isForeign(result),
  );
  const used = [...answered, ...through];
  if (used.length === 0) return { link, state: 'unknown', detail: 'no certificate was seen from the pod' };
  const faults = new Map<string, Set<string>>();
  let isUnknown = false;
  for (const dial of used) {
    const { result, san, host, port } = dial;
    const judged =
      isOwnCaWrong && (result.state === 'served' || result.state === 'accepted')
        ? { ...dial, result: withoutPodCa(result) }
        : dial;
    const seen = seenBy(judged, at);
    if (seen.outcome === 'good') continue;
    if (seen.outcome === 'not-tried' || seen.outcome === 'unreachable') {
      isUnknown = true;
      continue;
    }
    const place = placeName(nodes, host, port);
    const known = faults.get(place) ?? new Set();
    faults.set(place, known.add(words(seen.outcome, san.value, seen.detail)));
  }
  if (faults.size > 0)
    return {
      link,
      state: 'broken',
      detail: [...faults].map(([place, all]) => `${place}: ${[...all].join('; ')}`).join(' | '),
    };
  const dialled = new Set(used.map(({ host, port }) => `${host}:${port}`));
  const left = (service?.endpoints ?? []).filter(({ host, port }) => !dialled.has(`${host}:${port}`));
  if (answered.length === 0 || left.length > 0)
    return {
      link,
      state: 'unknown',
      detail: `no certificate was seen of ${left.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
    };
  if (isUnknown) return { link, state: 'unknown', detail: 'no CA is known to verify it with' };
  const names = [...new Set(used.map(({ san }) => san.value))];
  return {
    link,
    state: 'good',
    detail: `every one holds ${names.join(' and ')}, which the pod dials`,
  };
}

function withoutPodCa(result: Extract<Dial['result'], { state: 'served' | 'accepted' }>): Dial['result'] {
  const { isTrustedByPod: _, ...rest } = result;
  return rest;
}

function words(outcome: string, name: string, detail = ''): string {
  if (outcome === 'missing') return `its certificate (${detail}) lacks ${name}`;
  if (outcome === 'untrusted') return `its certificate is not of the cluster's CA (${detail})`;
  if (outcome === 'out-of-date') return `its certificate is ${detail}`;
  return detail;
}
