/** The script that lists the runs of a node: journals, the lock, and of one run what a way back needs to see. Reads only. */
import { bootIdShell } from '../../reach/boot-id.ts';
import { type Query, query } from '../../reach/reader.ts';

/** More runs than a node keeps. */
export const mostRuns = 50;

/** DATA_of: of this run also the certificates before and after, and kubeadm-config as it was. */
export const runsQuery: Query = query(
  'runs',
  `${bootIdShell}
S=$ROOT/var/lib/fix-sans
IFS=. read -r up _ </proc/uptime && say up "$up"
say boot "$(boot_id)"
[ ! -f "$S/lock" ] || frame_file lock "$S/lock"
left=${mostRuns}
for path in $(ls -1dr "$S"/*/ 2>/dev/null); do
  path=\${path%/}
  run=\${path##*/}
  case $run in '' | *[!0123456789abcdefTZ-]*) continue ;; esac
  left=$((left - 1))
  [ "$left" -ge 0 ] || break
  if [ -f "$path/journal" ]; then frame_file "journal.$run" "$path/journal"
  elif [ -f "$path/ended" ]; then frame_file "ended.$run" "$path/ended"
  else continue; fi
  [ ! -s "$path/kubeadm-config.old" ] || say "config.$run" yes
done
case $DATA_of in
  '' | *[!0123456789abcdefTZ-]*) ;;
  *)
    frame_file by "$S/$DATA_of/by"
    frame_file old-crt "$S/$DATA_of/old.crt"
    frame_file new-crt "$S/$DATA_of/new.crt"
    frame_file old-config "$S/$DATA_of/kubeadm-config.old"
    [ ! -s "$S/$DATA_of/file.sums" ] || say file yes
    frame_file new-config "$S/$DATA_of/kubeadm-config.new"
    ;;
esac
`,
);
