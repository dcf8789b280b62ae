/** How a run ends on a node: done, or the old pair is back. */
import { type Change, change } from '../reach/changer.ts';
import { begin, held, stillHeld } from './begin.ts';
import { serving } from './serving.ts';

/**
 * The run is over on this node. DATA_summary goes to syslog; DATA_keep runs are kept, newest first. DATA_release lets go of the lock. DATA_patch, where it
 * is not empty, is what makes the names last: a JSON patch of kubeadm-config that fails where somebody else was faster; `config` is what is
 * there afterwards, and `config-fault` why it was not written. The certificates stay in any case.
 */
export const finish: Change = change(
  'finish',
  `${begin}${held}
case $(state_of "$R/journal") in
  # The last two: this step itself was cut off.
  swapped | restarted | proven | done) journal proven && end_run done || fault no-space ;;
  none)
    if [ -f "$R/ended" ]; then
      # The dead-man switch may have been faster: then nothing is to be made to last.
      [ "$(state_of "$R/ended")" = done ] || fault "$(state_of "$R/ended")"
    else [ "$DATA_patch$DATA_release" != '' ] || fault no-run; fi ;;
  *) fault "$(state_of "$R/journal")" ;;
esac
disarm
if [ -f "$R/paths" ] && read_paths; then rm -rf "$stage"; fi
tell_syslog "run $id: $DATA_summary"
if [ -n "$DATA_patch" ]; then
  mkdir -p -m 0700 "$R"
  # kubectl keeps what it learns of the API in a home folder, and root's is not ours.
  HOME=$R
  export HOME
  set -- --kubeconfig "$ROOT$DATA_admin" --server "https://$DATA_endpoint" --tls-server-name kubernetes --request-timeout=20s -n kube-system
  # Once: where this step is asked for again, since its answer was lost, the text there may be the new one already.
  [ -s "$R/kubeadm-config.old" ] ||
    { timeout 30 kubectl "$@" get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' >"$R/kubeadm-config.read" 2>/dev/null </dev/null &&
      flush "$R/kubeadm-config.read" && mv -f -- "$R/kubeadm-config.read" "$R/kubeadm-config.old" && flush "$R"; } ||
    say config-fault 'its old text could not be saved'
  if [ -s "$R/kubeadm-config.old" ]; then
    said=$(timeout 30 kubectl "$@" patch configmap kubeadm-config --type=json -p "$DATA_patch" 2>&1 </dev/null) || say config-fault "$(printf %s "$said" | head -c 1000)"
    timeout 30 kubectl "$@" get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' 2>/dev/null </dev/null | frame config
  fi
  rm -rf "$R/.kube"
fi
kept=0
for path in $(ls -1dr "$S"/*/ 2>/dev/null); do
  [ -f "\${path}ended" ] || continue
  kept=$((kept + 1))
  [ "$kept" -le "$DATA_keep" ] || [ "\${path%/}" = "$R" ] || rm -rf "$path"
done
if [ -n "$DATA_release" ] && keep_lock 60; then rm -f "$S/lock" && flush "$S"; fi
say ended "$(state_of "$R/ended")"
`,
);

/**
 * The old pair of run DATA_of, whichever way that run went: what was begun and not ended is healed, and what was done is taken back (DATA_isBack).
 * `result` is back, nothing, foreign, no-backup or failed; `served` says whether the old certificate is what is served then.
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
    [ "$result" = failed ] || { disarm; mv -f -- "$R/journal" "$R/ended"; }
  fi
  tell_syslog "run $id: taken back: $result"
fi
leave
trap 'exit 1' HUP INT PIPE TERM
say result "$result"
since=\${since:-$(date +%s%N)}
shown=$R/old.crt
[ -f "$shown" ] || [ -z "$DATA_isBack" ] || ! read_paths || shown=$crt
[ ! -f "$shown" ] || await_served "$shown" "$DATA_endpoint" "$DATA_wait"
`,
);
