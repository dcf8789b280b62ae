/** A pod that `verify --probe-image` made to look from, because nobody else's would do, and what became of it. */

/** Where cluster components run: policies and quotas that are made for tenants seldom reach it. */
export const probeNamespace = 'kube-system';
export const probePrefix = 'fix-sans-probe-';
export const probeLabels = {
  'app.kubernetes.io/managed-by': 'fix-sans',
  'app.kubernetes.io/component': 'probe-pod',
} as const;
export const probeSelector = Object.entries(probeLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

export interface ProbePod {
  /** ClusterNode.name of where it was to run. */
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly image: string;
  /** The control plane by whose admin.conf it was made. */
  readonly through?: string;
  /** Why nothing could be looked at from it; hostile, since API servers and webhooks say it. */
  readonly why?: string;
  /** `left`: that it is gone could not be seen. `running`: not yet asked to go. */
  readonly end: 'never-made' | 'running' | 'gone' | 'left';
}
