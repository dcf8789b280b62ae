/** The lock of a node: taken before anything is changed anywhere, let go of at the end. */
import { type Change, change } from '../reach/changer.ts';
import { begin } from './begin.ts';

/**
 * DATA_by, DATA_seconds. `lock`: taken, or held by whom and for how long still; `dead`: whose lock was taken over, and how that run ended; `runs`: what was begun
 * by others and has not ended, a line each.
 */
export const take: Change = change(
  'take-lock',
  `${begin}
if read_lock && [ "$lock_run" != "$id" ]; then
  if is_live; then
    say holder "$(printf '%s\\n' "$lock_run" "$((lock_until - $(now_up)))" "$lock_by")"
    fault held
  fi
  # Whoever takes over is told how that run ended on this node.
  say dead "$(printf '%s\\n' "$lock_run" "$lock_by" "$(set_run "$lock_run" && state_of "$R/ended")")"
fi
write_lock "$DATA_seconds" "$(printf %s "$DATA_by" | tr -d '\\n' | head -c 200)" || fault no-space
# Whoever was killed beside kubespray's file has left a folder there.
rm -rf "$ROOT"/etc/kubernetes/.fix-sans-file-*
rows= own=$id
for path in "$S"/*/; do
  _run=\${path%/} _run=\${_run##*/}
  set_run "$_run" && [ -d "$R" ] || continue
  if [ -f "$R/journal" ]; then
    rows="$rows$_run $(state_of "$R/journal")
"
  elif [ -f "$R/ended" ]; then
    # It came to its end and was killed before it had tidied up.
    if read_paths && [ -e "$stage" ]; then rm -rf "$stage"; fi
  else rm -rf "$R"; fi
done
[ -n "$rows" ] || disarm
set_run "$own"
say runs "$rows"
say lock taken
`,
);

/** Lets go of the lock where nothing was begun, and keeps it where DATA_seconds says so. */
export const release: Change = change(
  'release',
  `${begin}
if [ -n "$DATA_seconds" ]; then keep_lock "$DATA_seconds" || fault lock-lost
elif read_lock && [ "$lock_run" = "$id" ]; then rm -f "$S/lock" && flush "$S"; fi
say lock "$DATA_seconds"
`,
);
