/**
 * The script that dials the API servers from a node, and from the network namespace of a pod on it. Only that namespace is entered: the
 * programs and files are the node's, no file of the pod is opened, and nothing is written.
 */
import { type Query, query } from '../../reach/reader.ts';
import { filesScript } from '../node/script-files.ts';
import { startScript } from '../node/script-start.ts';
import { systemScript } from '../node/script-system.ts';

const dialling = `
enter= dialled= dead= by= silent=0
find_dialler() {
  if [ -z "$has_timeout" ]; then unread dial 'timeout is not there, and without it nothing is dialled'
  elif find_program openssl; then by=openssl
  elif find_program curl; then by=curl
  else unread dial 'neither openssl nor curl is there, so nothing was dialled from this node'
  fi
  [ -n "$by" ]
}
# Rows of "host port name". What does not answer once is not waited for again.
dial_all() {
  who=$1 dialled=' ' dead=' ' silent=0
  set -f
  IFS=$nl
  for row in $2; do
    IFS=' '
    set -- $row
    IFS=$nl
    [ $# -eq 3 ] && dial "$1" "$2" "$3"
  done
  unset IFS
  set +f
}
dial() {
  unset IFS
  host=$1 port=$2 name=$3 sni= at=$1:$2
  case $host in *[!0-9a-fA-F.:]*) return 0 ;; *:*) at="[$host]:$port" ;; esac
  case $port in *[!0-9]*) return 0 ;; esac
  case $name in *[!0-9a-zA-Z.:-]* | -*) return 0 ;; *:*) ;; *[!0-9.]*) sni=$name ;; esac
  head=$who$tab$by$tab$host$tab$port$tab
  [ "$silent" -lt 5 ] || { unread dial 'five addresses stayed silent, so no more were dialled'; return 0; }
  case $dead in *" $at "*) say dial "$head$name$tab$tab$nl"'did not answer a moment ago'; return 0 ;; esac
  if [ "$by" = openssl ]; then
    # Addresses are never sent, so one handshake shows the certificate for all of them.
    case $dialled in *" $at/$sni "*) return 0 ;; esac
    dialled="$dialled$at/$sni "
    set -- -connect "$at" -showcerts
    [ -z "$sni" ] || set -- "$@" -servername "$sni"
    said=$(limit 5 $enter openssl s_client "$@" </dev/null 2>&1)
    status=$?
    chain=$(printf '%s\\n' "$said" | sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' | head -c 65536)
    # Only of a handshake that came to its end: before, nobody has shown that the key is his.
    if [ -n "$chain" ] && [ "$status" -eq 0 ]; then said=$chain; else said=$(printf '%s\\n' "$said" | head -n 5 | head -c 600); [ "$status" -ne 0 ] || status=1; fi
    say dial "$head$sni$tab$status$nl$said"
  else
    url=$name
    case $name in *:*) url="[$name]" ;; esac
    to=$host
    case $host in *:*) to="[$host]" ;; esac
    said=$(limit 5 $enter curl -q -s -S -o /dev/null --noproxy '*' --max-time 5 --cacert "$ROOT$ca" \\
      --connect-to "$url:$port:$to:$port" "https://$url:$port/version" </dev/null 2>&1 | head -n 3 | head -c 600; printf .)
    status=0
    case $said in .) ;; *) status=1 ;; esac
    say dial "$head$name$tab$status$nl\${said%.}"
  fi
  # Each that stays silent costs five seconds, and all of it has to end in time.
  case $status in 0) return 0 ;; 137) dead="$dead$at " silent=$((silent + 1)) ;; esac
  case $said in *efused* | *"imed out"* | *nreachable*) dead="$dead$at " ;; esac
}
`;

