/** How each step begins: the state of the node's runs, the mutex, and what has to be true of this run. */
import { cleanPath } from '../reach/clean-path.ts';
import { transaction } from './transaction.ts';

/** DATA_run, and who asks. Answers `fault` with a word and ends where the step may not be done. */
export const begin = `${cleanPath}
${transaction}
# An API server is asked directly, as whom a step says, and without the defaults and aliases in somebody's home folder.
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy KUBECONFIG
KUBERC=off KUBECTL_KUBERC=false
export KUBERC KUBECTL_KUBERC
fault() { say fault "$1"; leave; exit 1; }
set_run "$DATA_run" || fault no-run
enter 20 || fault busy
`;

/** The lock is ours, and stays so for a while; the dead-man switch waits as long. A full disk takes it from nobody. */
export const held = `
keep_lock "$DATA_seconds" || { if has_lock; then fault lock-unkept; else fault lock-lost; fi; }
`;

/** The way back is gone also where there is no room to write down for how long the lock is ours. */
export const stillHeld = `
keep_lock "$DATA_seconds" || has_lock || fault lock-lost
`;

/** What the dead-man switch is told by every step that comes after the swap. */
export const ours = `
case $(state_of "$R/journal") in
  # No dead-man switch waits where there is nothing to put back.
  restarting) ;;
  swapped | restarted | proven) wait_for "$DATA_seconds" || fault no-space ;;
  none) if [ -f "$R/ended" ]; then fault "$(state_of "$R/ended")"; else fault no-run; fi ;;
  *) fault "$(state_of "$R/journal")" ;;
esac
`;
