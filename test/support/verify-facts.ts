/** What verify saw of a healthy cluster of two control planes with a pod on the first; each test damages its own. */
import type { Certificate } from '../../src/model/certificate.ts';
import type { San } from '../../src/model/san.ts';
import type {
  Dial,
  DialResult,
  DnsAnswer,
  Place,
  PodView,
  VerifyFacts,
  Wanted,
} from '../../src/model/verification.ts';
import { leaf, now } from './facts.ts';
import { named } from './plans.ts';

export const clusterIp = '10.240.0.65';
const podName = named('kubernetes.default.svc');
export const hosts = { cp1: '10.0.0.11', cp2: '10.0.0.12' } as const;
export type NodeName = keyof typeof hosts;

const common = [clusterIp, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'api.example'];
export const certificates: Readonly<Record<NodeName, Certificate>> = {
  cp1: leaf([...common, 'cp1', hosts.cp1]),
  cp2: leaf([...common, 'cp2', hosts.cp2]),
};

export const inPod: Place = { kind: 'pod', node: 'cp1', namespace: 'default', pod: 'app' };

export const wanted: Wanted = {
  nodes: (['cp1', 'cp2'] as const).map((node) => ({
    node,
    names: [clusterIp, 'kubernetes.default.svc', 'api.example', hosts[node]].map(named),
    gone: [],
  })),
  asked: [named('api.example')],
};

export function servedBy(certificate: Certificate, trust: Partial<DialResult> = {}): DialResult {
  return {
    state: 'served',
    chain: [certificate],
    isTrusted: true,
    ...trust,
  } as DialResult;
}

export const silent: DialResult = { state: 'failed', trouble: 'timeout', detail: 'no answer in time' };

function backend(place: Place, node: NodeName, san: San): Dial {
  return {
    place,
    target: 'backend',
    host: hosts[node],
    port: 6443,
    san,
    by: place.kind === 'here' ? 'tls' : 'openssl',
    result: servedBy(certificates[node], place.kind === 'pod' ? { isTrustedByPod: true } : {}),
  };
}

export function pod(more: Partial<PodView> = {}): PodView {
  return {
    node: 'cp1',
    namespace: 'default',
    pod: 'app',
    serviceHost: clusterIp,
    servicePort: '443',
    token: 'mounted',
    ca: { from: 'config-map', fingerprints: ['aa'] },
    isEntered: true,
    ...more,
  };
}

export function answer(role: DnsAnswer['role'], server: string, result?: DnsAnswer['result']): DnsAnswer {
  return {
    node: 'cp1',
    namespace: 'default',
    pod: 'app',
    role,
    server,
    result: result ?? { state: 'answered', code: 'NOERROR', addresses: [clusterIp] },
  };
}

export function verifyFacts(change: Partial<VerifyFacts> = {}): VerifyFacts {
  const nodes = ['cp1', 'cp2'] as const;
  const dials = wanted.nodes.flatMap(({ names }, index) => {
    const node = nodes[index] ?? 'cp1';
    return names.flatMap((san) => [
      backend({ kind: 'here' }, node, san),
      backend({ kind: 'node', node }, node, san),
    ]);
  });
  const fromPod = [named(clusterIp), podName].flatMap((san): readonly Dial[] => [
    { ...backend(inPod, 'cp1', san), target: 'cluster-ip', host: clusterIp, port: 443 },
    ...nodes.map((node) => backend(inPod, node, san)),
  ]);
  const path: Dial = {
    ...backend({ kind: 'here' }, 'cp1', named('api.example')),
    target: 'name',
    host: 'api.example',
  };
  return {
    readAt: now,
    nodes: nodes.map((node) => ({
      node,
      role: 'control-plane',
      addresses: [hosts[node]],
      port: 6443,
      by: 'openssl',
    })),
    service: {
      clusterIps: [clusterIp],
      port: 443,
      endpoints: nodes.map((node) => ({ host: hosts[node], port: 6443 })),
    },
    dnsName: 'kubernetes.default.svc.cluster.local',
    dns: { services: ['10.240.0.74'], endpoints: ['10.244.0.2'] },
    dials: [path, ...dials, ...fromPod],
    pods: [pod()],
    answers: [answer('kubelet', '10.240.0.74'), answer('endpoint', '10.244.0.2')],
    crashLoops: [],
    probePods: [],
    leftPods: [],
    unread: [],
    ...change,
  };
}

/** Some of the handshakes with another result. */
export function dialsWith(
  isMeant: (dial: Dial) => boolean,
  result: DialResult | ((dial: Dial) => DialResult),
): readonly Dial[] {
  return verifyFacts().dials.map((dial) =>
    isMeant(dial) ? { ...dial, result: typeof result === 'function' ? result(dial) : result } : dial,
  );
}