const pods = `
# Only the mounts that the kernel tells of, and kubelet's own folder: which volume is where client libraries look, and what kubelet put there.
see_token() {
  token=absent volume=
  rows=$(limit 2 awk '
    $5 == "/run/secrets/kubernetes.io/serviceaccount" || $5 == "/var/run/secrets/kubernetes.io/serviceaccount" { print $3 "\\t" $4 }
  ' "$ROOT/proc/$1/mountinfo" 2>/dev/null) || token=unknown
  [ -e "$ROOT/proc/$1/mountinfo" ] || token=unknown
  [ -n "$rows" ] || return 0
  token=unknown
  rows=\${rows%%"$nl"*}
  # A volume in memory is known by its device, one on disk by its place there.
  case \${rows#*"$tab"} in
    */pods/"$2"/volumes/*) volume=/var/lib/kubelet/pods/\${rows#*"$tab"*/pods/} ;;
    *) volume=$(limit 2 awk -v device="\${rows%%"$tab"*}" -v uid="/pods/$2/volumes/" '$3 == device && index($5, uid) { print $5; exit }' "$ROOT/proc/1/mountinfo" 2>/dev/null) ;;
  esac
  # Only kinds that no pod can write to: what it can, it could make lead elsewhere in the moment of reading.
  case $volume in
    *"/pods/$2/volumes/kubernetes.io~projected/"* | *"/pods/$2/volumes/kubernetes.io~secret/"* | *"/pods/$2/volumes/kubernetes.io~configmap/"*) ;;
    *) volume=; return 0 ;;
  esac
  case $volume in */../* | *"$tab"* | *\\\\*) volume=; return 0 ;; esac
  [ -d "$ROOT$volume" ] || { volume=; return 0; }
  if [ -e "$ROOT$volume/token" ]; then token=mounted; else token=absent; fi
}
# Kubelet writes it as root, and it leads nowhere else.
tell_pod_ca() {
  [ -n "$volume" ] || return 0
  real=$(readlink -f "$ROOT$volume/ca.crt" 2>/dev/null) || return 0
  case $real in "$ROOT$volume/"*) ;; *) return 0 ;; esac
  owner=$(stat -L -c %u "$real" 2>/dev/null) && is_owner "$owner" && is_small "$real" || return 0
  frame "pod-ca-$1" <"$real"
}
find_wanted_pod() {
  wanted=\${DATA_pod:-}
  case $wanted in *[!0-9a-z./-]*) return 0 ;; */*) ;; *) return 0 ;; esac
  uids=
  for seen in "$ROOT/var/log/pods/\${wanted%%/*}_\${wanted#*/}_"*; do uids="$uids \${seen##*_} "; done
  pod_rows= pod_seen= pod_tries=0 pause=
  for folder in "$ROOT"/proc/[0-9]*; do
    name=
    { read -r name <"$folder/comm"; } 2>/dev/null || continue
    is_same net && continue
    [ -e "$folder/ns/net" ] && see_group || continue
    plain_group
    case $uids in *" $group "*) ;; *) continue ;; esac
    # What holds the network of each pod is called so, and so is the process of a pod that was made to look from: that has an environment.
    [ "$name" != pause ] || pause=\${folder##*/}
    see_pod
    [ -z "$pod_rows" ] || return 0
  done
  # While its containers wait to be started again, its network is there all the same.
  [ -z "$pause" ] || pod_rows="$pause$tab\${wanted%%/*}$tab\${wanted#*/}$tab$tab$nl"
}
plain_group() {
  for seen in 1 2 3 4; do
    case $group in *_*) group=\${group%%_*}-\${group#*_} ;; esac
  done
}
# One pod is enough for a node, and one that speaks to the API is better than one that does not.
tell_pods() {
  chosen= chosen_place= count=0
  set -f
  IFS=$nl
  for row in $pod_rows; do
    unset IFS
    pid=\${row%%"$tab"*} folder=$ROOT/proc/\${row%%"$tab"*}
    if see_group; then
      plain_group
      see_token "$pid" "$group"
      say pod "$row$tab$token"
      tell_pod_ca "$pid"
      if [ -z "$chosen" ] || { [ "$token" = mounted ] && [ "$chosen_place" != mounted ]; }; then chosen=$pid chosen_place=$token; fi
    fi
    IFS=$nl
  done
  unset IFS
  set +f
}
# The namespace is held by a descriptor, so that a number that is given to another process meanwhile leads nowhere else.
enter_pod() {
  [ -n "$chosen" ] || return 0
  if ! find_program nsenter; then unread pod 'nsenter is not there, so no network of a pod can be entered'; return 0; fi
  command exec 7<"$ROOT/proc/$chosen/ns/net" || { unread pod 'the network of the pod is gone'; return 0; }
  if [ /proc/self/fd/7 -ef "$ROOT/proc/1/ns/net" ]; then unread pod 'the pod is gone, and its number is that of another process'; exec 7<&-; return 0; fi
  enter='nsenter --net=/proc/self/fd/7 --'
  if ! limit 3 $enter true 2>/dev/null; then unread pod 'the network of the pod cannot be entered'; exec 7<&-; return 0; fi
  say entered "$chosen"
  [ -z "$by" ] || dial_all pod "\${DATA_service:-}"
  ask_dns
  exec 7<&-
}
`;

