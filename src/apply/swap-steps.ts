/** The pair is renamed over, and where the API server does not take it by itself, it is started anew. */
import { type Change, change } from '../reach/changer.ts';
import { remotePath } from '../reach/prelude.ts';
import { begin, held, ours } from './begin.ts';
import { serving } from './serving.ts';
import { undoScript } from './transaction.ts';

/** Started by systemd or after a login: neither path nor locale is known. */
const undoHeader = `LC_ALL=C PATH=${remotePath}; export LC_ALL PATH
umask 077
ulimit -c 0 2>/dev/null`;

/**
 * DATA_sums from `stage`, DATA_endpoint, DATA_wait. Backs up, arms the dead-man switch, renames. Answers `swapped` and what was served after
 * how many milliseconds, or `fault` with nothing changed; `undone` where it was changed and is no more.
 */
export const swap: Change = change(
  'swap',
  `undo=$(cat <<'END_OF_UNDO'
${undoHeader}${undoScript}
END_OF_UNDO
)
${begin}${serving}${held}
read_paths || fault no-run
[ "$(state_of "$R/journal")" = staged ] || fault no-run
printf '%s\\n' "$DATA_sums" >"$R/sums" && read_sums || fault no-run
drop() { trap '' HUP INT PIPE TERM; disarm; rm -rf "$stage"; end_run discarded || rm -rf "$R"; fault "$1"; }
[ "$(live_sums)" = "$old_crt $old_key" ] || drop stale
[ "$(sum_of "$stage/apiserver.crt") $(sum_of "$stage/apiserver.key")" = "$new_crt $new_key" ] || drop stage-changed
trap 'drop stopped' HUP INT PIPE TERM
# Owner, mode, ACL and label as they are; busybox knows no --attributes-only.
for _name in crt key; do
  eval "_live=\\$$_name"
  cp --attributes-only --preserve=all -- "$_live" "$stage/apiserver.$_name" 2>/dev/null && touch -- "$stage/apiserver.$_name" ||
    { chown "$(stat -c %u:%g "$_live")" "$stage/apiserver.$_name" && chmod "$(stat -c %a "$_live")" "$stage/apiserver.$_name"; } || drop no-attributes
  cp -a -- "$_live" "$R/old.$_name" || drop no-space
  ln -- "$_live" "$stage/old.$_name" 2>/dev/null || cp -a -- "$_live" "$stage/old.$_name" || drop no-space
done
cp -- "$stage/apiserver.crt" "$R/new.crt" || drop no-space
flush "$R/old.crt" "$R/old.key" "$R/new.crt" "$R/sums" "$R/paths" "$stage/apiserver.crt" "$stage/apiserver.key" || drop no-space
[ "$(sum_of "$R/old.crt") $(sum_of "$R/old.key")" = "$old_crt $old_key" ] || drop no-backup
arm "$DATA_seconds" || drop no-dead-man
journal intent || drop no-space
trap '' HUP INT PIPE TERM
# From here to the journal nothing waits, and nothing is written to whoever listens.
if [ "$(live_sums)" != "$old_crt $old_key" ]; then drop stale; fi
if mv -f -- "$stage/apiserver.key" "$key" && mv -f -- "$stage/apiserver.crt" "$crt" && since=$(date +%s%N) && flush "\${key%/*}" "\${crt%/*}" && journal swapped; then :; else
  if heal; then disarm; fi
  say undone "$result"
  fault rename-failed
fi
leave
trap 'exit 1' HUP INT PIPE TERM
await_served "$R/new.crt" "$DATA_endpoint" "$DATA_wait"
say swapped "$(stamp)"
`,
);

/**
 * DATA_endpoint, DATA_wait. Only where the API server did not take the new pair by itself. Who listens on its port is asked of the kernel, which no
 * pod can lie to, and kubelet starts it anew; crictl is not on every node.
 */
export const restart: Change = change(
  'restart',
  `${begin}${serving}${held}${ours}
port=$(printf ':%04X' "\${DATA_endpoint##*:}")
pid=
for _inode in $(awk -v port="$port" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null); do
  for _fd in $(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\\[$_inode\\]" 2>/dev/null); do
    _pid=\${_fd#/proc/} _pid=\${_pid%%/*}
    [ "$(cat "/proc/$_pid/comm" 2>/dev/null)" = kube-apiserver ] && pid=$_pid
  done
done
[ -n "$pid" ] || fault no-process
# Nobody else would start it again.
grep -qx kubelet /proc/[0-9]*/comm 2>/dev/null || fault no-kubelet
journal restarted || fault no-space
leave
since=$(date +%s%N)
kill -TERM "$pid" || fault not-stopped
# It would wait a minute for whoever watches something.
_tries=0
while [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = kube-apiserver ] && [ "$_tries" -lt 40 ]; do
  sleep 0.5
  _tries=$((_tries + 1))
  [ "$_tries" -lt 40 ] || kill -KILL "$pid" 2>/dev/null
done
await_served "$R/new.crt" "$DATA_endpoint" "$DATA_wait"
`,
);
