/** The part of the script that looks at the machine: clock, name, addresses, sockets, firewall, kubeadm, whose cluster, unfinished runs. */

/** What shows whose cluster it is; read-node.ts has the meaning of each. */
export const tracePaths = {
  '/var/lib/kubelet/kubeadm-flags.env': 'kubeadm',
  '/etc/kubernetes/admin.conf': 'kubeadm',
  '/usr/local/bin/k8s-certs-renew.sh': 'kubespray',
  '/etc/systemd/system/k8s-certs-renew.timer': 'kubespray',
  '/etc/kubernetes/kubeadm-config.yaml': 'kubespray',
  '/etc/kubernetes/kubelet-config.yaml': 'kubespray',
  '/etc/kubernetes/kubelet.env': 'kubespray',
  '/etc/kubernetes/manifests/nginx-proxy.yml': 'kubespray',
  '/etc/kubernetes/manifests/haproxy.yml': 'kubespray',
  '/run/cluster-api/bootstrap-success.complete': 'cluster-api',
  '/run/kubeadm/kubeadm.yaml': 'cluster-api',
  '/etc/rancher/k3s/k3s.yaml': 'k3s',
  '/var/lib/rancher/k3s': 'k3s',
  '/etc/rancher/rke2': 'rke2',
  '/var/lib/rancher/rke2': 'rke2',
  '/system/state': 'talos',
  '/etc/talos': 'talos',
  '/var/snap/microk8s': 'microk8s',
  '/var/lib/k0s': 'k0s',
  '/etc/k0s/k0s.yaml': 'k0s',
  '/var/lib/minikube': 'minikube',
  '/kind/version': 'kind',
} as const;

export const systemScript = `
tell_clock() {
  say "$1" "$(date +%s.%N)"
}
tell_system() {
  field root "$ROOT"
  field user "$(id -u)"
  value=
  { read -r value <"$ROOT/proc/sys/kernel/hostname"; } 2>/dev/null
  field hostname "\${value:-$(uname -n)}"
  value=
  { read -r value <"$ROOT/proc/sys/kernel/random/boot_id"; } 2>/dev/null && field boot "$value"
  [ -d "$ROOT/run/systemd/system" ] && field systemd yes
  value=
  { read -r value <"$ROOT/sys/fs/selinux/enforce"; } 2>/dev/null && field selinux "$value"
  for name in containerd/containerd.sock crio/crio.sock cri-dockerd.sock; do
    [ -n "$runtime" ] || [ ! -S "$ROOT/run/$name" ] || runtime=unix:///run/$name
  done
  field runtime "$runtime"
  field static-pods "$static_pods"
  field kubelet-kubeconfig "$kubelet_kubeconfig"
  [ -z "$manifest" ] || field manifest "$manifest"
  [ -z "$manifest" ] || field certificate "$certificate"
  [ -z "$manifest" ] || field key "$key"
  field ca "$ca"
}
tell_traces() {
  IFS=$nl
  for path in ${Object.keys(tracePaths).join(' ')}; do
    [ -e "$ROOT$path" ] && traces="\${traces}path:$path$nl"
  done
  unset IFS
  tell traces "$traces"
  rows=
  for path in "$ROOT"/var/lib/fix-sans/*/journal; do
    [ -e "$path" ] || continue
    path=\${path%/journal}
    rows="$rows\${path##*/}$nl"
  done
  tell runs "$rows"
}
# Root's at each step of the way, and not where everybody may write: what lies there may be anybody's. Sticky folders above are not the program's own.
is_ours() {
  step=$1
  while step=\${step%/*} && [ -n "$step" ] && [ "$step" != "$ROOT" ]; do set -- "$@" "$step"; done
  modes=$(stat -L -c %u:%a "$@" 2>/dev/null) || return 1
  count=0
  for mode in $modes; do
    count=$((count + 1))
    is_owner "\${mode%%:*}" || return 1
    mode=\${mode#*:}
    case $mode in
      *[2367])
        [ "$count" -gt 2 ] || return 1
        case $mode in [1357]???) ;; *) return 1 ;; esac ;;
    esac
  done
  [ "$count" -gt 0 ]
}
find_program() {
  program=$(command -v "$1" 2>/dev/null)
  case $program in /*) ;; *) program=; return 1 ;; esac
  real=$(readlink -f "$program") && [ -n "$real" ] && is_ours "$program" && is_ours "$real"
}
tell_kubeadm() {
  if find_program kubeadm; then
    say kubeadm "$program$tab$real$tab$(limit 5 kubeadm version -o short 2>/dev/null </dev/null)"
  elif [ -n "$program" ]; then
    say kubeadm "$program$tab$real$tab"
    unread kubeadm "$program lies where others than root may write, so it was not started"
  fi
}
tell_network() {
  if have ip; then
    limit 5 ip -o addr show 2>/dev/null | frame addresses
  else
    cat "$ROOT/proc/net/fib_trie" "$ROOT/proc/net/if_inet6" 2>/dev/null | frame kernel-addresses
  fi
  cat "$ROOT/proc/net/route" 2>/dev/null | frame routes
  if have ss; then
    limit 5 ss -H -t -l -n -p 2>/dev/null | frame sockets
  else
    cat "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6" 2>/dev/null | awk '$4 == "0A" { print $2 }' | frame kernel-sockets
  fi
}
# Only what names a port of interest, and nothing that kube-proxy writes: it has thousands of rules. Reading may load modules where none
# is loaded, so then it is left alone: there are no rules either.
tell_firewall() {
  for path in sys/module/nf_tables sys/module/ip_tables proc/sys/net/netfilter; do
    [ -e "$ROOT/$path" ] && path= && break
  done
  [ -z "$path" ] || return 0
  if ! have iptables-save && ! have nft; then unread firewall 'neither iptables-save nor nft is there'; return 0; fi
  {
    have iptables-save && limit 5 iptables-save 2>/dev/null
    have ip6tables-save && limit 5 ip6tables-save 2>/dev/null
    have nft && limit 5 nft list ruleset 2>/dev/null
  } </dev/null | awk -v ports=" \${port:-6443} 6443 8443 " '
    function isOfInterest(text) {
      gsub(/[^0-9]+/, " ", text)
      count = split(text, numbers, " ")
      for (i = 1; i <= count; i++) if (index(ports, " " numbers[i] " ")) return 1
      return 0
    }
    /^\\*/ { table = substr($0, 2); seen = 1; next }
    /^-A (KUBE-|cali-|CILIUM_|FLANNEL-)/ { next }
    /^-A / { if ($0 ~ /--dports? |--to-(destination|ports) /) if (isOfInterest(after($0))) print "-t " table " " $0; next }
    /^table / { table = $2 " " $3; isTold = seen && ($3 == "nat" || $3 == "filter" || $3 == "mangle" || $3 == "raw" || $3 == "security") || $3 ~ /^(kube-proxy|calico|cilium)/; next }
    /^[ \\t]+chain / { chain = $2; next }
    /dport|dnat to|redirect to/ { if (!isTold && chain !~ /^KUBE-/) { rule = $0; sub(/^[ \\t]+/, "", rule); if (isOfInterest(after(rule))) print table " " chain " " rule } }
    function after(text) { sub(/.*(-A [^ ]+)/, "", text); return text }
  ' | frame firewall
}
`;
