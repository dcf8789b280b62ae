/** The first part of the script that is run on a node: small helpers, processes, and where kubelet and API server have their files. */

import { cleanPath } from '../../reach/clean-path.ts';

/** Rows go through variables, not through files: nothing is written on the node, and a here-document may be a file in bash. */
export const startScript = `
tab='\t'
nl='
'
${cleanPath}
# Nobody but its owner may write there. The owner need not be root: kubelet runs as root whatever lies in its folder, so he is root
# already, and kubespray gives the folder to its kube_owner:
# https://github.com/kubernetes-sigs/kubespray/blob/v2.28.0/roles/kubernetes/preinstall/tasks/0050-create_directories.yml
is_guarded() {
  modes=$(stat -L -c %a "$1" 2>/dev/null) || return 1
  case $modes in *[2367]? | *[2367]) return 1 ;; esac
}
has_timeout=
timeout 5 true 2>/dev/null && has_timeout=yes
# A program that hangs must not cost all that the others tell.
limit() {
  if [ -n "$has_timeout" ]; then timeout -s KILL "$@"; else shift; "$@"; fi
}
fields= unread_rows= files= keys= pod_rows= pod_seen= traces= api_pids= kubelet_pids= doubtful= pod_tries=0
field() { fields="$fields$1$tab$2$nl"; }
unread() { unread_rows="$unread_rows$1$tab$2$nl"; }
# Each frame starts two programs: none for nothing.
tell() { [ -z "$2" ] || say "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }
is_path() {
  case $1 in *"$tab"* | *"$nl"*) return 1 ;; /*) return 0 ;; *) return 1 ;; esac
}
# Processes show files of their own below /proc, by names of their choosing.
want() {
  is_path "$2" || return 0
  case $2 in /proc/* | */../* | //*) return 0 ;; esac
  case "$nl$files" in *"$nl$1$tab$2$nl"*) return 0 ;; esac
  files="$files$1$tab$2$nl"
}
is_small() {
  [ -f "$1" ] && [ -r "$1" ] && size=$(stat -L -c %s "$1" 2>/dev/null) && [ "$size" -le 262144 ]
}
is_same() { [ -e "$folder/ns/$1" ] && [ "$folder/ns/$1" -ef "$ROOT/proc/1/ns/$1" ]; }
# One pass over all processes by the shell's own means: a program for each would cost seconds on a busy node. Anybody may call a
# process as he likes, so a name alone is believed of none.
find_processes() {
  for folder in "$ROOT"/proc/[0-9]*; do
    name=
    { read -r name <"$folder/comm"; } 2>/dev/null || continue
    if is_same net; then
      case $name in
        # Only a static pod: else very many others would leave no room for it.
        kube-apiserver) [ "\${#api_pids}" -gt 200 ] || { see_group && [ "\${#group}" -eq 32 ] && api_pids="$api_pids \${folder##*/}"; } ;;
        kubelet)
          if is_same pid && is_same mnt && see_process && [ "$uid" = 0 ] && [ "$parent" = 1 ]; then
            if is_from kubelet; then kubelet_pids="$kubelet_pids \${folder##*/}"; else doubtful=yes; fi
          fi ;;
        k3s-server | k3s-agent | k3s | rke2 | k0s | kubelite | machined)
          see_process && [ "$uid" = 0 ] && is_same pid && traces="\${traces}process:$name$nl" ;;
      esac
    elif [ -n "$has_timeout" ] && [ "$pod_tries" -lt 8 ] && [ "$name" != pause ] && [ -e "$folder/ns/net" ]; then
      see_pod
    fi
  done
}
# Whose process it is, where all four of its user ids are one.
see_process() {
  uid= parent=
  { while read -r name_of_row value others; do
    case $name_of_row in
      PPid:) parent=$value ;;
      Uid:) [ "$others" = "$value$tab$value$tab$value" ] && uid=$value; break ;;
    esac
  done <"$folder/status"; } 2>/dev/null
  [ -n "$uid" ]
}
# A user's sudo runs as root under any name that he gives it, but from its own file. Who is not root is not told the file, and
# opens nothing that he could not open anyhow.
is_from() {
  real=$(readlink "$folder/exe" 2>/dev/null)
  real=\${real% (deleted)}
  case $real in */"$1") is_ours "$real" ;; '') [ "$own_id" != 0 ] ;; *) return 1 ;; esac
}
# The pod that a process belongs to, by its control group, which no process chooses. Kubelet calls a static pod by a digest, and others have
# a UUID of the API server's: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/config/common.go
see_group() {
  group=
  { while IFS= read -r line; do
    [ "\${#line}" -lt 1024 ] || continue
    case $line in
      *user.slice*) continue ;;
      *:/kubepods*.slice/* | *:/kubelet.slice/kubelet-kubepods*) line=\${line#*-pod} ;;
      *:/kubepods/* | */kubelet/kubepods/*) line=\${line#*/pod} ;;
      *) continue ;;
    esac
    group=\${line%%[./]*}
    break
  done <"$folder/cgroup"; } 2>/dev/null
  case $group in *[!0-9a-f_-]*) group= ;; esac
  [ "\${#group}" -eq 32 ] || [ "\${#group}" -eq 36 ]
}
# No file of a pod is opened, for a name in it leads where the pod wants. Its environment may hold secrets: two names are let through.
see_pod() {
  case $pod_seen in *' '*' '*' '*' '*' '*) return 0 ;; esac
  see_group || return 0
  for seen in $pod_seen; do
    [ "$folder/ns/net" -ef "$ROOT/proc/$seen/ns/net" ] && return 0
  done
  pod=\${folder##*/} namespace= pod_name=
  said=$(limit 1 head -c 65536 "$folder/environ" 2>/dev/null | tr '\\000\\n' '\\n ' | awk '
    length($0) < 100 && /^KUBERNETES_SERVICE_HOST=[0-9A-Fa-f.:]+$/ { host = substr($0, 25) }
    length($0) < 40 && /^KUBERNETES_SERVICE_PORT=[0-9]+$/ { port = substr($0, 25) }
    END { if (host != "") print host "\\t" port }')
  case $said in ?*) ;; *) pod_tries=$((pod_tries + 1)); return 0 ;; esac
  pod_seen="$pod_seen $pod"
  # Kubelet's own folder has the names: NAMESPACE_NAME_UID.
  for seen in 1 2 3 4; do
    case $group in *_*) group=\${group%%_*}-\${group#*_} ;; esac
  done
  for seen in "$ROOT"/var/log/pods/*_"$group"; do
    seen=\${seen##*/}
    seen=\${seen%_*}
    case $seen in *[!0-9a-z._-]*) continue ;; ?*_?*) namespace=\${seen%%_*} pod_name=\${seen#*_} ;; esac
  done
  pod_rows="$pod_rows$pod$tab$namespace$tab$pod_name$tab$said$nl"
}
# Sets value when the word is the flag. Nothing long comes here: taking a word apart costs the square of its length.
takes() {
  case $line in "--$1="*) value=\${line#*=} ;; *) return 1 ;; esac
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
  bootstrap_kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf static_pods= runtime= next=
  set -- $kubelet_pids
  if [ $# -ne 1 ] && [ -n "$doubtful$kubelet_pids" ]; then
    unread kubelet 'what runs by that name is not one program of root, so its flags were not believed and the usual paths were taken'
  fi
  if [ $# -eq 1 ]; then
    arguments=$(limit 2 head -c 65536 "$ROOT/proc/$1/cmdline" 2>/dev/null | tr '\\000' '\\n')
    set -f
    IFS=$nl
    for line in $arguments; do
      [ "\${#line}" -le 4096 ] || continue
      case $next in ?*) line="$next=$line" next= ;; esac
      case $line in --config | --pod-manifest-path | --container-runtime-endpoint) next=$line ;; esac
      takes config && kubelet_config=$value
      takes pod-manifest-path && static_pods=$value
      takes container-runtime-endpoint && runtime=$value
      case $line in --provider-id=kind:*) traces="\${traces}kubelet:kind$nl" ;; esac
    done
    unset IFS
    set +f
  fi
  case $kubelet_config in /proc/*) kubelet_config= ;; esac
  if is_path "$kubelet_config" && is_small "$ROOT$kubelet_config"; then
    while IFS= read -r line || [ -n "$line" ]; do
      [ "\${#line}" -le 4096 ] || continue
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
  # Whoever may write there says what root opens and whom its kubectl believes.
  is_readable=yes
  if [ -d "$ROOT$static_pods" ] && ! is_guarded "$ROOT$static_pods"; then
    unread "$static_pods" 'others than its owner may write there, so nothing in it was read'
    is_readable=
  fi
}
# A YAML scalar without its quotes and blanks.
plain() {
  value=\${1#"\${1%%[! ]*}"}
  value=\${value#[\\"\\']}
  value=\${value%%[\\"\\' ]*}
}
find_apiserver() {
  certificate= key= client_ca= advertise= bind= port= sni= manifest= api_arguments= user=0 next=
  [ -n "$is_readable" ] || return 0
  for file in "$ROOT$static_pods/kube-apiserver.yaml" "$ROOT$static_pods"/*; do
    # What the kernel makes up has no size, and may wait for ever or be emptied by reading.
    is_path "$file" && is_small "$file" && [ "$size" -gt 0 ] || continue
    grep -q -e '--service-cluster-ip-range' -e '^ *- *kube-apiserver *$' "$file" 2>/dev/null || continue
    grep -q kube-apiserver "$file" 2>/dev/null || continue
    manifest=\${file#"$ROOT"}
    break
  done
  [ -n "$manifest" ] || return 0
  rows=$(limit 20 awk "$sanitizer" kind=manifest "$ROOT$manifest" 2>/dev/null)
  set -f
  IFS=$nl
  for line in $rows; do
    case $line in
      "|spec.containers.0.securityContext.runAsUser$tab"* | "|spec.securityContext.runAsUser$tab"*) user=\${line#*"$tab"}; continue ;;
      "|spec.containers.0.command."* | "|spec.containers.0.args."*) line=\${line#*"$tab"} ;;
      *) continue ;;
    esac
    case $next in ?*) line="$next=$line" next= ;; esac
    case $line in --*=*) take_flags ;; --*) next=$line ;; esac
  done
  unset IFS
  set +f
  is_path "$certificate" || certificate=/var/run/kubernetes/apiserver.crt
  is_path "$key" || key=/var/run/kubernetes/apiserver.key
  # What the process says is told, and steers nothing here: files, address and CA are the manifest's.
  set --
  for pid in $api_pids; do
    folder=$ROOT/proc/$pid
    see_process && { [ "$uid" = 0 ] || [ "$uid" = "$user" ]; } && set -- "$@" "$pid"
  done
  [ $# -eq 1 ] || return 0
  api_arguments=$(limit 2 head -c 131072 "$ROOT/proc/$1/cmdline" 2>/dev/null | tr '\\000' '\\n' | awk "$sanitizer" kind=process - 2>/dev/null)
}
`;
