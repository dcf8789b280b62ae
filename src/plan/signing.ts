/** What kubeadm has to be told to sign one node's certificate so that no name is lost: worked out once, written in two forms. */
import type { San } from '../model/san.ts';

export interface Signing {
  readonly node: string;
  /** `v1.34.4`: without it kubeadm asks the internet. */
  readonly kubernetesVersion: string;
  /** `kubeadm.k8s.io/v1beta4` */
  readonly apiVersion: string;
  readonly nodeName: string;
  /** Of the operating system: the flags form puts it into the certificate, since that phase has no --node-name. */
  readonly hostname: string;
  readonly advertiseAddress: string;
  readonly bindPort: number;
  readonly criSocket?: string;
  readonly serviceSubnet: string;
  readonly dnsDomain: string;
  readonly controlPlaneEndpoint?: string;
  /** Of the whole cluster, merged: what is in kubeadm-config and what is added to it. */
  readonly certSans: readonly San[];
  /** Every name that this node's certificate will hold. */
  readonly planned: readonly San[];
  /** data.ClusterConfiguration, where the API or a file told it. */
  readonly configuration?: string;
  readonly encryptionAlgorithm?: string;
  readonly certificateValidityPeriod?: string;
  /** What `configuration` does not say and the new certificate needs, for this one command only. */
  readonly algorithmToSay?: string;
  /** RSA-2048 and the like, of the certificate on disk. */
  readonly algorithm: string;
  /** SHA-256 of the certificate on disk, in hex: what is planned is good for that one only. None where there is none. */
  readonly today?: string;
  /** Where the pair is now, symlinks resolved; staged beside it, so that a rename is one step. */
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly caCertificatePath: string;
  readonly caKeyPath: string;
}

/** For POSIX sh: nothing inside single quotes means anything. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
