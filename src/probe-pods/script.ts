/** The scripts of `verify --probe-image`: one control plane's kubectl makes a pod, sees how it is, and deletes it. Nothing is written on the node. */
import { apiScript } from '../inspect/node/script-api.ts';
import { filesScript } from '../inspect/node/script-files.ts';
import { startScript } from '../inspect/node/script-start.ts';
import { systemScript } from '../inspect/node/script-system.ts';
import { probeNamespace, probePrefix } from '../model/probe-pod.ts';
import { podAct } from '../reach/pod-maker.ts';

const path = `/api/v1/namespaces/${probeNamespace}/pods`;

/**
 * DATA_name alone says which pod, and no other name than one of ours is acted on. `--raw` writes no cache, and sends the body as it
 * is: https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/rawhttp/raw.go
 */
const start = `
case $DATA_name in ${probePrefix}*[!0-9a-f]* | ${probePrefix}) exit 64 ;; ${probePrefix}*) ;; *) exit 64 ;; esac
act() {
  said=$(printf %s "$4" | limit 8 "$program" --kubeconfig "$ROOT$admin" --server "https://$host:$port" --tls-server-name "$api_name" \\
    --certificate-authority "$ROOT$ca" --request-timeout 5s "$2" --raw "$3" -f - 2>&1 1>&6)
  status=$?
  [ "$status" != 137 ] || said='kubectl did not end in time'
  set -f
  IFS=$nl
  set -- "$1" $said
  unset IFS
  name=$1
  shift
  printf '\\n#%s\\t%s\\t%s\\n' "$name" "$status" "$*"
  set +f
  [ "$status" = 0 ]
}
find_the_api() {
  find_processes
  find_kubelet
  find_apiserver
  want_files
  find_api && return
  # Without a manifest of an API server it says nothing.
  [ -n "$unread_rows" ] || unread api 'this node runs no API server'
  say unread "$unread_rows"
  return 1
}
`;

/** DATA_pod: the pod as JSON. Only what the API server says of it is told. */
const make = `
make_pod() {
  find_the_api || return 0
  act made create '${path}' "$DATA_pod" 6>&1 | frame api
}
make_pod </dev/null
`;

/** For some seconds, or until there is something to say: it runs, it ended, or kubelet says why it waits. */
const watch = `
watch_pod() {
  find_the_api || return 0
  for left in 7 6 5 4 3 2 1 0; do
    failed=
    answer=$(ask pod "${path}/$DATA_name" 6>&1; printf .)
    case $answer in
      *'"reason":"Err'* | *'"reason":"ImagePull'* | *'"reason":"Invalid'* | *'"reason":"Create'* | *'"reason":"RunContainer'*) break ;;
      *'"phase":"Pending"'*) [ "$left" = 0 ] || sleep 1 ;;
      *) break ;;
    esac
  done
  printf %s "\${answer%.}" | frame api
  case $answer in
    *'"phase":"Pending"'*) ask events "/api/v1/namespaces/${probeNamespace}/events?fieldSelector=involvedObject.name%3D$DATA_name&limit=50" 6>&1 | frame events ;;
  esac
}
watch_pod </dev/null
`;

/** One that is not there is gone too; kubelet takes the object away when the container has ended. */
const remove = `
remove_pod() {
  find_the_api || return 0
  act removed delete "${path}/$DATA_name" '{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":1}' 6>/dev/null | frame removal
  faults=0
  for left in 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0; do
    failed=
    answer=$(ask pod "${path}/$DATA_name" 6>/dev/null; printf .)
    case $answer in
      *NotFound*) break ;;
      *"#pod\${tab}0$tab"*) ;;
      *) faults=$((faults + 1)); [ "$faults" -lt 3 ] || break ;;
    esac
    [ "$left" = 0 ] || sleep 1
  done
  printf %s "\${answer%.}" | frame api
}
remove_pod </dev/null
`;

function whole(order: string): string {
  return [startScript, filesScript, systemScript, apiScript, start, order].join('');
}

export const makePod = podAct('make-pod', whole(make));
export const watchPod = podAct('watch-pod', whole(watch));
export const removePod = podAct('remove-pod', whole(remove));
