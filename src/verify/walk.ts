/** A pod's way to the API, link by link as people check it by hand, and the first that is broken. Story S2. */
import {
  type Dial,
  type LinkName,
  linkNames,
  type Link,
  type PodView,
  type VerifyFacts,
  type Walk,
} from '../model/verification.ts';
import { probeTroubleText } from '../model/probe-words.ts';
import { backendsLink, caLink, certificateLink, isForeign, type PodSight } from './walk-tls.ts';

export function walkOf(facts: VerifyFacts, pod: PodView): Walk {
  const sight: PodSight = {
    pod,
    dials: facts.dials.filter(
      ({ place }) =>
        place.kind === 'pod' &&
        place.node === pod.node &&
        place.namespace === pod.namespace &&
        place.pod === pod.pod,
    ),
    service: facts.service,
    nodes: facts.nodes,
    at: facts.readAt,
  };
  const dns = dnsLink(facts, pod);
  const kubeProxy = kubeProxyLink(facts, sight);
  const all: Readonly<Record<LinkName, Link>> = {
    env: envLink(facts, pod),
    token: tokenLink(pod),
    ca: caLink(sight),
    dns,
    'kube-proxy': kubeProxy,
    backends: backendsLink(sight),
    certificate: certificateLink(sight),
  };
  const links = linkNames.map((name) => all[name]);
  const broken = firstBroken(all);
  return {
    node: pod.node,
    namespace: pod.namespace,
    pod: pod.pod,
    links,
    ...(broken === undefined ? {} : { broken }),
  };
}

/** Where no Service address leads anywhere, names are not resolved either: the cause goes before what follows from it. */
function firstBroken(all: Readonly<Record<LinkName, Link>>): LinkName | undefined {
  if (all['kube-proxy'].state === 'broken' && all.dns.state === 'broken')
    return linkNames.find((name) => name !== 'dns' && all[name].state === 'broken');
  return linkNames.find((name) => all[name].state === 'broken');
}

function envLink({ service }: VerifyFacts, { serviceHost, servicePort }: PodView): Link {
  const link = 'env';
  if (serviceHost === undefined)
    return { link, state: 'unknown', detail: 'no process of it runs whose environment tells' };
  const said = `KUBERNETES_SERVICE_HOST is ${serviceHost}, port ${servicePort ?? '?'}`;
  if (service === undefined)
    return { link, state: 'unknown', detail: `${said}; the Service could not be read` };
  if (!service.clusterIps.includes(serviceHost))
    return {
      link,
      state: 'broken',
      detail: `${said}, but the Service has ${service.clusterIps.join(', ')}: it was started before the Service changed`,
    };
  if (servicePort !== undefined && servicePort !== String(service.port))
    return { link, state: 'broken', detail: `${said}, but the Service has port ${service.port}` };
  return { link, state: 'good', detail: said };
}

function tokenLink({ token }: PodView): Link {
  const link = 'token';
  if (token === 'mounted')
    return { link, state: 'good', detail: 'a token is mounted where client libraries look for it' };
  return token === 'absent'
    ? {
        link,
        state: 'broken',
        detail:
          'no token is mounted at /var/run/secrets/kubernetes.io/serviceaccount: see automountServiceAccountToken of the pod and of its ServiceAccount',
      }
    : { link, state: 'unknown', detail: 'what is mounted there is not known' };
}

