/** The file that kubespray keeps of kubeadm's configuration on a control plane: looked at, edited in one place, and put back. */
import { type Change, change } from '../reach/changer.ts';
import { begin, held } from './begin.ts';
import { maskText, nodeFile } from './node-file-mask.ts';

/** `file` is its text, in which what is no name in certSANs is as long as it is and cannot be read; `sum` is of the very file that it was read from. */
export const lookAtFile: Change = change(
  'look-at-file',
  `${begin}${held}${maskText}
file=$ROOT${nodeFile}
[ -f "$file" ] && [ ! -L "$file" ] || fault moved
sum=$(sum_of "$file") size=$(stat -c %s "$file")
# A key that is written in escapes, or merged in from elsewhere, would not be known for what it is behind the mask.
if grep -q -e '\\\\[xuU]' -e '\\\\.\\{0,1\\}$' -e '<<' "$file"; then fault odd-text; fi
text=$(mask_text "$file" | head -c "$size"; printf .)
text=\${text%.}
[ "$(sum_of "$file")" = "$sum" ] || fault other-file
# NUL and whatever else an awk does not pass on would shift every place behind it.
[ "\${#text}" = "$size" ] || fault odd-text
say file "$text"
say sum "$sum"
`,
);

/** The new text is built where nobody else can have put a link; whoever was killed has left one, which goes with the next run. */
const besideFile = `
file=$ROOT${nodeFile} beside=$ROOT/etc/kubernetes/.fix-sans-file-$id
clean_beside() { rm -rf -- "$beside"; }
make_beside() { clean_beside && mkdir -m 0700 -- "$beside"; }
`;

/**
 * DATA_sum as it was looked at, DATA_at and DATA_drop in bytes, DATA_gone the digest of what is dropped, DATA_insert. The old file is kept in the run's
 * folder. Asked a second time it sees that it was done. What fails leaves nothing of itself. DATA_release lets go of the lock.
 */
export const writeFile: Change = change(
  'write-file',
  `${begin}${held}${besideFile}
case $DATA_at:$DATA_drop in *[!0123456789:]* | :* | *:) fault no-paths ;; esac
[ -f "$file" ] && [ ! -L "$file" ] || fault moved
now=$(sum_of "$file")
if [ "$(cat "$R/file.sums" 2>/dev/null)" != "$DATA_sum $now" ]; then
  [ "$now" = "$DATA_sum" ] || fault other-file
  size=$(stat -c %s "$file") end=$((DATA_at + DATA_drop))
  # Only between lines, and only what was looked at: behind a mask there is another text, and it must not come back.
  [ "$end" -le "$size" ] || fault other-bytes
  [ "$DATA_at" = 0 ] || [ "$DATA_at" = "$size" ] || [ "$(head -c "$DATA_at" "$file" | tail -c 1; printf .)" = "$nl." ] || fault other-bytes
  gone=$(head -c "$end" "$file" | tail -c "$DATA_drop" | sha256sum)
  [ "\${gone%% *}" = "$DATA_gone" ] || fault other-bytes
  made=
  # The second: this very step was cut off before.
  case $(state_of "$R/journal") in
    none) [ -f "$R/ended" ] || made=1 ;;
    config) [ -e "$R/kubeadm-config.old" ] || made=1 ;;
  esac
  give_up() {
    clean_beside
    if [ -n "$made" ]; then rm -rf "$R"; else rm -f "$R/file.old" "$R/file.sums"; fi
    fault "$1"
  }
  if [ "$(state_of "$R/journal")" = none ] && [ -n "$made" ]; then
    mkdir -p -m 0700 "$R" && flush "$S" && journal config || give_up no-space
  fi
  make_beside && rm -f "$R/file.old" && cp -a -- "$file" "$R/file.old" && cp -a -- "$file" "$beside/new" || give_up no-space
  # It may have been swapped for a link in between.
  [ ! -L "$R/file.old" ] && [ ! -L "$beside/new" ] || give_up moved
  { head -c "$DATA_at" "$file" && printf %s "$DATA_insert" && tail -c "+$((end + 1))" "$file"; } >"$beside/new" &&
    flush "$R/file.old" "$beside/new" || give_up no-space
  # What is half read or half written has another length.
  [ "$(stat -c %s "$beside/new")" = "$((size - DATA_drop + $(printf %s "$DATA_insert" | wc -c)))" ] &&
    [ "$(sum_of "$R/file.old")" = "$now" ] && printf '%s %s\\n' "$now" "$(sum_of "$beside/new")" >"$R/file.sums" && flush "$R/file.sums" "$R" ||
    give_up no-space
  [ ! -L "$file" ] && [ "$(sum_of "$file")" = "$now" ] || give_up other-file
  mv -f -- "$beside/new" "$file" || give_up no-space
  clean_beside
  # It is changed by now, so the way back stays.
  flush "\${file%/*}" || fault no-space
fi
if [ "$(state_of "$R/journal")" = config ]; then end_run done; fi
if [ -n "$DATA_release" ] && keep_lock 60; then rm -f "$S/lock" && flush "$S"; fi
say written yes
`,
);

/** DATA_of: the run that wrote it. \`result\` is back, nothing, foreign, no-backup or failed. */
export const putFileBack: Change = change(
  'put-file-back',
  `${begin}${held}${besideFile}
set_run "$DATA_of" && [ -d "$R" ] || fault no-run
[ ! -L "$file" ] || fault moved
IFS=' ' read -r old new _ <"$R/file.sums" && [ -n "$new" ] || fault no-run
now=$(sum_of "$file" 2>/dev/null)
if [ "$now" = "$old" ]; then result=nothing
elif [ "$now" != "$new" ]; then result=foreign
elif [ "$(sum_of "$R/file.old" 2>/dev/null)" != "$old" ]; then result=no-backup
elif make_beside && cp -a -- "$R/file.old" "$beside/old" && flush "$beside/old" && mv -f -- "$beside/old" "$file" && flush "\${file%/*}" && [ "$(sum_of "$file")" = "$old" ]; then result=back
else result=failed
fi
clean_beside
case $result in back | nothing)
  if [ ! -f "$R/paths" ] && [ "$(state_of "$R/ended")" = done ]; then mv -f -- "$R/ended" "$R/journal" && end_run undone; fi ;;
esac
say result "$result"
`,
);
