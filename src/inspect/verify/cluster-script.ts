/** The script that asks the API, by one control plane's admin.conf, what a pod's way to it is made of: DNS, CAs, pods that crash. */
import { probeNamespace, probePrefix, probeSelector } from '../../model/probe-pod.ts';
import { type Query, query } from '../../reach/reader.ts';
import { apiScript } from '../node/script-api.ts';
import { filesScript } from '../node/script-files.ts';
import { startScript } from '../node/script-start.ts';
import { systemScript } from '../node/script-system.ts';

/** kubeadm calls the Service kube-dns and kubespray coredns; the label is the same, and slices have their Service's labels. */
export const clusterPaths = {
  'dns-service': '/api/v1/namespaces/kube-system/services?labelSelector=k8s-app%3Dkube-dns',
  'dns-slices':
    '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices?labelSelector=k8s-app%3Dkube-dns',
  'root-cas': '/api/v1/configmaps?fieldSelector=metadata.name%3Dkube-root-ca.crt&limit=500',
  pods: '/api/v1/pods?limit=500',
} as const;

export const podsOfPage = 500;
/** Pages of pods that are looked through for those that crash, and for how many seconds a next one is begun. */
export const mostPages = 20;
export const mostSeconds = 15;
/** Asked only where pods of ours are made. */
const probePodsPath = `/api/v1/namespaces/${probeNamespace}/pods?labelSelector=${encodeURIComponent(probeSelector)}&limit=100`;

export type ClusterQuestion = keyof typeof clusterPaths;

/**
 * Of a list of pods, only those that crash, and of those only what says so: a pod's spec holds secrets. JSON is taken apart at its
 * quotation marks, which any awk does quickly.
 */
export const crashFilter = `
BEGIN { RS = "\\""; inside = depth = rows = 0 }
function path(  i, text) { for (i = 1; i <= depth; i++) text = text "/" (kind[i] == "a" ? "*" : key[i]); return text }
function value(text,  at) {
  # Tokens of the API server are base64url, so that this one can stand in a path as it is.
  if (depth == 2 && key[2] == "continue" && path() == "/metadata/continue" && length(text) < 4000 && text ~ /^[A-Za-z0-9_-]+$/) print "+more\\t" text
  if (key[depth] !~ /^(name|namespace|nodeName|restartCount|reason|message)$/ || depth < 4) return
  at = path()
  if (at == "/items/*/metadata/name") pod = text
  else if (at == "/items/*/metadata/namespace") space = text
  else if (at == "/items/*/spec/nodeName") node = text
  else if (at ~ /^\\/items\\/\\*\\/status\\/(initContainerS|containerS)tatuses\\/\\*\\//) {
    sub(/^.*Statuses\\/\\*\\//, "", at)
    sub(/^.*statuses\\/\\*\\//, "", at)
    if (at == "name") container = text
    else if (at == "restartCount") restarts = text
    else if (at == "state/waiting/reason") reason = text
    else if (at == "state/waiting/message" && match(text, /^back-off [0-9a-z.]+/)) wait = substr(text, 10, RLENGTH - 9)
  }
}
function end() {
  if (depth == 6 && kind[5] == "a") {
    if (reason == "CrashLoopBackOff" && rows < 100) row[++rows] = container "\\t" restarts "\\t" wait
    container = restarts = reason = wait = ""
  }
  if (depth == 3) {
    for (i = 1; i <= rows; i++) print space "\\t" pod "\\t" node "\\t" row[i]
    rows = 0; space = pod = node = ""
  }
  depth--
}
function marks(text,  i, mark, word) {
  if (depth == 0 && text !~ /^[ \\n]*[{]/) { printf "%s", text; return }
  for (i = 1; i <= length(text); i++) {
    mark = substr(text, i, 1)
    if (mark ~ /[{}\\[\\],]/ && word != "") { value(word); word = "" }
    if (mark == "{") { kind[++depth] = "o"; key[depth] = "" }
    else if (mark == "[") { kind[++depth] = "a"; key[depth] = "" }
    else if (mark == "}" || mark == "]") {
      if (depth > 0) end()
      if (depth == 0) { printf "%s", substr(text, i + 1); return }
    }
    else if (mark == ",") expects = kind[depth] == "o"
    else if (mark == ":") expects = 0
    else if (mark !~ /[ \\n\\t]/) word = word mark
    if (mark == "{") expects = 1
    if (mark == "[") expects = 0
  }
}
function string(text) {
  if (depth == 0) printf "\\"%s\\"", text
  else if (kind[depth] == "o" && expects) key[depth] = text
  else value(text)
}
{
  if (!inside) { marks($0); inside = 1; held = ""; next }
  held = held $0
  match($0, /\\\\*$/)
  if (RLENGTH % 2 == 1) { held = held "\\""; next }
  string(held)
  inside = 0
}
`;

function ask(question: ClusterQuestion): string {
  return `ask ${question} '${clusterPaths[question]}'`;
}

const order = `
crash_filter='${crashFilter}'
# Page by page, as far as time allows; what is behind a token that stands at the end was not seen.
ask_pods() {
  page=0 begun=$(date +%s) rest=
  while :; do
    rows=$(ask pods "${clusterPaths.pods}$rest" 6>&1 | awk "$crash_filter")
    printf '%s\\n' "$rows"
    page=$((page + 1))
    case $nl$rows in *"$nl+more$tab"*) ;; *) return 0 ;; esac
    rest=\${rows#*"+more$tab"}
    rest=\${rest%%"$nl"*}
    case $rest in '' | *[!0-9A-Za-z_-]*) return 0 ;; esac
    [ "$page" -lt ${mostPages} ] && [ $(($(date +%s) - begun)) -lt ${mostSeconds} ] || return 0
    printf '+page\\t%s\\n' "$page"
    rest="&continue=$rest"
  done
}
tell_cluster() {
  find_processes
  find_kubelet
  find_apiserver
  want_files
  if find_api; then
    {
      ${ask('dns-service')}
      ${ask('dns-slices')}
      ${ask('root-cas')}
    } 6>&1 | frame api
    ask_pods | frame pods
    # Only the names of those that are called as ours are, whatever else has their labels.
    [ "\${DATA_probes-no}" != yes ] || ask probe-pods '${probePodsPath}' 6>&1 |
      awk '/^#/ { print "" ; print; next } { while (match($0, /"name":"${probePrefix}[0-9a-f]+"/)) { print substr($0, RSTART + 8, RLENGTH - 9); $0 = substr($0, RSTART + RLENGTH) } }' |
      frame probe-pods
  fi
  say unread "$unread_rows"
}
tell_cluster </dev/null
`;

export const clusterQuery: Query = query(
  'cluster',
  [startScript, filesScript, systemScript, apiScript, order].join(''),
);
