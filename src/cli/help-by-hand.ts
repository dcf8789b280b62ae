/** `help by-hand`: the way to a new certificate that loses no name, for sites and versions without another. */
// Why a staged folder, a full configuration and a rename: kubeadm keeps an existing pair without a word, its init phases never
// read the ConfigMap, and kube-apiserver reloads a pair that is renamed into place:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/cmd/kubeadm/app/phases/certs/certs.go
// https://github.com/kubernetes/apiserver/blob/v0.34.0/pkg/server/dynamiccertificates/dynamic_serving_content.go
export const byHandPage = `A new API server certificate by hand, with no name lost and no restart

On one control plane after the other, as root. kube-apiserver takes a renamed pair at once
(1.17 to 1.22: within a minute); before 1.17 its container has to be restarted.

1. Once: save the cluster's configuration, and add the name under apiServer.certSANs
     kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap \\
       kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > cluster.yaml

2. On each node: a folder beside the live pair that holds only the CA
     PKI=$(readlink -f /etc/kubernetes/pki)
     mkdir -m 0700 "$PKI/stage" && ln -s "$PKI/ca.crt" "$PKI/ca.key" "$PKI/stage/"

3. The configuration for this node: its own name and address, then cluster.yaml with the
   folder in place of certificatesDir. NAME is as in kubectl get nodes; ADDRESS is
   --advertise-address in /etc/kubernetes/manifests/kube-apiserver.yaml; the apiVersion is
   that of cluster.yaml.
     cat > node.yaml <<END
     apiVersion: kubeadm.k8s.io/v1beta3
     kind: InitConfiguration
     nodeRegistration: {name: NAME, criSocket: "unix:///run/containerd/containerd.sock"}
     localAPIEndpoint: {advertiseAddress: ADDRESS, bindPort: 6443}
     ---
     END
     sed "s#^certificatesDir:.*#certificatesDir: $PKI/stage#" cluster.yaml >> node.yaml

4. Sign, and compare: every name of the old certificate must be in the new one
     kubeadm init phase certs apiserver --config node.yaml
     openssl x509 -noout -ext subjectAltName -in "$PKI/apiserver.crt"
     openssl x509 -noout -ext subjectAltName -in "$PKI/stage/apiserver.crt"

5. Keep the old pair, outside of pki and manifests; then rename the new one over it
     mkdir -m 0700 -p /var/lib/apiserver-pair-before
     cp -a "$PKI/apiserver.crt" "$PKI/apiserver.key" /var/lib/apiserver-pair-before/
     chown --reference="$PKI/apiserver.key" "$PKI/stage/apiserver.key"
     chmod --reference="$PKI/apiserver.key" "$PKI/stage/apiserver.key"
     mv -f "$PKI/stage/apiserver.key" "$PKI/apiserver.key" &&
       mv -f "$PKI/stage/apiserver.crt" "$PKI/apiserver.crt"

6. Prove it before the next node: both must print the same fingerprint
     openssl s_client -connect ADDRESS:6443 </dev/null 2>/dev/null |
       openssl x509 -noout -fingerprint -sha256
     openssl x509 -noout -fingerprint -sha256 -in "$PKI/apiserver.crt"
   If they still differ after 75 seconds, copy the kept pair back beside the live one and
   rename it over, key first.
     rm -r "$PKI/stage"

7. After the last node: make it last, or the next kubeadm join --control-plane lacks the
   name. Add it to apiServer.certSANs there (kubespray: to
   supplementary_addresses_in_ssl_keys in the inventory as well).
     kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system edit configmap kubeadm-config
`;
