#!/bin/sh
# The CA's key goes where a site would keep it: off the node. The lab sets NODES (one name) and STATE (its folder for this cluster).
set -eu
(umask 077 && docker exec "$NODES" cat /etc/kubernetes/pki/ca.key >"$STATE/ca.key")
docker exec --interactive "$NODES" sh -s <<'NODE'
set -eu
cd /etc/kubernetes
rm pki/ca.key
# As kubeadm writes it when it finds no CA key: the controller manager then signs nothing, and does not look for the file.
sed 's#\(- --cluster-signing-\(cert\|key\)-file=\).*#\1#' manifests/kube-controller-manager.yaml >changed.yaml
chmod 0600 changed.yaml
mv changed.yaml manifests/kube-controller-manager.yaml
for _ in $(seq 240); do
  pgrep -f 'kube-controller-manager.*--cluster-signing-key-file= ' >/dev/null && exit 0
  sleep 0.5
done
echo 'the controller manager did not restart' >&2
exit 1
NODE