/** Of what the pod's resolver is told of; where kubelet says nothing, of the DNS Service. */
function dnsLink({ answers, dns, service, dnsName }: VerifyFacts, pod: PodView): Link {
  const link = 'dns';
  const own = answers.filter(({ node, pod: name }) => node === pod.node && name === pod.pod);
  const told = own.filter(({ role }) => role === 'kubelet');
  const asked = told.length > 0 ? told : own.filter(({ role }) => role === 'service');
  const direct = own.filter(({ role }) => role === 'endpoint');
  const isRight = (one: (typeof own)[number]): boolean =>
    one.result.state === 'answered' &&
    one.result.code === 'NOERROR' &&
    one.result.addresses.some((address) => service?.clusterIps.includes(address) === true);
  if (asked.length === 0)
    return dns !== undefined && dns.endpoints.length === 0
      ? { link, state: 'broken', detail: 'no DNS server of the cluster is ready' }
      : { link, state: 'unknown', detail: 'the DNS of the cluster was not asked' };
  const good = asked.find(isRight);
  if (good !== undefined)
    return { link, state: 'good', detail: `${good.server} says ${dnsName} is ${addressesOf(good)}` };
  const [first] = asked;
  const said = first === undefined ? '' : `${first.server}: ${wordsOf(first)}`;
  if (dns !== undefined && dns.endpoints.length === 0)
    return {
      link,
      state: 'broken',
      detail: `${said}; no CoreDNS pod is ready behind the DNS Service: is the deployment scaled to 0, or does it crash?`,
    };
  if (direct.some(isRight))
    return {
      link,
      state: 'broken',
      detail: `${said}; but ${direct.find(isRight)?.server ?? ''} behind it answers rightly`,
    };
  const wrong = asked.find(({ result }) => result.state === 'answered');
  return {
    link,
    state: 'broken',
    detail:
      wrong === undefined
        ? `${said}; the DNS servers behind it do not answer this pod either`
        : `${wrong.server} answers ${wordsOf(wrong)} for ${dnsName}`,
  };
}

function addressesOf({ result }: VerifyFacts['answers'][number]): string {
  return result.state === 'answered' ? result.addresses.join(', ') : '';
}

function wordsOf({ result }: VerifyFacts['answers'][number]): string {
  if (result.state === 'failed') return result.detail;
  return result.addresses.length === 0 ? result.code : `${result.code} ${result.addresses.join(', ')}`;
}

/** Backends answer and the ClusterIP does not: the rules that lead from one to the other are kube-proxy's. */
function kubeProxyLink(facts: VerifyFacts, { dials }: PodSight): Link {
  const link = 'kube-proxy';
  // The first address is what KUBERNETES_SERVICE_HOST and DNS lead clients to; that a second one works helps none of them.
  const [primary] = facts.service?.clusterIps ?? [];
  const through = dials.filter(
    ({ target, host }) => target === 'cluster-ip' && (primary === undefined || host === primary),
  );
  const direct = dials.filter(({ target }) => target === 'backend');
  if (through.length === 0) return { link, state: 'unknown', detail: 'the ClusterIP was not dialled' };
  const [first] = through;
  const address = `${first?.host ?? ''}:${first?.port ?? ''}`;
  if (through.some(({ result }) => result.state !== 'failed' && !isForeign(result)))
    return { link, state: 'good', detail: `${address} leads to an API server` };
  const own = direct.filter(({ result }) => result.state !== 'failed' && !isForeign(result));
  const backends = [...new Set(own.map(({ host }) => host))];
  const stranger = through.find(({ result }) => isForeign(result));
  if (stranger !== undefined) {
    const said = `${address} is answered by something that is no API server of this cluster (${strangerWords(stranger.result)})`;
    // Where no rule rewrites it, a packet to the ClusterIP leaves the node by its default route, and a gateway or a proxy there may answer.
    return backends.length > 0
      ? {
          link,
          state: 'broken',
          detail: `${said}, while ${backends.join(', ')} behind it are: kube-proxy's rules are missing or wrong on this node`,
        }
      : { link, state: 'unknown', detail: said };
  }
  const why = first?.result.state === 'failed' ? probeTroubleText(first.result) : '';
  if (backends.length > 0)
    return {
      link,
      state: 'broken',
      detail: `${address} does not answer (${why}), while ${backends.join(', ')} behind it do: kube-proxy's rules are missing or wrong on ${facts.nodes.length > 1 ? 'this node' : 'the node'}`,
    };
  return {
    link,
    state: 'unknown',
    detail: `${address} does not answer (${why}), and no API server behind it either`,
  };
}

function strangerWords(result: Dial['result']): string {
  if (result.state === 'served') return result.chain[0]?.subject ?? 'no certificate';
  return result.state === 'rejected' ? result.detail : '';
}
