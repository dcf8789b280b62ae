/** The ways by which clients reach the API server, and so who breaks when which name is missing. */

// Addresses as kubeadm writes them into each kubeconfig:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go
const paths = {
  pods: {
    who: 'pods (MetalLB, CNI, CoreDNS, metrics-server)',
    dials: 'the ClusterIP, port 443 (kubernetes.default.svc)',
  },
  'controller-manager-scheduler': {
    who: 'controller-manager, scheduler',
    dials: 'the advertise address of their own node',
  },
  kubelet: {
    who: 'kubelets',
    dials: 'the server in kubelet.conf (kubespray: localhost)',
  },
  'kube-proxy': {
    who: 'kube-proxy',
    dials: 'the server in its ConfigMap',
  },
  'remote-kubectl': {
    who: 'kubectl and tools from outside',
    dials: 'the server in their kubeconfig (VIP, DNS, public address)',
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
  /** `broken`: the text shows it. `possible`: if it dials this very name. `unaffected`: kubeadm has it dial another. */
  readonly state: 'broken' | 'possible' | 'unaffected';
}

export function affectedPath(path: AccessPath, state: Affected['state'], dials?: string): Affected {
  return { path, who: paths[path].who, dials: dials ?? paths[path].dials, state };
}
