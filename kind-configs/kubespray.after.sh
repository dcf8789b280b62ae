#!/bin/sh
# Makes a kubeadm cluster look as kubespray leaves one (roles/kubernetes/control-plane, roles/kubernetes/node in kubespray v2.28).
# The lab sets NODES and ADDRESSES (in the same order), then installs MetalLB, which gives the Service at the end its address.
set -eu

control_planes=
workers=
addresses=
set -- $ADDRESSES
for node in $NODES; do
  case $node in
    *-worker*) workers="$workers $node" ;;
    *) control_planes="$control_planes $node" addresses="$addresses $1" ;;
  esac
  shift
done
first=${control_planes# }
first=${first%% *}
first_address=${addresses# }
first_address=${first_address%% *}

# kubespray's list: what kubeadm adds anyway, localhost, and every control plane's name and address.
sans=
for name in kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local 10.233.0.1 localhost 127.0.0.1 \
  '"::1"' $control_planes $addresses; do
  sans="$sans  - $name\\n"
done

# The configuration as kubespray's template writes it: certificates in ssl/, kubeadm's endpoint on the first control plane.
configuration=$(docker exec "$first" kubectl --kubeconfig /etc/kubernetes/admin.conf get configmap --namespace kube-system \
  kubeadm-config --output 'jsonpath={.data.ClusterConfiguration}' |
  sed -e '/^  - localhost$/d' -e '/^  - 127.0.0.1$/d' -e "s#^  certSANs:#&\\n${sans%??}#" \
    -e 's#^certificatesDir:.*#certificatesDir: /etc/kubernetes/ssl#' -e "s#^controlPlaneEndpoint:.*#controlPlaneEndpoint: $first_address:6443#")

control_plane() {
  docker exec --interactive --env "ADDRESS=$2" --env "CONFIGURATION=$configuration" "$1" sh -s <<'NODE'
set -eu
cd /etc/kubernetes
# What runs has the folder mounted, and does not notice its new name.
mv pki ssl
ln -s /etc/kubernetes/ssl pki
cat >kubeadm-config.yaml <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: "$ADDRESS"
  bindPort: 6443
nodeRegistration:
  name: "$(hostname)"
  criSocket: "unix:///var/run/containerd/containerd.sock"
---
$CONFIGURATION
END
# Two names that somebody added by hand: they are in the certificate and in no configuration.
sed 's#^  certSANs:#&\n  - k8s.hand-added.example\n  - 198.51.100.7#' kubeadm-config.yaml >/tmp/by-hand.yaml
rm ssl/apiserver.crt ssl/apiserver.key
kubeadm init phase certs apiserver --config /tmp/by-hand.yaml
rm /tmp/by-hand.yaml
for kubeconfig in admin.conf super-admin.conf controller-manager.conf scheduler.conf; do
  [ ! -f "$kubeconfig" ] || sed -i 's#server: .*#server: https://127.0.0.1:6443#' "$kubeconfig"
done
# Not in place: a temporary file among the manifests would be a second static pod.
for manifest in manifests/*.yaml; do
  sed 's#/etc/kubernetes/pki#/etc/kubernetes/ssl#g' "$manifest" >/etc/kubernetes/changed.yaml
  chmod 0600 /etc/kubernetes/changed.yaml
  mv /etc/kubernetes/changed.yaml "$manifest"
done
NODE
}

worker() {
  nginx=fix-sans-lab/nginx:side
  # UNTRIED: a node image that was not built here has no nginx, but then there is a registry to pull it from.
  docker exec "$1" ctr --namespace k8s.io images list --quiet | grep -q "$nginx" || nginx=docker.io/library/nginx:1.28-alpine
  {
    echo 'error_log stderr notice;'
    echo 'worker_processes 2;'
    # Debian's nginx has TCP as a module of its own.
    echo 'include /etc/nginx/modules-enabled/*.conf;'
    echo 'events { worker_connections 1024; }'
    echo 'stream { upstream kube_apiserver { least_conn;'
    for address in $addresses; do echo "server $address:6443;"; done
    echo '} server { listen 127.0.0.1:6443; proxy_pass kube_apiserver; proxy_timeout 10m; proxy_connect_timeout 1s; } }'
  } | docker exec --interactive "$1" sh -c 'mkdir -p /etc/nginx /etc/kubernetes/manifests && cat >/etc/nginx/nginx.conf'
  docker exec --interactive "$1" sh -c 'cat >/etc/kubernetes/nginx-proxy && mv /etc/kubernetes/nginx-proxy /etc/kubernetes/manifests/nginx-proxy.yml' <<POD
apiVersion: v1
kind: Pod
metadata:
  name: nginx-proxy
  namespace: kube-system
  labels: { addonmanager.kubernetes.io/mode: Reconcile, k8s-app: kube-nginx }
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  priorityClassName: system-node-critical
  containers:
    - name: nginx-proxy
      image: $nginx
      imagePullPolicy: IfNotPresent
      command: [/usr/sbin/nginx, -c, /lab/nginx.conf, -g, daemon off;]
      volumeMounts: [{ mountPath: /lab, name: etc-nginx, readOnly: true }]
  volumes: [{ name: etc-nginx, hostPath: { path: /etc/nginx } }]
POD
}

# VirtualBox's first interface: the default route is there, and the address is the same on every node, so that kubeadm left to
# itself advertises an address that reaches nobody.
second_interface() {
  docker exec --interactive "$1" sh -s <<'NODE'
set -eu
ip link add nat0 type veth peer name nat0-outside
ip link set nat0-outside up
ip address add 10.0.2.15/24 dev nat0
ip link set nat0 up
ip route replace default via 10.0.2.2 dev nat0
sed -i 's#server: .*#server: https://localhost:6443#' /etc/kubernetes/kubelet.conf
systemctl restart kubelet
NODE
}

docker exec "$first" kubectl --kubeconfig /etc/kubernetes/admin.conf get configmap --namespace kube-system kube-proxy --output json >"$STATE/kube-proxy.json"

set -- $addresses
for node in $control_planes; do
  control_plane "$node" "$1"
  shift
done
for node in $workers; do worker "$node"; done
for node in $NODES; do second_interface "$node"; done

# Everything restarts at once; then every API server serves from ssl/.
for node in $control_planes; do
  docker exec "$node" sh -c '
    for _ in $(seq 240); do
      pgrep -f -- --tls-cert-file=/etc/kubernetes/ssl/apiserver.crt >/dev/null && curl -fsk https://127.0.0.1:6443/readyz >/dev/null && exit 0
      sleep 0.5
    done
    echo "the API server of $(hostname) did not come back" >&2
    exit 1'
done

kubectl() {
  docker exec --interactive "$first" kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"
}
docker exec "$first" kubeadm init phase upload-config kubeadm --config /etc/kubernetes/kubeadm-config.yaml
sed 's#server: https://[^\\]*#server: https://127.0.0.1:6443#' "$STATE/kube-proxy.json" | kubectl replace --filename -
# kubespray's kubeadm writes it with that endpoint from the start; kind's load balancer is in no certificate any more.
kubectl get configmap --namespace kube-public cluster-info --output json |
  sed "s#server: https://[^\\\\]*#server: https://$first_address:6443#" | kubectl replace --filename -
kubectl --namespace kube-system rollout restart daemonset/kube-proxy
kubectl --namespace kube-system rollout status daemonset/kube-proxy --timeout 120s

# The story's way in: a Service of type LoadBalancer before the API servers. Its address is in no certificate.
kubectl apply --filename - <<'SERVICE'
apiVersion: v1
kind: Service
metadata: { name: apiserver-loadbalancer, namespace: kube-system }
spec:
  type: LoadBalancer
  selector: { component: kube-apiserver }
  ports: [{ name: https, port: 443, targetPort: 6443 }]
SERVICE
