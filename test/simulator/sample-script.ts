/** What a tool does on a node, as its scripts have to be written: every path behind the root, which is empty on a real node. */
import type { SimulatedNode } from './simulate.ts';

/** Stages beside the live pair, and renames over it. Reads the configuration from stdin. */
export const stageAndSwap = String.raw`set -eu
root=$FIX_SANS_ROOT
work=$root/var/lib/fix-sans/run
mkdir -p "$work/stage"
ln -s "$root/etc/kubernetes/pki/ca.crt" "$work/stage/ca.crt"
ln -s "$root/etc/kubernetes/pki/ca.key" "$work/stage/ca.key"
cat > "$work/config.yaml"
kubeadm init phase certs apiserver --config "$work/config.yaml"
cp -p "$root/etc/kubernetes/pki/apiserver.crt" "$root/etc/kubernetes/pki/apiserver.key" "$work/"
mv "$work/stage/apiserver.key" "$root/etc/kubernetes/pki/apiserver.key"
mv "$work/stage/apiserver.crt" "$root/etc/kubernetes/pki/apiserver.crt"
`;

export const stageFolder = '/var/lib/fix-sans/run/stage';

/** The ClusterConfiguration with a name more, and what is particular to the node. */
export function stageConfig({ api }: SimulatedNode, certificatesDir = stageFolder): string {
  return `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: ${api.host}, bindPort: ${api.port} }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.4
certificatesDir: ${certificatesDir}
encryptionAlgorithm: ECDSA-P256
networking: { serviceSubnet: 10.240.0.64/26 }
apiServer: { certSANs: [new.example.com] }
`;
}

/** What is found all over the internet: it loses names. */
export const usualRecipe = `cd "$FIX_SANS_ROOT/etc/kubernetes/pki" && rm apiserver.crt apiserver.key &&
  kubeadm init phase certs apiserver --apiserver-cert-extra-sans 203.0.113.10`;

/** By the node's own admin.conf, but not through its server. */
export function readByKubectl({ api }: SimulatedNode, path: string, serverName = 'kubernetes'): string {
  return `kubectl --kubeconfig "$FIX_SANS_ROOT/etc/kubernetes/admin.conf" --server https://${api.host}:${api.port} --tls-server-name ${serverName} --request-timeout=5s get --raw ${path}`;
}
