/** What the API told, read through one control plane by its own admin.conf with the CA verified, or from here by a kubeconfig. */

export interface ApiFacts {
  /** Node name, or `here`. */
  readonly readThrough: string;
  readonly serverVersion?: string;
  readonly kubeadmConfig?: KubeadmConfig;
  /** `server:` of the kubeconfig in the ConfigMaps. */
  readonly kubeProxyServer?: string;
  readonly clusterInfo?: { readonly server: string; readonly caFingerprints: readonly string[] };
  readonly kubernetesService?: { readonly clusterIps: readonly string[]; readonly port: number };
  /** Of the `kubernetes` EndpointSlices. */
  readonly endpoints?: readonly { readonly address: string; readonly port: number }[];
  readonly controlPlanes?: readonly ApiNode[];
  readonly workers?: readonly ApiNode[];
  readonly loadBalancerServices?: readonly LoadBalancerService[];
  /** What could not be read, and why: `configmaps "kubeadm-config" is forbidden`. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

export interface ApiNode {
  readonly name: string;
  readonly internalIps: readonly string[];
  readonly isReady: boolean;
}

export interface KubeadmConfig {
  readonly resourceVersion: string;
  /** data.ClusterConfiguration, byte for byte. */
  readonly text: string;
  readonly configuration: ClusterConfiguration;
}

/** What of a ClusterConfiguration matters for the certificate, whatever its version. */
export interface ClusterConfiguration {
  readonly apiVersion: string;
  readonly kubernetesVersion?: string;
  readonly clusterName?: string;
  readonly controlPlaneEndpoint?: string;
  readonly certificatesDir?: string;
  readonly certSans: readonly string[];
  readonly dnsDomain: string;
  readonly serviceSubnets: readonly string[];
  readonly encryptionAlgorithm?: string;
  readonly certificateValidityPeriod?: string;
  /** What is there and not understood, with its place: `apiServer.certSANs is a string`. */
  readonly faults: readonly {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly fault: string;
  }[];
}

/** A Service of type LoadBalancer whose endpoints are API servers. */
export interface LoadBalancerService {
  readonly namespace: string;
  readonly name: string;
  /** From status, spec.loadBalancerIP and MetalLB's annotations. */
  readonly addresses: readonly string[];
  readonly isPending: boolean;
  readonly ports: readonly number[];
}

/** Asked in vain: nothing of the cluster is known by it. */
export function isSilent(api: ApiFacts | undefined): boolean {
  if (api === undefined) return true;
  const { readThrough: _through, unread: _unread, serverVersion: _version, ...told } = api;
  return Object.values(told).every((one) => one === undefined);
}
