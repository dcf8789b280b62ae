/** What one exec on a node told: what was seen, nothing concluded. All text is hostile. */
import type { CertificateReading } from './certificate.ts';
import type { Pod } from './pod.ts';

export interface NodeFacts {
  /** ClusterNode.name */
  readonly node: string;
  /** Node's clock minus ours, in seconds; half the round trip is taken off. */
  readonly clockSkewSeconds: number;
  readonly system: SystemFacts;
  /** Of the kubelet's client certificate: `system:node:<name>`. */
  readonly nodeName?: string;
  readonly kubelet?: KubeletFacts;
  readonly kubeadm?: {
    readonly path: string;
    readonly version: string;
    readonly isOddPath: boolean;
    /** Where links lead, if that is odd and elsewhere. */
    readonly realPath?: string;
  };
  /** Undefined where no manifest is: a worker, or another tool's cluster. */
  readonly apiserver?: ApiserverFacts;
  /** The files that the manifest names. */
  readonly certificate?: CertificateFile;
  readonly key?: KeyFile;
  /** ca.crt beside the certificate, or kubeadm's certificatesDir. */
  readonly ca?: CertificateFile;
  readonly caKey?: KeyFile;
  /** --tls-sni-cert-key: a certificate of its own for some names, so that adding a SAN has no effect on them. */
  readonly sniCertificates: readonly { readonly names: readonly string[]; readonly file: CertificateFile }[];
  readonly pkiFolder?: FolderFacts;
  readonly manifests?: FolderFacts;
  /** Files in the manifests folder that are no manifest of kubeadm's, or a second one of the same pod. */
  readonly strayManifests: readonly string[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
  readonly loadBalancers: readonly LoadBalancerFacts[];
  readonly distributions: readonly DistributionTrace[];
  /** Runs of this tool that did not come to their end. */
  readonly unfinishedRuns: readonly string[];
  /** What a running pod without host network sees; control planes only, first slice: its environment and CA. */
  readonly pods: readonly Pod[];
  /** Sections of the script that failed, and why: shown, and never taken for "not there". */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

export interface SystemFacts {
  readonly hostname: string;
  readonly bootId?: string;
  readonly uid: number;
  readonly initIsSystemd: boolean;
  readonly addresses: readonly string[];
  /** Of the interface that holds the default route: what the bare kubeadm recipe takes for the advertise address. */
  readonly defaultRouteAddress?: string;
  readonly listening: readonly {
    readonly address: string;
    readonly port: number;
    readonly process?: string;
  }[];
  /** Firewall rules that redirect or drop a port of interest, as the system prints them. */
  readonly firewall: readonly string[];
  readonly runtime?: string;
  readonly selinux?: string;
}

export interface FileFacts {
  readonly path: string;
  /** All symlinks resolved. */
  readonly realPath: string;
  readonly owner: string;
  readonly group: string;
  /** `0644` */
  readonly mode: string;
  /** SELinux context. */
  readonly label?: string;
  /** getfacl's lines beyond the mode. */
  readonly acl?: readonly string[];
}

export interface CertificateFile {
  readonly path: string;
  /** Absent where the file is: then only `path` says where it was looked for. */
  readonly file?: FileFacts;
  readonly reading?: CertificateReading;
}

/** Never the key itself: only the digest of its public half, made on the node. */
export interface KeyFile {
  readonly path: string;
  readonly file?: FileFacts;
  /** SHA-256 of the SubjectPublicKeyInfo, as Certificate.keyFingerprint. */
  readonly keyFingerprint?: string;
}

export interface FolderFacts {
  readonly path: string;
  readonly realPath: string;
  readonly freeBytes: number;
  readonly freeInodes: number;
  readonly isReadOnly: boolean;
  readonly fileSystem: string;
}

/** Out of the static pod manifest of the kube-apiserver. */
export interface ApiserverFacts {
  readonly manifest: string;
  readonly image?: string;
  /**
   * The values of a flag, in the order given: `--tls-sni-cert-key` may come more than once. Without the dashes. Of the running
   * process where there is one.
   */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** Flags in which the manifest differs from the process that runs. */
  readonly notInEffect?: readonly string[];
  readonly advertiseAddress?: string;
  readonly securePort: number;
  readonly bindAddress?: string;
  readonly serviceRanges: readonly string[];
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly runAsUser?: number;
}

export interface KubeletFacts {
  readonly certificate?: CertificateReading;
}

export interface KubeconfigFacts {
  readonly path: string;
  readonly servers: readonly string[];
  /** Fingerprints of the CA certificates that it trusts. */
  readonly caFingerprints: readonly string[];
  readonly tlsServerName?: string;
  readonly skipsVerification?: boolean;
  readonly clientCertificate?: { readonly subject: string; readonly notAfter: string };
}

export interface LoadBalancerFacts {
  readonly kind: 'kube-vip' | 'keepalived' | 'haproxy' | 'nginx';
  readonly path: string;
  /** Addresses and names that it answers on for the API. */
  readonly addresses: readonly string[];
  readonly port?: number;
  readonly backends: readonly { readonly host: string; readonly port: number }[];
}

/** Whose cluster this looks like, and what shows it. */
export interface DistributionTrace {
  readonly distribution:
    | 'kubeadm'
    | 'kubespray'
    | 'cluster-api'
    | 'k3s'
    | 'rke2'
    | 'talos'
    | 'microk8s'
    | 'k0s'
    | 'minikube'
    | 'kind';
  readonly evidence: string;
}
