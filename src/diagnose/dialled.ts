/** What each client of the cluster really dials, out of the files and ConfigMaps that tell it. */
import type { AccessPath } from '../model/access-path.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { Provenance } from '../model/inspection.ts';
import { canonicalIp, ipKind } from '../model/ip.ts';
import type { KubeconfigFacts, NodeFacts } from '../model/node-facts.ts';
import { looseSan, type San } from '../model/san.ts';
import { parseServerAddress, type ServerAddress } from '../model/server-address.ts';
import type { Backend } from './backend.ts';

export interface Dialled {
  readonly san: San;
  readonly why: Provenance;
  readonly where: 'everywhere' | 'nowhere' | number;
  readonly path?: AccessPath;
}

export function dialledBy(facts: ClusterFacts, backends: readonly Backend[]): readonly Dialled[] {
  const owners = addressOwners(facts, backends);
  const dialled: Dialled[] = [];
  const dial = (
    server: ServerAddress | undefined,
    name: string | undefined,
    why: Provenance,
    path: AccessPath,
    from?: Dialler,
  ) => {
    if (server === undefined || isUnspecified(server.san)) return;
    const san = name === undefined ? server.san : looseSan(name);
    if (san === undefined) return;
    const owner = owners.get(server.san.value);
    const where = owner ?? (isLoopback(server.san) ? whereOfLoopback(from) : 'everywhere');
    dialled.push({ san, why, where, path });
  };
  const backendOf = new Map(backends.map((backend) => [backend.facts, backend]));
  const clusterCas = caFingerprints(facts);
  for (const { result } of facts.nodes) {
    if (result.state !== 'read') continue;
    const backend = backendOf.get(result.facts);
    const from = { facts: result.facts, index: backend?.index };
    for (const file of result.facts.kubeconfigs) {
      const path = pathOf(file.path);
      if (!isOfThisCluster(file, clusterCas)) continue;
      for (const server of file.servers) {
        const why: Provenance = {
          why: 'kubeconfig',
          path: file.path,
          node: backend?.name ?? result.facts.node,
        };
        dial(parseServerAddress(server), file.tlsServerName, why, path, from);
      }
    }
    for (const pod of result.facts.pods) {
      // Cilium and others give some pods another address than the Service's.
      if (pod.serviceHost === undefined || pod.serviceHost === '') continue;
      const where = `KUBERNETES_SERVICE_HOST of ${pod.namespace}/${pod.name}`;
      dial(parseServerAddress(pod.serviceHost), undefined, { why: 'service', where }, 'pods', from);
    }
  }
  const { kubeProxyServer, clusterInfo } = facts.api ?? {};
  if (kubeProxyServer !== undefined) {
    const why: Provenance = { why: 'kubeconfig', path: 'ConfigMap kube-system/kube-proxy' };
    dial(parseServerAddress(kubeProxyServer), undefined, why, 'kube-proxy');
  }
  if (clusterInfo !== undefined) {
    const why: Provenance = { why: 'kubeconfig', path: 'ConfigMap kube-public/cluster-info' };
    dial(parseServerAddress(clusterInfo.server), undefined, why, 'kubeadm-join');
  }
  return dialled;
}

/** By the names that kubeadm and kubespray give to these files. */
export function pathOf(file: string): AccessPath {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (/^(?:bootstrap-)?kubelet\.(?:conf|kubeconfig)$/.test(name)) return 'kubelet';
  if (/^(?:kube-)?(?:controller-manager|scheduler)\.(?:conf|kubeconfig)$/.test(name)) {
    return 'controller-manager-scheduler';
  }
  return /^kube-?proxy/.test(name) ? 'kube-proxy' : 'remote-kubectl';
}

/** Someone's ~/.kube/config on a node may well be of another cluster; the files under /etc/kubernetes are not. */
export function isOfThisCluster(file: KubeconfigFacts, clusterCas: ReadonlySet<string>): boolean {
  if (file.path.startsWith('/etc/kubernetes/')) return true;
  return file.caFingerprints.some((one) => clusterCas.has(one));
}

export function caFingerprints(facts: ClusterFacts): ReadonlySet<string> {
  return new Set(
    facts.nodes.flatMap(({ result }) =>
      result.state === 'read' && result.facts.ca?.reading?.ok === true
        ? result.facts.ca.reading.certificates.map(({ fingerprint }) => fingerprint)
        : [],
    ),
  );
}

/** Which addresses and names lead to one control plane alone; those of control planes that were not read lead to none of ours. */
function addressOwners(
  facts: ClusterFacts,
  backends: readonly Backend[],
): ReadonlyMap<string, number | 'nowhere'> {
  const owners = new Map<string, number | 'nowhere'>();
  const byNodeName = new Map(backends.map((backend) => [backend.nodeName, backend.index]));
  for (const { name, internalIps } of facts.api?.controlPlanes ?? []) {
    const owner = byNodeName.get(name) ?? 'nowhere';
    for (const host of [name, ...internalIps]) owners.set(canonicalIp(host) ?? host.toLowerCase(), owner);
  }
  for (const { node, result } of facts.nodes) {
    if (result.state === 'unread' && node.role === 'control-plane' && node.target.via === 'ssh') {
      owners.set(canonicalIp(node.target.host) ?? node.target.host.toLowerCase(), 'nowhere');
    }
  }
  for (const { index, address, nodeName, facts: node } of backends) {
    for (const host of [nodeName, node?.system.hostname, address]) {
      // A host that was never named is called localhost, as any other is by itself.
      if (host !== undefined && host !== '' && host !== 'localhost') owners.set(host.toLowerCase(), index);
    }
  }
  return owners;
}

function isLoopback({ type, value }: San): boolean {
  return type === 'ip' ? ipKind(value) === 'loopback' : value === 'localhost';
}

function isUnspecified({ type, value }: San): boolean {
  return type === 'ip' && ipKind(value) === 'unspecified';
}

interface Dialler {
  readonly facts: NodeFacts;
  /** Of its own API server. */
  readonly index: number | undefined;
}

/** A control plane that dials itself reaches its own API server; a worker has a proxy there that leads to all of them. */
function whereOfLoopback(from: Dialler | undefined): Dialled['where'] {
  const hasProxy = from?.facts.loadBalancers.some(({ kind }) => kind === 'nginx' || kind === 'haproxy');
  return hasProxy === true ? 'everywhere' : (from?.index ?? 'everywhere');
}
