/** The pair is renamed over, with a backup, a journal and the dead-man switch around it. */
import { type Change, change } from '../reach/changer.ts';
import { remotePath } from '../reach/prelude.ts';
import { begin, held } from './begin.ts';
import { serving } from './serving.ts';
import { undoScript } from './transaction.ts';

/** Started by systemd or after a login: neither path nor locale is known. */
const undoHeader = `LC_ALL=C PATH=${remotePath}; export LC_ALL PATH
umask 077
ulimit -c 0 2>/dev/null`;

/** In a function of its own: before 5.2, bash reads what stands in $( ) by other rules, and stumbles over such a text there. */
const printUndo = `
print_undo() {
  cat <<'END_OF_UNDO'
${undoHeader}${undoScript}
END_OF_UNDO
}
`;

/**
 * DATA_sums from `stage`, DATA_endpoint, DATA_wait. Backs up, arms the dead-man switch, renames. Answers `swapped` and what was served after
 * how many milliseconds, or `fault` with nothing changed; `undone` where it was changed and is no more.
 */
export const swap: Change = change(
  'swap',
  `${begin}${serving}${printUndo}${held}
read_paths || fault no-run
[ "$(state_of "$R/journal")" = staged ] || fault no-run
printf '%s\\n' "$DATA_sums" >"$R/sums" && read_sums || fault no-run
drop() { trap '' HUP INT PIPE TERM; disarm; rm -rf "$stage"; end_run discarded || rm -rf "$R"; fault "$1"; }
[ "$(live_sums)" = "$old_crt $old_key" ] || drop stale
[ "$(sum_of "$stage/apiserver.crt") $(sum_of "$stage/apiserver.key")" = "$new_crt $new_key" ] || drop stage-changed
trap 'drop stopped' HUP INT PIPE TERM
# Owner, mode, ACL and label as they are, which is looked at afterwards; busybox knows no --attributes-only.
attributes_of() { stat -c '%u:%g %a %C' -- "$1" 2>/dev/null || stat -c '%u:%g %a' -- "$1"; getfacl -cpn -- "$1" 2>/dev/null; }
for _name in crt key; do
  eval "_live=\\$$_name"
  _new=$stage/apiserver.$_name
  cp --attributes-only --preserve=all -- "$_live" "$_new" 2>/dev/null && touch -- "$_new" || {
    chown "$(stat -c %u:%g "$_live")" "$_new" && chmod "$(stat -c %a "$_live")" "$_new"
    getfacl -cpn -- "$_live" 2>/dev/null | setfacl --set-file=- -- "$_new" 2>/dev/null
    chcon --reference="$_live" -- "$_new" 2>/dev/null
  }
  [ "$(attributes_of "$_live")" = "$(attributes_of "$_new")" ] || drop no-attributes
  cp -a -- "$_live" "$R/old.$_name" || drop no-space
  ln -- "$_live" "$stage/old.$_name" 2>/dev/null || cp -a -- "$_live" "$stage/old.$_name" || drop no-space
done
cp -- "$stage/apiserver.crt" "$R/new.crt" || drop no-space
flush "$R/old.crt" "$R/old.key" "$R/new.crt" "$R/sums" "$R/paths" "$R" "$stage/apiserver.crt" "$stage/apiserver.key" "$stage" || drop no-space
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
