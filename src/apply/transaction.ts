/**
 * The shell functions that every step on a node is made of: mutex, lock, journal, dead-man switch, and the way back. The same text lies
 * on the node as `undo.sh` while a pair is being changed, so that the way back needs nobody from outside.
 */
import { bootIdShell } from '../reach/boot-id.ts';
import { nodeFile } from './node-file-mask.ts';

/**
 * S is the state of all runs, R the folder of this run, id its name. Descriptor 8 is the node's mutex: flock lets go of it when the process
 * that holds it dies, so it can never be left behind. The lock is a file, for it has to outlive the connection between two steps.
 */
export const transaction = `
S=$ROOT/var/lib/fix-sans
now_up() { IFS=. read -r _up _ </proc/uptime && printf %s "$_up"; }
stamp() { date -u +%Y-%m-%dT%H:%M:%SZ; }
sum_of() { _sum=$(sha256sum <"$1") && printf %s "\${_sum%% *}"; }
# coreutils before 8.24 and small systems flush everything or nothing.
flush() { if [ -n "$flush_all" ]; then sync; else sync -- "$@"; fi; }
flush_all=
enter() {
  [ ! -L "$S" ] && mkdir -p -m 0700 "$S" && [ -O "$S" ] || return 1
  # A redirection that fails would end the shell. Where /var can no longer be written to, the old pair may still be put back.
  if (: >>"$S/mutex") 2>/dev/null; then exec 8>>"$S/mutex"
  elif (: <"$S/mutex") 2>/dev/null; then exec 8<"$S/mutex"
  else return 1; fi
  # With the folder that S may just have been made in.
  sync -- "$S" "\${S%/*}" 2>/dev/null || flush_all=1
  take_mutex "$1"
}
# The flock of busybox knows no waiting.
take_mutex() {
  flock -n 8 && return
  case $(flock --help 2>&1) in *--timeout*) flock -w "$1" 8; return ;; esac
  _until=$(($(now_up) + $1))
  while [ "$(now_up)" -lt "$_until" ]; do
    sleep 0.2 || sleep 1
    flock -n 8 && return
  done
  return 1
}
leave() { exec 8>&-; }
set_run() {
  case $1 in '' | *[!0123456789abcdefTZ-]*) return 1 ;; esac
  id=$1 R=$S/$1
}
# A journal is replaced as a whole: there is never half a line in it, and its last line is the sum of all others.
journal() {
  {
    if [ -f "$R/journal" ]; then sed '$d' "$R/journal" || return 1
    else printf 'fix-sans-journal 1\\n' || return 1; fi
    printf '%s %s %s\\n' "$1" "$(now_up)" "$(stamp)" || return 1
  } >"$R/journal.new" || return 1
  # A program that is killed here must not leave a journal that nobody believes.
  _digest=$(sum_of "$R/journal.new") && [ -n "$_digest" ] && printf 'sum %s\\n' "$_digest" >>"$R/journal.new" || return 1
  flush "$R/journal.new" && mv -f -- "$R/journal.new" "$R/journal" && flush "$R"
}
# none, newer, damaged, or the last thing that was written down.
state_of() {
  [ -f "$1" ] || { printf none; return; }
  IFS= read -r _head <"$1"
  case $_head in
    'fix-sans-journal 1') ;;
    'fix-sans-journal '[0123456789]*) printf newer; return ;;
    *) printf damaged; return ;;
  esac
  _body=$(sed '$d' "$1"; printf .)
  _sum=$(printf %s "\${_body%.}" | sha256sum)
  [ "$(tail -n 1 "$1")" = "sum \${_sum%% *}" ] || { printf damaged; return; }
  _last=$(tail -n 2 "$1" | head -n 1)
  printf %s "\${_last%% *}"
}
# What has ended is called otherwise, so that whoever only looks sees at once what has not.
end_run() { journal "$1" && mv -f -- "$R/journal" "$R/ended" && flush "$R"; }
# The holder of the lock: its run, the boot of the node in which it was taken, until when by the clock that nobody sets, and who it is.
${bootIdShell}read_lock() {
  lock_run= lock_boot= lock_until=0 lock_by=
  [ -f "$S/lock" ] || return 1
  { IFS= read -r lock_run; IFS= read -r lock_boot; IFS= read -r lock_until; IFS= read -r lock_by; } <"$S/lock"
  case $lock_until in '' | *[!0123456789]*) lock_until=0 ;; esac
}
is_live() { [ "$lock_boot" = "$(boot_id)" ] && [ "$(now_up)" -lt "$lock_until" ]; }
write_lock() {
  printf '%s\\n' "$id" "$(boot_id)" "$(($(now_up) + $1))" "$2" >"$S/lock.new" &&
    flush "$S/lock.new" && mv -f -- "$S/lock.new" "$S/lock" && flush "$S"
}
has_lock() { read_lock && [ "$lock_run" = "$id" ] && is_live; }
keep_lock() { has_lock && write_lock "$1" "$lock_by"; }
read_paths() {
  { IFS= read -r crt && IFS= read -r key; } <"$R/paths" || return 1
  case $crt:$key in /*:/*) ;; *) return 1 ;; esac
  crt=$ROOT$crt key=$ROOT$key
  stage=\${key%/*}/.fix-sans-$id
}
read_sums() { IFS=' ' read -r old_crt old_key new_crt new_key _ <"$R/sums" && [ -n "$new_key" ]; }
live_sums() { printf '%s %s' "$(sum_of "$crt" 2>/dev/null)" "$(sum_of "$key" 2>/dev/null)"; }
# Sets result: back, nothing (it was not changed), foreign, no-backup, failed (the new pair is still whole), half.
put_back() {
  result=no-backup
  read_paths && read_sums || return 1
  live=$(live_sums)
  if [ "$live" = "$old_crt $old_key" ]; then
    rm -rf "$stage"
    result=nothing
    return 0
  fi
  # Neither ours nor what was there before: somebody else has made it. A file that is gone is nobody's.
  result=foreign
  case \${live% *} in "$old_crt" | "$new_crt" | '') ;; *) return 1 ;; esac
  case \${live#* } in "$old_key" | "$new_key" | '') ;; *) return 1 ;; esac
  for _again in 1 2 3; do
    # Both are ready before one is touched: half a pair is worse than either.
    make_ready "$key" key "$old_key" && make_ready "$crt" crt "$old_crt" || break
    result=failed
    if put_back_both && flush "\${key%/*}" "\${crt%/*}" && [ "$(live_sums)" = "$old_crt $old_key" ]; then
      rm -rf "$stage"
      result=back
      return 0
    fi
    sleep 0.1
  done
  [ "$result" != failed ] || case $(live_sums) in "$old_crt $old_key" | "$new_crt $new_key") ;; *) result=half ;; esac
  return 1
}
# Where the certificate cannot be renamed the new key is put in its place again, for the two that are in use have to belong together.
put_back_both() {
  if [ "$(live_sums)" = "$new_crt $new_key" ]; then
    rm -f "$stage/new.key"
    # Where neither can be done the way back goes on: it must not need space.
    ln -- "$key" "$stage/new.key" 2>/dev/null || cp -a -- "$key" "$stage/new.key" 2>/dev/null
  fi
  if put_back_one "$key" key "$old_key" && put_back_one "$crt" crt "$old_crt"; then
    since=$(date +%s%N)
    return 0
  fi
  if [ "$(live_sums)" = "$new_crt $old_key" ] && [ "$(sum_of "$stage/new.key" 2>/dev/null)" = "$new_key" ]; then
    # Else the backup is copied for the next try.
    ln -- "$key" "$stage/old.key" 2>/dev/null
    mv -f -- "$stage/new.key" "$key"
  fi
  return 1
}
# The old file itself waits beside the live one, so the way back needs no space; else the backup is copied there first.
make_ready() {
  for _file in "$1" "$stage/old.$2"; do
    [ "$(sum_of "$_file" 2>/dev/null)" != "$3" ] || return 0
  done
  result=no-backup
  [ "$(sum_of "$R/old.$2" 2>/dev/null)" = "$3" ] || return 1
  result=failed
  # By another name at first: a copy that was cut off may have all bytes, and not yet its owner and mode.
  mkdir -p -m 0700 "$stage" && cp -a -- "$R/old.$2" "$stage/copy.$2" && flush "$stage/copy.$2" &&
    [ "$(sum_of "$stage/copy.$2")" = "$3" ] && mv -f -- "$stage/copy.$2" "$stage/old.$2"
}
put_back_one() { [ "$(sum_of "$1" 2>/dev/null)" = "$3" ] || mv -f -- "$stage/old.$2" "$1"; }
boot_unit=/etc/systemd/system/fix-sans-undo.service
boot_link=/etc/systemd/system/kubelet.service.wants/fix-sans-undo.service
has_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }
disarm() {
  has_systemd || return 0
  rm -f "$boot_link" "$boot_unit"
  rmdir /etc/systemd/system/kubelet.service.wants 2>/dev/null
  systemctl stop --no-block "fix-sans-undo-$id.service" 2>/dev/null
  systemctl reset-failed "fix-sans-undo-$id.service" 2>/dev/null
  return 0
}
tell_syslog() { [ -n "$ROOT" ] || logger -t fix-sans -p auth.notice -- "$1" 2>/dev/null || :; }
# Whether a run that only makes names last may have written something: what did not, must not be the last one that a rollback finds.
has_begun() {
  [ ! -e "$R/kubeadm-config.old" ] || return 0
  [ -f "$R/file.sums" ] && IFS=' ' read -r _was _ <"$R/file.sums" && [ "$(sum_of "$ROOT${nodeFile}" 2>/dev/null)" != "$_was" ]
}
# Whatever was begun and not ended: the old pair, and the journal says how it went. Called with the mutex held.
heal() {
  state=$(state_of "$R/journal")
  case $state in
    none) result=nothing; return 0 ;;
    newer | damaged) result=$state; return 1 ;;
    # The second: this was cut off before the journal had its other name.
    staged | discarded) read_paths && rm -rf "$stage"; result=nothing; end_run discarded ;;
    # No pair of its own: only a restart, or kubeadm-config by one call, which was written or not, and a rollback sees which.
    restarting) result=nothing; end_run done ;;
    config) result=nothing; if has_begun; then end_run done; else end_run discarded; fi ;;
    *)
      # It made names last, or took that back, and changed no pair.
      if [ ! -f "$R/paths" ]; then
        case $state in done | undone) result=nothing; mv -f -- "$R/journal" "$R/ended" && flush "$R"; return ;; esac
      fi
      # Also where there is no room to write it down; and once, however often it is tried.
      case $state in undoing | stuck-*) ;; *) journal undoing || : ;; esac
      put_back || { [ "$state" = "stuck-$result" ] || journal "stuck-$result"; return 1; }
      end_run undone || return 1
      ;;
  esac
  tell_syslog "run $id: the old API server certificate is in place again"
}
`;

