/** Shell functions of the steps that ask an API server by kubectl, and those that lead by a lease. */

/** DATA_admin is a kubeconfig of root's. */
export const asking = `
# Under a name that its certificate holds: by hand it may have been made without \`kubernetes\`. That it is of the cluster's CA is kubectl's to see.
name_at() {
  api_name=kubernetes
  _text=$(timeout 5 openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -text 2>/dev/null)
  # What the same CA signs for a kubelet is of system:nodes: whoever has that may stand in between, and is no API server.
  case $(printf '%s\\n' "$_text" | grep -m1 'Subject:') in *system:*) return ;; esac
  _names=$(printf '%s\\n' "$_text" | tr ',' '\\n' |
    sed -n -e 's/^ *\\(DNS\\):\\([0-9A-Za-z][0-9A-Za-z.-]*\\) *$/\\1 \\2/p' -e 's/^ *\\(IP\\) Address:\\([0-9A-Fa-f.:]*\\) *$/\\1 \\2/p')
  _first=$(printf '%s\\n' "$_names" | grep -m1 '^DNS ' || printf '%s\\n' "$_names" | grep -m1 '^IP ')
  printf '%s\\n' "$_names" | grep -qx 'DNS kubernetes' || api_name=\${_first#* }
  : "\${api_name:=kubernetes}"
}
ask_api() {
  _server=$1
  shift
  timeout 10 kubectl --kubeconfig "$ROOT$DATA_admin" --server "https://$_server" --tls-server-name "$api_name" --request-timeout=8s "$@" 2>&1 </dev/null
}
# Most have that name, and are asked once.
asked() {
  api_name=kubernetes
  _said=$(ask_api "$@") && { printf '%s\\n' "$_said"; return; }
  case $_said in *x509:*)
    name_at "$1"
    if [ "$api_name" != kubernetes ]; then ask_api "$@"; return; fi ;;
  esac
  printf '%s\\n' "$_said"
  return 1
}
# Of the static pod, which is root's to write, else of the process.
flags_of() {
  flags=$(sed -e 's/^[[:space:]]*#.*//' -e 's/[[:space:]]#.*//' "$ROOT/etc/kubernetes/manifests/$1.yaml" 2>/dev/null)
  if [ -z "$flags" ]; then
    for _comm in $(grep -lx -e "$(printf %.15s "$1")" "$ROOT"/proc/[0-9]*/comm 2>/dev/null); do
      # A pod's may have any name.
      [ "$(readlink "\${_comm%/comm}/ns/net")" = "$(readlink "$ROOT/proc/1/ns/net")" ] || continue
      flags=$(tr '\\0' '\\n' <"\${_comm%/comm}/cmdline" 2>/dev/null)
    done
  fi
  flags=$(printf '%s\\n' "$flags" | grep -o -e "--[a-z-]*=[^]\\"', ]*")
}
# The last one holds.
flag() { printf '%s\\n' "$flags" | sed -n "s/^--$1=//p" | tail -n 1; }
# Where no leader is elected nobody renews a lease.
is_alone() {
  case $(flag leader-elect) in
    0 | f | F | false | False | FALSE) return 0 ;;
    '') ;;
    *) return 1 ;;
  esac
  _config=$(flag config)
  [ -n "$_config" ] && grep -q -E '(^|[[:space:]{,"])leaderElect"?:[[:space:]]*"?(false|False|FALSE)' "$ROOT$_config" 2>/dev/null
}
# Its certificate is its own, so who it is cannot be judged.
health_at() { printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' | timeout 5 openssl s_client -quiet -connect "$1" 2>/dev/null | head -n 1 | tr -d '\\r' | head -c 100; }
# Where its health is asked for; nothing, where it has a lease.
lonely_at() {
  flags_of "$1"
  is_alone || return 0
  _host=$(flag bind-address) _port=$(flag secure-port)
  case $_host in '' | 0.0.0.0 | ::) _host=127.0.0.1 ;; *:*) _host="[$_host]" ;; esac
  printf %s "$_host:\${_port:-$2}"
}
# A line of the one that is named: when its lease was renewed, by whomever, or how it is itself.
life_of() {
  if [ -n "$2" ]; then
    _health=$(health_at "$2")
    case $_health in 'HTTP/'*' 200 '*) _health=ok ;; '') _health="no answer at $2" ;; esac
    printf '%s alone %s\\n' "$1" "$_health"
  else
    printf '%s %s\\n' "$1" "$(asked "$DATA_endpoint" get --raw "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/$1" | grep -o '"renewTime": *"[^"]*"' | head -n 1)"
  fi
}
`;
