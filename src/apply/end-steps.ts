/** How a run ends on a node: done, or the old pair is back. */
import { type Change, change } from '../reach/changer.ts';
import { asking } from './asking.ts';
import { begin, held, stillHeld } from './begin.ts';
import { serving } from './serving.ts';

/**
 * The run is over on this node. DATA_summary goes to syslog; DATA_keep runs are kept that came to a good end, and as many others, newest first.
 * DATA_release lets go of the lock. DATA_patch, where it is not empty, is what makes the names last: a JSON patch of kubeadm-config that fails where
 * somebody else was faster; `config` is what is there afterwards, and `config-fault` why it was not written. The certificates stay in any case.
 * DATA_after is the text that the patch makes, kept beside the one before. A run that has changed nothing else here has a journal for it. DATA_isBack:
 * it takes back what another run wrote, DATA_of.
 */
export const finish: Change = change(
  'finish',
  `${begin}${asking}${held}
own=$id
if [ -n "$DATA_of" ]; then set_run "$DATA_of" && [ -d "$R" ] || fault no-run; fi
case $(state_of "$R/journal") in
  # The last two: this step itself was cut off.
  swapped | restarted | proven | done) journal proven && end_run done || fault no-space ;;
  # Nothing was put in place by this run: only a restart, and kubeadm-config by this very step.
  restarting) end_run done || fault no-space ;;
  config) ;;
  none)
    if [ -f "$R/ended" ]; then
      # The dead-man switch may have been faster: then nothing is to be made to last.
      [ -n "$DATA_of" ] || [ "$(state_of "$R/ended")" = done ] || fault "$(state_of "$R/ended")"
    elif [ -n "$DATA_patch" ]; then
      mkdir -p -m 0700 "$R" && flush "$S" || fault no-space
      # The way back of another run is not one to go back from.
      [ -n "$DATA_isBack" ] || journal config || fault no-space
    else [ -n "$DATA_release" ] || fault no-run; fi ;;
  *) fault "$(state_of "$R/journal")" ;;
esac
disarm
if [ -f "$R/paths" ] && read_paths; then rm -rf "$stage"; fi
tell_syslog "run $id: $DATA_summary"
if [ -n "$DATA_patch" ]; then
  # kubectl keeps what it learns of the API in a home folder, and root's is not ours.
  HOME=$R
  export HOME
  name_at "$DATA_endpoint"
  set -- --kubeconfig "$ROOT$DATA_admin" --server "https://$DATA_endpoint" --tls-server-name "$api_name" --request-timeout=20s -n kube-system
  # Once: where this step is asked for again, since its answer was lost, the text there may be the new one already.
  [ -s "$R/kubeadm-config.old" ] ||
    { timeout 30 kubectl "$@" get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' >"$R/kubeadm-config.read" 2>/dev/null </dev/null &&
      flush "$R/kubeadm-config.read" && mv -f -- "$R/kubeadm-config.read" "$R/kubeadm-config.old" && flush "$R"; } ||
    say config-fault 'its old text could not be saved'
  # What was written is known again by it.
  [ -n "$DATA_of" ] || { printf %s "$DATA_after" >"$R/kubeadm-config.new" && flush "$R/kubeadm-config.new"; } || say config-fault 'there is no room for its new text'
  if [ -s "$R/kubeadm-config.old" ]; then
    said=$(timeout 30 kubectl "$@" patch configmap kubeadm-config --type=json -p "$DATA_patch" 2>&1 </dev/null) || say config-fault "$(printf %s "$said" | head -c 1000)"
    timeout 30 kubectl "$@" get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' >"$R/kubeadm-config.read" 2>/dev/null </dev/null
    frame_file config "$R/kubeadm-config.read"
    isOld=
    [ "$(sum_of "$R/kubeadm-config.read")" != "$(sum_of "$R/kubeadm-config.old")" ] || isOld=1
    rm -f "$R/kubeadm-config.read"
  fi
  rm -rf "$R/.kube"
  if [ "$(state_of "$R/journal")" = config ]; then
    # Nobody else's change is ours to take back.
    if [ -s "$R/kubeadm-config.old" ] && [ -z "$isOld" ]; then end_run done; else rm -rf "$R"; fi
  elif [ -n "$DATA_of" ] && [ -n "$isOld" ] && [ "$(state_of "$R/ended")" = done ]; then
    mv -f -- "$R/ended" "$R/journal" && end_run undone
  fi
fi
ended=$(state_of "$R/ended")
# Each kind for itself: what came to nothing five times, or has no pair to go back to, must not push out the last pair that was good.
good=0 bare=0 others=0
for path in $(ls -1dr "$S"/*/ 2>/dev/null); do
  [ -f "\${path}ended" ] || continue
  _name=\${path%/}
  # A copy that somebody made has another name, and is theirs.
  case \${_name##*/} in *[!0123456789abcdefTZ-]*) continue ;; esac
  if ! grep -q '^done ' "\${path}ended"; then kept=$((others += 1))
  elif [ -f "\${path}old.key" ]; then kept=$((good += 1))
  else kept=$((bare += 1)); fi
  [ "$kept" -le "$DATA_keep" ] || [ "\${path%/}" = "$R" ] || rm -rf "$path"
done
set_run "$own"
if [ -n "$DATA_release" ] && keep_lock 60; then rm -f "$S/lock" && flush "$S"; fi
say ended "$ended"
`,
);

