/** The script of `plan --on-node`: the node's own kubeadm signs in a folder in memory, the certificate is told, the folder is gone. */
import { type Rehearsal, rehearsal } from '../reach/rehearser.ts';

/** In /run, which is memory: the key that is made here never lies on a disk, and a reboot leaves nothing. */
export function scratchFolder(id: string): string {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error('the id of a rehearsal is 16 hexadecimal digits');
  return `/run/fix-sans-${id}`;
}

/**
 * DATA_scratch, DATA_kubeadm (which inspection found to be root's alone), DATA_config, DATA_ca, DATA_caKey and DATA_live, a path a
 * line. kubeadm runs in the background, since a shell that waits for one in the foreground hears no signal; `timeout` ends one that
 * hangs. dash runs no EXIT trap when a signal ends it, so signals exit first.
 */
const script = `
scratch=$ROOT$DATA_scratch
case $DATA_scratch in /run/fix-sans-*[!0-9a-f]* | /run/fix-sans-) exit 64 ;; /run/fix-sans-*) ;; *) exit 64 ;; esac
case $DATA_kubeadm in /*) ;; *) exit 64 ;; esac
tell_live() {
  IFS='
'
  set -f
  for path in $DATA_live; do stat -L -c '%n %i %s %a %u %g %y %z' "$ROOT$path" 2>/dev/null || printf '%s absent\\n' "$path"; done | frame "$1"
  set +f
  unset IFS
}
tell_live before
mkdir -m 0700 "$scratch" || { say failed 'the folder for it could not be made'; exit 73; }
child=
trap 'rm -rf "$scratch"' EXIT
trap 'if [ -n "$child" ]; then kill "$child"; wait "$child"; fi 2>/dev/null; exit 1' HUP INT PIPE TERM
ln -s "$ROOT$DATA_ca" "$scratch/ca.crt" && ln -s "$ROOT$DATA_caKey" "$scratch/ca.key" &&
  printf %s "$DATA_config" >"$scratch/kubeadm.yaml" || { say failed 'the folder for it could not be filled'; exit 73; }
timeout -s KILL 30 "$ROOT$DATA_kubeadm" init phase certs apiserver --config "$scratch/kubeadm.yaml" >"$scratch/said" 2>&1 </dev/null &
child=$!
if wait "$child"; then
  child=
  frame_file certificate "$scratch/apiserver.crt"
  openssl pkey -in "$scratch/apiserver.key" -pubout -outform DER 2>/dev/null | sha256sum | frame key
else
  child=
  say failed "$(head -c 4096 "$scratch/said")"
fi
rm -rf "$scratch"
[ -e "$scratch" ] && say left "$DATA_scratch"
tell_live after
`;

export const signInScratch: Rehearsal = rehearsal('sign-in-scratch', script);
