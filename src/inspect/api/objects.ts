/** Objects of the API, out of the JSON that it sends: only what is asked for, and nothing taken on trust. */
import { readCertificates } from '../../model/certificate.ts';
import type { ApiFacts, ApiNode, KubeadmConfig, LoadBalancerService } from '../../model/api-facts.ts';
import { at, listAt, numberAt, plainValue, readYaml, textAt } from '../yaml.ts';
import { parseClusterConfiguration } from './cluster-configuration.ts';

/** Undefined where it is no JSON object. Node's parser knows no `__proto__` but as a plain key, and at() looks at own keys only. */
export function parseObject(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function kubeadmConfigOf(configMap: unknown): KubeadmConfig | undefined {
  const text = textAt(configMap, 'data', 'ClusterConfiguration');
  const resourceVersion = textAt(configMap, 'metadata', 'resourceVersion');
  if (text === undefined || resourceVersion === undefined) return undefined;
  return { resourceVersion, text, configuration: parseClusterConfiguration(text) };
}

interface KubeconfigClusters {
  readonly servers: readonly string[];
  readonly caFingerprints: readonly string[];
}

/** Clusters of a kubeconfig that is inside a ConfigMap: no credentials are in it. */
function clustersOf(text: string | undefined): KubeconfigClusters | undefined {
  const yaml = text === undefined ? undefined : readYaml(text);
  const [document] = yaml?.ok ? yaml.documents : [];
  if (document === undefined) return undefined;
  const clusters = listAt(plainValue(document), 'clusters').map((entry) => at(entry, 'cluster'));
  return {
    servers: clusters.flatMap((cluster) => textAt(cluster, 'server') ?? []),
    caFingerprints: clusters.flatMap((cluster) => {
      const reading = readCertificates(
        Buffer.from(textAt(cluster, 'certificate-authority-data') ?? '', 'base64'),
      );
      return reading.ok ? reading.certificates.map(({ fingerprint }) => fingerprint) : [];
    }),
  };
}

export function kubeProxyServerOf(configMap: unknown): string | undefined {
  return clustersOf(textAt(configMap, 'data', 'kubeconfig.conf'))?.servers[0];
}

export function clusterInfoOf(configMap: unknown): ApiFacts['clusterInfo'] {
  const clusters = clustersOf(textAt(configMap, 'data', 'kubeconfig'));
  const [server] = clusters?.servers ?? [];
  return clusters && server !== undefined ? { server, caFingerprints: clusters.caFingerprints } : undefined;
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

export function kubernetesServiceOf(service: unknown): ApiFacts['kubernetesService'] {
  const one = textAt(service, 'spec', 'clusterIP');
  // Without clusterIPs: before 1.20.
  const several = texts(listAt(service, 'spec', 'clusterIPs'));
  const clusterIps = (several.length > 0 ? several : texts([one])).filter((address) => address !== 'None');
  const ports = listAt(service, 'spec', 'ports');
  const https = ports.find((port) => textAt(port, 'name') === 'https') ?? ports[0];
  const port = numberAt(https, 'port');
  return clusterIps.length === 0 || port === undefined ? undefined : { clusterIps, port };
}

/** Of a list of EndpointSlices. One that is not ready is one all the same: its API server is expected to come back. */
export function endpointsOf(list: unknown): NonNullable<ApiFacts['endpoints']> | undefined {
  if (!Array.isArray(at(list, 'items'))) return undefined;
  const found = new Map<string, { address: string; port: number }>();
  for (const slice of listAt(list, 'items')) {
    const ports = listAt(slice, 'ports').flatMap((port) => numberAt(port, 'port') ?? []);
    const addresses = listAt(slice, 'endpoints').flatMap((endpoint) => texts(listAt(endpoint, 'addresses')));
    for (const address of addresses)
      for (const port of ports) found.set(`${address} ${port}`, { address, port });
  }
  return [...found.values()];
}

export function nodesOf(list: unknown): readonly ApiNode[] | undefined {
  if (!Array.isArray(at(list, 'items'))) return undefined;
  return listAt(list, 'items').flatMap((node) => {
    const name = textAt(node, 'metadata', 'name');
    if (name === undefined) return [];
    const internalIps = texts(
      listAt(node, 'status', 'addresses').map((address) =>
        textAt(address, 'type') === 'InternalIP' ? textAt(address, 'address') : undefined,
      ),
    );
    const isReady = listAt(node, 'status', 'conditions').some(
      (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
    );
    return [{ name, internalIps, isReady }];
  });
}

/** MetalLB's two names for the wish for an address: https://metallb.io/usage/#requesting-specific-ips */
const addressAnnotations = ['metallb.io/loadBalancerIPs', 'metallb.universe.tf/loadBalancerIPs'];

/** Those that front the API server: its label is selected, or nothing is and a port of theirs leads to its port. */
export function loadBalancersOf(list: unknown, apiPort: number): readonly LoadBalancerService[] | undefined {
  if (!Array.isArray(at(list, 'items'))) return undefined;
  return listAt(list, 'items').flatMap((service) => {
    const [name, namespace] = [textAt(service, 'metadata', 'name'), textAt(service, 'metadata', 'namespace')];
    if (name === undefined || namespace === undefined) return [];
    if (textAt(service, 'spec', 'type') !== 'LoadBalancer' || !frontsApi(service, apiPort)) return [];
    const given = listAt(service, 'status', 'loadBalancer', 'ingress').flatMap((ingress) =>
      texts([textAt(ingress, 'ip'), textAt(ingress, 'hostname')]),
    );
    const wished = texts([
      textAt(service, 'spec', 'loadBalancerIP'),
      ...addressAnnotations.map((annotation) => textAt(service, 'metadata', 'annotations', annotation)),
    ]).flatMap((text) => text.split(',').map((address) => address.trim()));
    return [
      {
        namespace,
        name,
        addresses: [...new Set([...given, ...wished])].filter((address) => address !== ''),
        isPending: given.length === 0,
        ports: listAt(service, 'spec', 'ports').flatMap((port) => numberAt(port, 'port') ?? []),
      },
    ];
  });
}

function frontsApi(service: unknown, apiPort: number): boolean {
  const selector = at(service, 'spec', 'selector');
  const labels = typeof selector === 'object' && selector !== null ? Object.values(selector) : [];
  if (labels.length > 0)
    return textAt(selector, 'component') === 'kube-apiserver' || labels.includes('kube-apiserver');
  return listAt(service, 'spec', 'ports').some(
    (port) => (numberAt(port, 'targetPort') ?? numberAt(port, 'port')) === apiPort,
  );
}