/**
 * The old pair of run DATA_of, whichever way that run went: what was begun and not ended is healed, and what was done is taken back (DATA_isBack).
 * DATA_certificate is asked for where the run has none of its own. `result` is back, nothing, no-pair, foreign, no-backup, failed or half; `served` says
 * whether the old certificate is what is served then.
 */
export const undo: Change = change(
  'undo',
  `${begin}${serving}${stillHeld}
set_run "$DATA_of" || fault no-run
[ -d "$R" ] || fault no-run
since=
# A line that breaks now must not end it between key and certificate.
trap '' HUP INT PIPE TERM
if [ -f "$R/journal" ]; then
  # Where the way back fails, the switch goes on trying.
  if heal; then disarm; fi
elif [ -z "$DATA_isBack" ]; then
  result=nothing
elif [ "$(state_of "$R/ended")" = discarded ]; then
  # It never came to change anything.
  result=nothing
elif [ "$(state_of "$R/ended")" = undone ] && read_paths && read_sums && [ "$(live_sums)" = "$old_crt $old_key" ]; then
  # It was taken back already, and stays written down as it was.
  rm -rf "$stage"
  result=nothing
elif [ ! -f "$R/paths" ]; then
  # It has restarted the API server, or changed kubeadm-config, which is taken back by another step.
  result=no-pair
else
  case $(state_of "$R/ended") in done | undone | stuck-*) ;; *) fault "$(state_of "$R/ended")" ;; esac
  mv -f -- "$R/ended" "$R/journal" && flush "$R" || fault no-space
  # Not even a loss of power may leave half a pair.
  if [ -f "$R/undo.sh" ]; then watch_over 30 || { disarm; mv -f -- "$R/journal" "$R/ended"; fault no-dead-man; }; fi
  journal undoing || :
  if put_back; then
    if end_run undone; then disarm; fi
  else
    journal "stuck-$result"
    # Where nothing was touched it has ended as before; what failed on its way is unfinished, and the switch and the next run go on with it.
    case $result in failed | half) ;; *) disarm; mv -f -- "$R/journal" "$R/ended" ;; esac
  fi
  tell_syslog "run $id: taken back: $result"
fi
leave
trap 'exit 1' HUP INT PIPE TERM
say result "$result"
since=\${since:-$(date +%s%N)}
shown=$R/old.crt
# It had a backup and had touched nothing: somebody may have put another pair in use since, which is theirs to be served.
if [ "$(state_of "$R/ended")" = discarded ]; then shown=; fi
if [ ! -f "$shown" ] && [ -n "$DATA_isBack" ]; then
  if read_paths 2>/dev/null; then shown=$crt; else shown=$ROOT$DATA_certificate; fi
fi
[ ! -f "$shown" ] || await_served "$shown" "$DATA_endpoint" "$DATA_wait"
`,
);
