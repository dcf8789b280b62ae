/** The file that kubespray keeps of kubeadm's configuration on a control plane: looked at, edited in one place, and put back. */
import { type Change, change } from '../reach/changer.ts';
import { begin, held } from './begin.ts';

export const nodeFile = '/etc/kubernetes/kubeadm-config.yaml';

/** `file` is its text, in which tokens and keys are as long as they are and cannot be read; `sum` is of what lies there. */
export const lookAtFile: Change = change(
  'look-at-file',
  `${begin}${held}
file=$ROOT${nodeFile}
[ -f "$file" ] && [ ! -L "$file" ] || fault moved
awk '/^[ \\t]*(- )?"?(token|certificateKey|[A-Za-z]*[Pp]assword|[A-Za-z]*[Ss]ecret)"?[ \\t]*:/ {
  at = index($0, ":")
  rest = substr($0, at + 1)
  gsub(/[^ \\t\\r]/, "x", rest)
  $0 = substr($0, 1, at) rest
} { print }' "$file" | head -c "$(stat -c %s "$file")" | frame file
say sum "$(sum_of "$file")"
`,
);

/**
 * DATA_sum as it was looked at, DATA_at and DATA_drop in bytes, DATA_insert. The old file is kept in the run's folder. Asked a second time it sees that
 * it was done. DATA_release lets go of the lock.
 */
export const writeFile: Change = change(
  'write-file',
  `${begin}${held}
case $DATA_at:$DATA_drop in *[!0123456789:]* | :* | *:) fault no-paths ;; esac
file=$ROOT${nodeFile} beside=$ROOT${nodeFile}.fix-sans-$id
[ -f "$file" ] && [ ! -L "$file" ] || fault moved
now=$(sum_of "$file")
if [ "$(cat "$R/file.sums" 2>/dev/null)" != "$DATA_sum $now" ]; then
  [ "$now" = "$DATA_sum" ] || fault other-file
  if [ "$(state_of "$R/journal")" = none ] && [ ! -f "$R/ended" ]; then
    mkdir -p -m 0700 "$R" && flush "$S" && journal config || fault no-space
  fi
  cp -a -- "$file" "$R/file.old" && cp -a -- "$file" "$beside" &&
    { head -c "$DATA_at" "$file" && printf %s "$DATA_insert" && tail -c "+$((DATA_at + DATA_drop + 1))" "$file"; } >"$beside" &&
    flush "$R/file.old" "$beside" || { rm -f "$beside"; fault no-space; }
  # What is half read or half written has another length.
  [ "$(stat -c %s "$beside")" = "$(($(stat -c %s "$file") - DATA_drop + $(printf %s "$DATA_insert" | wc -c)))" ] &&
    [ "$(sum_of "$R/file.old")" = "$now" ] && printf '%s %s\\n' "$now" "$(sum_of "$beside")" >"$R/file.sums" && flush "$R/file.sums" "$R" ||
    { rm -f "$beside"; fault no-space; }
  mv -f -- "$beside" "$file" && flush "\${file%/*}" || { rm -f "$beside"; fault no-space; }
fi
if [ "$(state_of "$R/journal")" = config ]; then end_run done; fi
if [ -n "$DATA_release" ] && keep_lock 60; then rm -f "$S/lock" && flush "$S"; fi
say written yes
`,
);

/** DATA_of: the run that wrote it. \`result\` is back, nothing, foreign, no-backup or failed. */
export const putFileBack: Change = change(
  'put-file-back',
  `${begin}${held}
set_run "$DATA_of" && [ -d "$R" ] || fault no-run
file=$ROOT${nodeFile} beside=$ROOT${nodeFile}.fix-sans-$id
[ ! -L "$file" ] || fault moved
IFS=' ' read -r old new _ <"$R/file.sums" && [ -n "$new" ] || fault no-run
now=$(sum_of "$file" 2>/dev/null)
if [ "$now" = "$old" ]; then result=nothing
elif [ "$now" != "$new" ]; then result=foreign
elif [ "$(sum_of "$R/file.old" 2>/dev/null)" != "$old" ]; then result=no-backup
elif cp -a -- "$R/file.old" "$beside" && flush "$beside" && mv -f -- "$beside" "$file" && flush "\${file%/*}" && [ "$(sum_of "$file")" = "$old" ]; then result=back
else
  rm -f "$beside"
  result=failed
fi
case $result in back | nothing)
  if [ ! -f "$R/paths" ] && [ "$(state_of "$R/ended")" = done ]; then mv -f -- "$R/ended" "$R/journal" && end_run undone; fi ;;
esac
say result "$result"
`,
);