/**
 * The file on the node. `watch` waits until nobody has been heard of for too long; `boot` is what a restart of the node starts before kubelet, which
 * is told of the boot in which it was set: a kubelet that is only started anew within that one ends no run.
 */
export const undoScript = `
${transaction}
set_run "$2" || exit 64
# What cannot be read for a moment is no reason to end a run that somebody speaks for.
deadline=0
is_over() {
  IFS= read -r _line <"$R/deadline" && deadline=$_line
  ! [ "$(now_up)" -lt "$deadline" ]
}
case $1 in
  watch)
    # Nobody starts it anew where there is no systemd, so it goes on until there is nothing left to do; after an hour only a human can help.
    tries=0
    while [ -f "$R/journal" ] && [ "$tries" -lt 240 ]; do
      # A redirection that fails would end the shell.
      [ -f "$R/watched" ] || (: >"$R/watched")
      if is_over && enter 120; then
        # Somebody may have been heard of while this one waited.
        if is_over; then
          # It may be this very service that is stopped.
          if heal; then disarm; exit 0; fi
          tries=$((tries + 1))
          leave
          sleep 14
        else leave; fi
      fi
      sleep 1
    done
    exit 0
    ;;
  boot)
    [ "$3" != "$(boot_id)" ] || exit 0
    enter 120 || exit 1
    ;;
  *) exit 64 ;;
esac
heal || exit 1
disarm
exit 0
`;
