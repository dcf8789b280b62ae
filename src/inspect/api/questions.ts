/** What is asked of the API: one path for each fact, and nothing that could change anything. */

export const apiPaths = {
  version: '/version',
  'kubeadm-config': '/api/v1/namespaces/kube-system/configmaps/kubeadm-config',
  'kube-proxy': '/api/v1/namespaces/kube-system/configmaps/kube-proxy',
  'cluster-info': '/api/v1/namespaces/kube-public/configmaps/cluster-info',
  service: '/api/v1/namespaces/default/services/kubernetes',
  'endpoint-slices':
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes',
  'load-balancers': '/api/v1/services?fieldSelector=spec.type%3DLoadBalancer&limit=500',
  'control-planes': '/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane&limit=100',
  workers:
    '/api/v1/nodes?labelSelector=%21node-role.kubernetes.io%2Fcontrol-plane%2C%21node-role.kubernetes.io%2Fmaster&limit=500',
} as const;

/** Where an API server is too old to select by type, it is told of all: the type is looked at here in any case. */
export const allServices = '/api/v1/services?limit=500';

export type ApiQuestion = keyof typeof apiPaths;

export const apiQuestions: readonly ApiQuestion[] = Object.keys(apiPaths) as ApiQuestion[];

export type ApiAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** The first line of what was said. */
  | { readonly ok: false; readonly why: string };

export type ApiAnswers = Readonly<Partial<Record<ApiQuestion, ApiAnswer>>>;
