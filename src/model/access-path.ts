/** The ways by which clients reach the API server, and so who breaks when which name is missing. */

// Addresses as kubeadm writes them into each kubeconfig:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go
const paths = {
  pods: {
    who: 'pods (MetalLB, CNI, CoreDNS, metrics-server, operators)',
    dials:
      'the ClusterIP of the kubernetes Service, port 443 (KUBERNETES_SERVICE_HOST, kubernetes.default.svc)',
  },
  'controller-manager-scheduler': {
    who: 'kube-controller-manager and kube-scheduler',
    dials: 'the advertise address of their own node, port 6443',
  },
  kubelet: {
    who: 'kubelets',
    dials:
      'the server in /etc/kubernetes/kubelet.conf (control-plane endpoint; localhost:6443 with kubespray)',
  },
  'kube-proxy': {
    who: 'kube-proxy',
    dials: 'the server in its ConfigMap (control-plane endpoint; localhost:6443 with kubespray)',
  },
  'remote-kubectl': {
    who: 'kubectl and tools from outside',
    dials: 'the server in their kubeconfig (load balancer, VIP, DNS name, public address)',
  },
  'kubeadm-join': {
    who: 'kubeadm join',
    dials: 'the address on its command line',
  },
} as const;

export type AccessPath = keyof typeof paths;
export const accessPaths: readonly AccessPath[] = Object.keys(paths) as AccessPath[];

export interface Affected {
  readonly path: AccessPath;
  readonly who: string;
  readonly dials: string;
  /** `broken`: the text shows it. `possible`: if it dials this very name. `unaffected`: it dials another. */
  readonly state: 'broken' | 'possible' | 'unaffected';
}

export function affectedPath(path: AccessPath, state: Affected['state'], dials?: string): Affected {
  return { path, who: paths[path].who, dials: dials ?? paths[path].dials, state };
}
