/** What people type on a control plane, and what fix-sans is to do instead: shell for root in a node. */

/**
 * The usual advice: kubeadm without the cluster's configuration, and so with its own defaults.
 * The version is named only to keep kubeadm from asking the Internet for the newest.
 */
export function usualRecipe(name: string): string {
  return `cd /etc/kubernetes/pki
rm apiserver.crt apiserver.key
kubeadm init phase certs apiserver --apiserver-cert-extra-sans ${name} --kubernetes-version "$(cat /kind/version)" 2>&1
`;
}

/** The same advice with what people know to name, put in place by rename: after a removal the API server would look again only after up to a minute. */
export function usualRecipeAtOnce(names: readonly string[]): string {
  return `cd /etc/kubernetes/pki
made=$(mktemp -d "$PWD/usual.XXXXXX")
cp ca.crt ca.key "$made"
kubeadm init phase certs apiserver --cert-dir "$made" --apiserver-cert-extra-sans ${names.join(',')} \\
  --kubernetes-version "$(cat /kind/version)" 2>&1
mv "$made/apiserver.key" "$made/apiserver.crt" .
rm -r "$made"
`;
}

/** Signs beside the live pair from what the cluster says about itself. Prints how many milliseconds kubeadm took. */
export function stage(
  node: { readonly name: string; readonly address: string },
  names: readonly string[],
): string {
  const added = names.map((name) => `  - ${name}`).join('\\n');
  return `umask 077
staged=/etc/kubernetes/staged
rm -rf "$staged"
mkdir "$staged"
ln -s /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key "$staged"
cat >"$staged.yaml" <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: ${node.address}, bindPort: 6443 }
nodeRegistration: { name: ${node.name}, criSocket: unix:///run/containerd/containerd.sock }
---
END
kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://${node.address}:6443 --tls-server-name kubernetes \\
  get configmap --namespace kube-system kubeadm-config --output jsonpath='{.data.ClusterConfiguration}' |
  sed -e "s#^certificatesDir:.*#certificatesDir: $staged#" -e 's#^  certSANs:#&\\n${added}#' >>"$staged.yaml"
began=$(date +%s%N)
kubeadm init phase certs apiserver --config "$staged.yaml" >/dev/null
echo $((($(date +%s%N) - began) / 1000000))
`;
}

/** Key first: for the moment between the two the API server sees a pair that does not match, and keeps the old one. */
export const swap = `cd /etc/kubernetes/staged
chmod 0600 apiserver.key
chmod 0644 apiserver.crt
mv apiserver.key apiserver.crt /etc/kubernetes/pki/
rm -rf /etc/kubernetes/staged /etc/kubernetes/staged.yaml
`;

/** The names in a certificate file, as text: DNS:a, IP Address:b … */
export function namesIn(file: string): string {
  return `openssl x509 -in ${file} -noout -ext subjectAltName | tail -n +2`;
}
