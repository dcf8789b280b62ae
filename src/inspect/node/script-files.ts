/** The part of the script that reads files: which, their owners and modes, their text without secrets, the public half of keys. */
import { sanitizer } from './sanitizer.ts';

export const filesScript = `
sanitizer='${sanitizer}'
want_files() {
  ca=
  if [ -n "$manifest" ]; then
    want certificate "$certificate"
    want_key "$key"
    for file in "\${certificate%/*}/ca.crt" "$client_ca" /etc/kubernetes/pki/ca.crt; do
      [ -n "$file" ] && [ -f "$ROOT$file" ] && ca=$file && break
    done
    [ -n "$ca" ] || ca=\${certificate%/*}/ca.crt
    want certificate "$ca"
    want_key "\${ca%.crt}.key"
    IFS=$nl
    for value in $sni; do
      want certificate "\${value%%,*}"
      value=\${value#*,}
      want_key "\${value%%:*}"
    done
    unset IFS
  else
    for file in /etc/kubernetes/pki/ca.crt /etc/kubernetes/ssl/ca.crt; do
      [ -f "$ROOT$file" ] && ca=$file && break
    done
  fi
  # Kubeconfigs may name it by either way, where one folder is a link to the other.
  want_if certificate /etc/kubernetes/pki/ca.crt
  want_if certificate /etc/kubernetes/ssl/ca.crt
  for name in admin super-admin controller-manager scheduler; do
    want_if kubeconfig "/etc/kubernetes/$name.conf"
  done
  want_if kubeconfig "$kubelet_kubeconfig"
  want_if kubeconfig "$bootstrap_kubeconfig"
  want_if kubeconfig /root/.kube/config
  want certificate /var/lib/kubelet/pki/kubelet-client-current.pem
  # Not to be taken for a node without an API server.
  [ ! -d "$ROOT$static_pods" ] || [ -r "$ROOT$static_pods" ] || unread "$static_pods" 'not readable for this user'
  count=0
  # The kubelet passes over what starts with a dot, and so does this pattern.
  for file in "$ROOT$static_pods"/*; do
    [ -n "$is_readable" ] && [ -e "$file" ] || continue
    count=$((count + 1))
    [ "$count" -le 40 ] || { unread "$static_pods" 'more than 40 files'; break; }
    if ! is_path "$file"; then unread "$static_pods" 'a file in it has a name with a tab or a line end, and was not read'
    elif [ -f "$file" ]; then want manifest "\${file#"$ROOT"}"; else traces="\${traces}in-manifests:\${file##*/}$nl"; fi
  done
  want_if nginx /etc/nginx/nginx.conf
  want_if haproxy /etc/haproxy/haproxy.cfg
  want_if haproxy /usr/local/etc/haproxy/haproxy.cfg
  want_if keepalived /etc/keepalived/keepalived.conf
}
want_if() {
  [ -f "$ROOT$2" ] && want "$1" "$2"
}
want_key() {
  want key "$1"
}
# Whether a link is on the way, by the shell's own means: mostly there is none, and readlink need not be started.
is_linked() {
  case $1 in *//* | */./* | */../*) return 0 ;; esac
  step=$1
  while [ -n "$step" ] && [ "$step" != "$ROOT" ]; do
    [ -h "$step" ] && return 0
    step=\${step%/*}
  done
  return 1
}
read_files() {
  set --
  set -f
  IFS=$nl
  for row in $files; do
    path=$ROOT\${row#*"$tab"}
    [ -f "$path" ] && set -- "$@" "$path"
  done
  meta=
  [ $# -eq 0 ] || meta=$(stat -L -c "%s$tab%a$tab%U$tab%G$tab%C$tab%n" "$@" 2>/dev/null)
  [ $# -eq 0 ] || [ -n "$meta" ] || unread files 'stat is not there or failed'
  rows=
  for row in $meta; do
    path=/\${row#*"$tab"/}
    real=$path
    is_linked "$path" && real=$(readlink -f "$path" 2>/dev/null)
    rows="$rows$row$tab$real$nl"
  done
  say files "$rows"
  [ $# -eq 0 ] || ! have getfacl || limit 5 getfacl -s -p "$@" 2>/dev/null </dev/null | frame acl
  # By kind, the small ones: the sanitizer is started once for all of them.
  set --
  for row in $files; do
    kind=\${row%%"$tab"*} path=$ROOT\${row#*"$tab"}
    [ "$kind" != key ] && [ -f "$path" ] || continue
    if [ ! -r "$path" ]; then unread "\${path#"$ROOT"}" 'not readable for this user'; continue; fi
    case "$nl$meta$nl" in *"$tab$path$nl"*) ;; *) continue ;; esac
    size=\${meta%"$tab$path"*}
    size=\${size##*"$nl"}
    size=\${size%%"$tab"*}
    [ "$size" -gt 0 ] || continue
    if [ "$size" -le 262144 ]; then set -- "$@" "kind=$kind" "$path"; else unread "\${path#"$ROOT"}" 'larger than 256 KiB'; fi
  done
  unset IFS
  set +f
  if [ $# -eq 0 ]; then return 0; fi
  if have awk; then limit 20 awk "$sanitizer" "$@" 2>/dev/null </dev/null | frame texts; else unread files 'awk is not there'; fi
}
# Only the digest of the public half leaves this function.
read_keys() {
  rows= is_stuck=
  set -f
  IFS=$nl
  for row in $files; do
    case $row in "key$tab"*) ;; *) continue ;; esac
    path=\${row#*"$tab"}
    [ -f "$ROOT$path" ] || continue
    if ! have openssl; then unread "$path" 'openssl is not there'; continue; fi
    if ! is_small "$ROOT$path"; then unread "$path" 'not readable, or larger than 256 KiB'; continue; fi
    if [ "$size" -eq 0 ]; then unread "$path" 'openssl reads no private key in it'; continue; fi
    # Where it hangs, it is not waited for again with the next key.
    if [ -n "$is_stuck" ]; then unread "$path" 'openssl did not end in time'; continue; fi
    digest=$(limit 5 openssl pkey -in "$ROOT$path" -passin pass: -pubout -outform DER 2>/dev/null </dev/null | limit 6 openssl dgst -sha256 2>/dev/null; [ "$?" != 137 ] || printf ' stuck')
    digest=\${digest##* }
    # Of no bytes at all: openssl could not read it.
    case $digest in
      stuck) is_stuck=yes; unread "$path" 'openssl did not end in time' ;;
      '' | e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855) unread "$path" 'openssl reads no private key in it' ;;
      *) rows="$rows$path$tab$digest$nl" ;;
    esac
  done
  unset IFS
  set +f
  tell keys "$rows"
}
# Of the first process where that may be seen: we may be a service for which file systems are read-only, and for nobody else.
mounts() {
  cat "$ROOT/proc/1/mounts" 2>/dev/null || cat "$ROOT/proc/self/mounts" 2>/dev/null
}
read_folders() {
  set --
  [ -n "$manifest" ] && set -- "\${certificate%/*}"
  set -- "$@" "$static_pods"
  rows=
  for path in "$@"; do
    [ -d "$ROOT$path" ] || continue
    real=$ROOT$path
    is_linked "$real" && real=$(readlink -f "$real" 2>/dev/null)
    numbers=$(stat -f -c "%a$tab%S$tab%d" "$real" 2>/dev/null)
    mount=$(mounts | awk -v path="$real" '
      { at = $2; gsub(/\\\\040/, " ", at) }
      at == "/" || index(path "/", at "/") == 1 { if (length(at) >= best) { best = length(at); found = $3 "\\t" substr($4, 1, 2) } }
      END { print found }')
    rows="$rows$path$tab$real$tab$numbers$tab$mount$nl"
  done
  tell folders "$rows"
}
`;
