/** Where a script that runs as root looks for programs: nowhere where somebody else could have put one. */

export const cleanPath = `
nl='
'
own_id=$(id -u)
is_owner() { [ "$1" = 0 ] || { [ -n "$ROOT" ] && [ "$1" = "$own_id" ]; }; }
# What anybody may put a program into is no place to look for one. Only a simulated node has a root of its own, and programs in it.
clean_path() {
  all=$PATH kept=
  [ -z "$ROOT" ] || all=$ROOT/usr/bin:$ROOT/usr/local/bin:$all
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  IFS=:
  set -- $all
  all=$(stat -L -c '%u %a %n' "$@" 2>/dev/null)
  IFS=$nl
  for row in $all; do
    is_owner "\${row%% *}" || continue
    row=\${row#* }
    case \${row%% *} in *[2367]) continue ;; esac
    kept=$kept\${kept:+:}\${row#* }
  done
  unset IFS
  PATH=\${kept:-$PATH}
}
clean_path`;