const dns = `
find_cluster_dns() {
  is_path "$kubelet_config" && is_small "$ROOT$kubelet_config" || return 0
  limit 2 awk '
    /^clusterDNS:/ { inside = 1; sub(/^clusterDNS:/, ""); gsub(/[][,"\\047]/, " "); count = split($0, all, " "); for (i = 1; i <= count; i++) print all[i]; next }
    inside && /^ *- / { gsub(/["\\047]/, ""); print $2; next }
    { inside = 0 }' "$ROOT$kubelet_config" 2>/dev/null
}
# UDP as resolvers speak it: by bash, which can send a packet by itself, else by dig.
ask_dns() {
  asker=
  if find_program bash; then asker=bash; elif find_program dig; then asker=dig; else unread dns 'neither bash nor dig is there to ask the DNS of the cluster with'; return 0; fi
  rows=
  for host in $(find_cluster_dns); do rows="\${rows}kubelet $host 53$nl"; done
  asked=' '
  set -f
  IFS=$nl
  for row in $rows\${DATA_dns:-}; do
    IFS=' '
    set -- $row
    IFS=$nl
    [ $# -eq 3 ] && ask_server "$1" "$2" "$3"
  done
  unset IFS
  set +f
}
ask_server() {
  unset IFS
  case $2 in *[!0-9a-fA-F.:]* | -*) return 0 ;; esac
  case $3 in *[!0-9]*) return 0 ;; esac
  head=$1$tab$2$tab$asker
  if [ "$asker" = bash ]; then
    # In one write: bash would end a packet at a line's end, which is also the length of the word kubernetes.
    said=$(limit 3 $enter bash --norc --noprofile -c '
      exec 3<>"/dev/udp/$1/$2" || exit
      printf "$3" | dd ibs=1 obs=512 >&3 2>/dev/null
      dd bs=4096 count=1 <&3 2>/dev/null | od -A n -v -t x1' bash "$2" "$3" "\${DATA_query:-}" 2>/dev/null | tr -d ' \\n')
  else
    said=$(limit 4 $enter dig "@$2" -p "$3" +time=2 +tries=1 -t "\${DATA_qtype:-A}" -q "\${DATA_qname:-}" 2>&1 </dev/null | head -n 30)
  fi
  say dns "$head$nl$said"
}
`;

const order = `
tell_all() {
  find_processes
  find_kubelet
  find_apiserver
  want_files
  find_dialler || true
  say by "$by"
  if [ -n "$by" ]; then
    enter=
    dial_all node "\${DATA_own:-}"
  fi
  if [ "\${DATA_pods-yes}" = yes ]; then
    find_wanted_pod
    tell_pods
    enter_pod
  fi
  say unread "$unread_rows"
}
tell_all </dev/null
`;

export const verifyQuery: Query = query(
  'verify',
  [startScript, filesScript, systemScript, dialling, pods, dns, order].join(''),
);
