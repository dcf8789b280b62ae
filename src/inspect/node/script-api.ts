/** The part of the script that asks the API by the node's own admin.conf, though not through its `server:`, with the CA always verified. */
import { allServices, apiPaths, type ApiQuestion } from '../api/questions.ts';

function ask(question: ApiQuestion): string {
  return `ask ${question} '${apiPaths[question]}'`;
}

/**
 * kubectl takes long to start, so three of them run beside one another and beside all that is read from files: each fills a pipe
 * that is emptied at the end. `--raw` writes no cache.
 */
export const apiScript = `
find_api() {
  [ -n "$manifest" ] && [ "\${DATA_api-yes}" = yes ] || return 1
  admin=
  for name in admin super-admin; do
    [ -n "$admin" ] || [ ! -f "$ROOT/etc/kubernetes/$name.conf" ] || admin=/etc/kubernetes/$name.conf
  done
  if [ -z "$admin" ]; then unread api 'no admin.conf is there'; return 1; fi
  # kubectl would start what it names.
  if grep -q -E '(exec|auth-provider)["'"'"']?[[:space:]]*:' "$ROOT$admin" 2>/dev/null; then
    unread api "$admin starts a program for its credentials"
    return 1
  fi
  # YAML has more ways to write that word: escapes, keys of their own line, aliases, tags, and other encodings.
  if grep -q -e '[*?!\\]' -e '[^[:print:][:space:]]' "$ROOT$admin" 2>/dev/null; then
    unread api "$admin is written in a way that could hide a program for its credentials"
    return 1
  fi
  if ! find_program kubectl; then
    if [ -z "$program" ]; then unread api 'kubectl is not there'; else unread api "$program lies where others than root may write, so it was not started"; fi
    return 1
  fi
  [ -f "$ROOT$ca" ] || { unread api "$ca is not there"; return 1; }
  host=$advertise
  case $host in '') host=$bind ;; esac
  case $host in '' | 0.0.0.0 | ::) host=127.0.0.1 ;; esac
  case $host in *[!0-9a-fA-F:.]*) unread api 'its advertise address is no address'; return 1 ;; *:*) host="[$host]" ;; esac
  case $port in '') port=6443 ;; *[!0-9]*) unread api 'its port is no number'; return 1 ;; esac
  # A name that the certificate holds: by the address alone it could not be verified where that very address is missing.
  api_name=kubernetes
  text=
  is_small "$ROOT$certificate" && [ "$size" -gt 0 ] && text=$(limit 5 openssl x509 -in "$ROOT$certificate" -noout -text 2>/dev/null </dev/null)
  case "$text," in
    *DNS:kubernetes,* | *"DNS:kubernetes$nl"*) ;;
    *DNS:*)
      value=\${text#*DNS:}
      value=\${value%%[!0-9a-zA-Z.-]*}
      case $value in ?*) api_name=$value ;; esac ;;
  esac
  unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy KUBECONFIG
  # kubectl 1.33 and newer would read defaults and aliases from the home folder.
  KUBERC=off KUBECTL_KUBERC=false
  export KUBERC KUBECTL_KUBERC
  failed=
}
ask() {
  if [ -n "$failed" ]; then printf '\\n#%s\\t1\\t%s\\n' "$1" "$failed"; return 0; fi
  said=$(limit 8 "$program" --kubeconfig "$ROOT$admin" --server "https://$host:$port" --tls-server-name "$api_name" \\
    --certificate-authority "$ROOT$ca" --request-timeout 5s get --raw "$2" 2>&1 1>&6 </dev/null)
  status=$?
  [ "$status" != 137 ] || said='kubectl did not end in time'
  set -f
  IFS=$nl
  set -- "$1" $said
  unset IFS
  name=$1
  shift
  said=$*
  printf '\\n#%s\\t%s\\t%s\\n' "$name" "$status" "$said"
  set +f
  # What is forbidden or not there says nothing of the next; that nobody answers does, and would cost the time again.
  case "$status $said" in 0* | *Forbidden* | *NotFound* | *"could not find"*) ;; *) failed=$said; [ -n "$failed" ] || failed="kubectl ended with $status" ;; esac
  [ "$status" = 0 ]
}
ask_of_cluster() {
  {
    ${ask('version')}
    ${ask('service')}
    ${ask('endpoint-slices')}
    ${ask('load-balancers')} ||
      case $said in *"field label"* | *BadRequest*) failed=; ask load-balancers '${allServices}' ;; esac
  } 6>&1
}
ask_of_configuration() {
  {
    ${ask('kubeadm-config')}
    ${ask('kube-proxy')}
    ${ask('cluster-info')}
  } 6>&1
}
# The names of images are most of what is said of a node.
ask_of_nodes() {
  {
    ${ask('control-planes')}
    [ "\${DATA_workers-yes}" != yes ] || ${ask('workers')}
  } 6>&1 | sed -e 's/"names":\\[[^]]*\\],*//g' -e 's/"images":\\[[^]]*\\]/"images":[]/g'
}
`;
