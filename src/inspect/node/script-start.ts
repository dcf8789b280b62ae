/** The first part of the script that is run on a node: small helpers, processes, and where kubelet and API server have their files. */

/** Rows go through variables, not through files: nothing is written on the node, and a here-document may be a file in bash. */
export const startScript = `
tab='\t'
nl='
'
# Only a simulated node has a root of its own, and programs in it.
[ -z "$ROOT" ] || PATH=$ROOT/usr/local/bin:$ROOT/usr/bin:$PATH
fields= unread_rows= files= keys= pod_rows= pod_seen= traces= api_pids= kubelet_pid=
field() { fields="$fields$1$tab$2$nl"; }
unread() { unread_rows="$unread_rows$1$tab$2$nl"; }
# Each frame starts two programs: none for nothing.
tell() { [ -z "$2" ] || say "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }
is_path() {
  case $1 in *"$tab"* | *"$nl"*) return 1 ;; /*) return 0 ;; *) return 1 ;; esac
}
want() {
  is_path "$2" || return 0
  case "$nl$files" in *"$nl$1$tab$2$nl"*) return 0 ;; esac
  files="$files$1$tab$2$nl"
}
is_small() {
  [ -f "$1" ] && [ -r "$1" ] && size=$(stat -L -c %s "$1" 2>/dev/null) && [ "$size" -le 262144 ]
}
# One pass over all processes by the shell's own means: a program for each would cost seconds on a busy node.
find_processes() {
  for folder in "$ROOT"/proc/[0-9]*; do
    name=
    { read -r name <"$folder/comm"; } 2>/dev/null || continue
    case $name in
      kube-apiserver) api_pids="$api_pids \${folder##*/}" ;;
      kubelet)
        # Where containers are nodes, their host sees their kubelets too.
        if [ ! -e "$folder/ns/pid" ] || [ "$folder/ns/pid" -ef "$ROOT/proc/1/ns/pid" ]; then
          kubelet_pid=\${kubelet_pid:-\${folder##*/}}
        fi ;;
      k3s-server | k3s-agent | k3s | rke2 | k0s | kubelite | machined) traces="\${traces}process:$name$nl" ;;
    esac
    account=$folder/root/var/run/secrets/kubernetes.io/serviceaccount
    [ -e "$account/ca.crt" ] || account=$folder/root/run/secrets/kubernetes.io/serviceaccount
    [ -e "$account/ca.crt" ] || continue
    [ "$folder/ns/net" -ef "$ROOT/proc/1/ns/net" ] && continue
    see_pod
  done
}
see_pod() {
  case $pod_seen in *' '*' '*' '*' '*' '*) return 0 ;; esac
  for seen in $pod_seen; do
    [ "$folder/ns/net" -ef "$ROOT/proc/$seen/ns/net" ] && return 0
  done
  pod=\${folder##*/} namespace= token=no
  { read -r namespace <"$account/namespace"; } 2>/dev/null
  [ -s "$account/token" ] && token=yes
  # Its environment may hold secrets: three names are let through.
  said=$(tr '\\000\\n' '\\n ' <"$folder/environ" 2>/dev/null |
    awk -F= '/^(KUBERNETES_SERVICE_(HOST|PORT)|HOSTNAME)=/ { gsub(/\\t/, " "); printf "%s\\t", $0 }')
  case $said in *KUBERNETES_SERVICE_HOST=*) ;; *) return 0 ;; esac
  pod_seen="$pod_seen $pod"
  pod_rows="$pod_rows$pod$tab$namespace$tab$token$tab\${account#"$ROOT"}/ca.crt$tab$said$nl"
  want certificate "\${account#"$ROOT"}/ca.crt"
}
# Sets value when the line holds the flag. A manifest may be JSON on one line, so the value ends with its quote.
takes() {
  case $line in *"--$1="*) ;; *) return 1 ;; esac
  value=\${line#*"--$1="}
  [ "$whole" = yes ] && return 0
  value=\${value%%[\\"\\']*}
  value=\${value%%" "*}
  value=\${value%%]*}
}
take_flags() {
  takes tls-cert-file && certificate=\${value%%,*}
  takes tls-private-key-file && key=\${value%%,*}
  takes client-ca-file && client_ca=\${value%%,*}
  takes advertise-address && advertise=\${value%%,*}
  takes bind-address && bind=\${value%%,*}
  takes secure-port && port=\${value%%,*}
  takes tls-sni-cert-key && sni="$sni$value$nl"
}
find_kubelet() {
  kubelet_config=/var/lib/kubelet/config.yaml kubelet_kubeconfig=/etc/kubernetes/kubelet.conf
  bootstrap_kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf static_pods= runtime=
  whole=yes next= arguments=
  if [ -n "$kubelet_pid" ]; then
    arguments=$(tr '\\000' '\\n' <"$ROOT/proc/$kubelet_pid/cmdline" 2>/dev/null)
    IFS=$nl
    for line in $arguments; do
      case $next in ?*) line="$next=$line" next= ;; esac
      case $line in --config | --kubeconfig | --bootstrap-kubeconfig | --pod-manifest-path | --container-runtime-endpoint) next=$line ;; esac
      takes config && kubelet_config=$value
      takes kubeconfig && kubelet_kubeconfig=$value
      takes bootstrap-kubeconfig && bootstrap_kubeconfig=$value
      takes pod-manifest-path && static_pods=$value
      takes container-runtime-endpoint && runtime=$value
    done
    unset IFS
    case $arguments in *--provider-id=kind:*) traces="\${traces}kubelet:kind$nl" ;; esac
  fi
  if is_small "$ROOT$kubelet_config"; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        staticPodPath:*) [ -n "$static_pods" ] || static_pods=\${line#*:} ;;
        containerRuntimeEndpoint:*) [ -n "$runtime" ] || runtime=\${line#*:} ;;
      esac
    done <"$ROOT$kubelet_config"
  fi
  plain "$static_pods" && static_pods=$value
  plain "$runtime" && runtime=$value
  is_path "$static_pods" || static_pods=/etc/kubernetes/manifests
  static_pods=\${static_pods%/}
}
# A YAML scalar without its quotes and blanks.
plain() {
  value=\${1#"\${1%%[! ]*}"}
  value=\${value#[\\"\\']}
  value=\${value%%[\\"\\' ]*}
}
find_apiserver() {
  certificate= key= client_ca= advertise= bind= port= sni= manifest= api_pid=
  for file in "$ROOT$static_pods/kube-apiserver.yaml" "$ROOT$static_pods"/*; do
    is_small "$file" || continue
    grep -q -e '--service-cluster-ip-range' -e '^ *- *kube-apiserver *$' "$file" 2>/dev/null || continue
    grep -q kube-apiserver "$file" 2>/dev/null || continue
    manifest=\${file#"$ROOT"}
    break
  done
  [ -n "$manifest" ] || return 0
  whole=no
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *[![:space:]]*) ;; *) continue ;; esac
    case "\${line#"\${line%%[![:space:]]*}"}" in '#'*) continue ;; esac
    take_flags
  done <"$ROOT$manifest"
  # The process says what is in effect, unless it is another cluster's: containers that are nodes.
  manifest_advertise=$advertise api_arguments=
  for pid in $api_pids; do
    arguments=$(tr '\\000' '\\n' <"$ROOT/proc/$pid/cmdline" 2>/dev/null)
    case "$nl$arguments$nl" in *"$nl--advertise-address=$manifest_advertise$nl"*) ;; *) continue ;; esac
    api_pid=$pid api_arguments=$arguments whole=yes sni=
    IFS=$nl
    for line in $arguments; do take_flags; done
    unset IFS
    break
  done
  is_path "$certificate" || certificate=/var/run/kubernetes/apiserver.crt
  is_path "$key" || key=/var/run/kubernetes/apiserver.key
}
`;
