/** The API server's container is started anew by kubelet: where it does not take a pair by itself, or keeps an old one since before this run. */
import { type Change, change } from '../reach/changer.ts';
import { begin, held, ours, stillHeld } from './begin.ts';
import { serving } from './serving.ts';

/** Who listens on its port is asked of the kernel, which no pod can lie to, and kubelet starts it anew; crictl is not on every node. */
const server = `
find_server() {
  port=$(printf ':%04X' "\${DATA_endpoint##*:}")
  pid=
  for _inode in $(awk -v port="$port" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null); do
    for _comm in $(grep -lx kube-apiserver /proc/[0-9]*/comm 2>/dev/null); do
      case $(ls -l "\${_comm%/comm}/fd" 2>/dev/null) in *"socket:[$_inode]"*) pid=\${_comm%/comm} pid=\${pid#/proc/} ;; esac
    done
  done
  [ -n "$pid" ]
}
# Nobody else would start it again.
find_kubelet() { grep -qx kubelet /proc/[0-9]*/comm 2>/dev/null; }
# Which process it is, as numbers are used again.
process() { printf '%s %s' "$1" "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)"; }
was_stopped() { [ "$(cat "$R/stopped" 2>/dev/null)" = "$(process "$pid")" ]; }
stop_server() {
  # At a second signal it would leave at once, with whoever it serves.
  if ! was_stopped; then
    process "$pid" >"$R/stopped" 2>/dev/null || :
    kill -TERM "$pid" || fault not-stopped
  fi
  # It would wait a minute for whoever watches something.
  _tries=0
  while [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = kube-apiserver ] && [ "$_tries" -lt 40 ]; do
    sleep 0.5
    _tries=$((_tries + 1))
    [ "$_tries" -lt 40 ] || kill -KILL "$pid" 2>/dev/null
  done
}
`;

/**
 * DATA_endpoint, DATA_wait. Only where the API server did not take the pair by itself: the new one, or the old one of run DATA_of, which has been
 * taken back.
 */
export const restart: Change = change(
  'restart',
  `${begin}${serving}${server}
shown=new.crt
if [ -n "$DATA_of" ]; then
  ${stillHeld}
  set_run "$DATA_of" && [ "$(state_of "$R/ended")" = undone ] && read_paths && read_sums || fault no-run
  [ "$(live_sums)" = "$old_crt $old_key" ] || fault stale
  shown=old.crt
else
${held}${ours}
fi
find_server || fault no-process
find_kubelet || fault no-kubelet
# The way back is gone also where there is no room to write it down.
if [ -z "$DATA_of" ]; then journal restarted || fault no-space
elif mv -f -- "$R/ended" "$R/journal"; then
  journal restarted && end_run undone || mv -f -- "$R/journal" "$R/ended" || fault no-space
fi
leave
since=$(date +%s%N)
stop_server
await_served "$R/$shown" "$DATA_endpoint" "$DATA_wait"
`,
);

/**
 * DATA_certificate, DATA_key (behind all links), DATA_seen (SHA-256 of the certificate's DER, as planned for), DATA_endpoint, DATA_wait. The pair on
 * disk is right and another certificate is served: only a restart helps, and there is nothing to sign and nothing to put back. Asked a second time it
 * stops a server no more that serves what it should. \`was\` is what was served before.
 */
export const reload: Change = change(
  'reload',
  `${begin}${serving}${server}${held}
case $DATA_certificate:$DATA_key in /*:/*) ;; *) fault no-paths ;; esac
crt=$ROOT$DATA_certificate key=$ROOT$DATA_key
for _tool in openssl kubectl timeout flock cp mv; do command -v "$_tool" >/dev/null || { say lacks "$_tool"; fault no-program; }; done
[ -f "$crt" ] && [ -f "$key" ] || fault moved
seen=$(openssl x509 -in "$crt" -outform DER | sha256sum)
[ "\${seen%% *}" = "$DATA_seen" ] || fault stale
# With two that do not belong together it would not start any more.
_public=$(openssl x509 -in "$crt" -noout -pubkey) && [ -n "$_public" ] && [ "$_public" = "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ] || fault no-pair
openssl x509 -in "$crt" -noout -checkend 0 >/dev/null || fault expired
isServed= pid=
[ "$(served_sum "$DATA_endpoint")" != "$seen" ] || isServed=1
case $(state_of "$R/journal") in
  none)
    [ ! -f "$R/ended" ] || fault "$(state_of "$R/ended")"
    timeout 5 openssl s_client -connect "$DATA_endpoint" </dev/null 2>/dev/null | openssl x509 2>/dev/null | frame was
    if [ -z "$isServed" ]; then
      find_server || fault no-process
      find_kubelet || fault no-kubelet
    fi
    mkdir -m 0700 "$R" && cp -- "$crt" "$R/new.crt" && flush "$R/new.crt" "$R" "$S" && journal restarting || { rm -rf "$R"; fault no-space; } ;;
  # The answer to this step was lost: it may be on its way up.
  restarting)
    # One that came up since then is let be.
    if [ -n "$isServed" ] || ! find_server || { [ -f "$R/stopped" ] && ! was_stopped; }; then pid=; fi ;;
  *) fault "$(state_of "$R/journal")" ;;
esac
leave
since=$(date +%s%N)
if [ -n "$pid" ]; then
  stop_server
  say stopped yes
fi
await_served "$R/new.crt" "$DATA_endpoint" "$DATA_wait"
`,
);
