/** The versions of kubeadm's configuration: which kubeadms read each, and what each has words for. A new one is a row here. */

interface ConfigVersion {
  readonly apiVersion: string;
  /** Minor versions of kubeadm: https://kubernetes.io/docs/reference/config-api/ */
  readonly oldest: number;
  readonly newest: number;
  /** Has `certificateValidityPeriod` and `encryptionAlgorithm`, which no flag can say. */
  readonly saysLifeAndAlgorithm: boolean;
}

const stillRead = Number.POSITIVE_INFINITY;

const versions: readonly ConfigVersion[] = [
  { apiVersion: 'kubeadm.k8s.io/v1beta1', oldest: 13, newest: 21, saysLifeAndAlgorithm: false },
  { apiVersion: 'kubeadm.k8s.io/v1beta2', oldest: 15, newest: 26, saysLifeAndAlgorithm: false },
  { apiVersion: 'kubeadm.k8s.io/v1beta3', oldest: 22, newest: stillRead, saysLifeAndAlgorithm: false },
  { apiVersion: 'kubeadm.k8s.io/v1beta4', oldest: 31, newest: stillRead, saysLifeAndAlgorithm: true },
];

/** What is written where a cluster's own configuration says nothing and the kubeadm is too old or unknown. */
const plainest = 'kubeadm.k8s.io/v1beta3';

export function isKnownConfigVersion(apiVersion: string): boolean {
  return versions.some((one) => one.apiVersion === apiVersion);
}

/** Of a version that is not in the table nobody knows who reads it: kubeadm itself will tell. */
export function readsConfigVersion(kubeadmMinor: number, apiVersion: string): boolean {
  const version = versions.find((one) => one.apiVersion === apiVersion);
  return version === undefined || (kubeadmMinor >= version.oldest && kubeadmMinor <= version.newest);
}

export function saysLifeAndAlgorithm(apiVersion: string): boolean {
  return versions.some((one) => one.apiVersion === apiVersion && one.saysLifeAndAlgorithm);
}

/** The newest that this kubeadm reads. */
export function usualConfigVersion(kubeadmMinor: number): string {
  const first = versions.findIndex(({ apiVersion }) => apiVersion === plainest);
  const readable = versions.slice(first).filter(({ oldest }) => oldest <= kubeadmMinor);
  return readable.at(-1)?.apiVersion ?? plainest;
}
