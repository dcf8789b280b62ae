/** What is another word after each restart of a node: for scripts that have to know whether a lock or a switch is of this boot. */

/**
 * The kernel's id alone is not enough where the node is a container, as in kind: its restart is no boot of the kernel. The moment at which the
 * first process of the node began is: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (starttime, the 20th behind the name).
 */
export const bootIdShell = `
boot_id() (
  IFS= read -r _boot </proc/sys/kernel/random/boot_id
  IFS= read -r _first </proc/1/stat
  IFS=' '
  set -f
  set -- \${_first##*) }
  printf '%s-%s\\n' "$_boot" "\${20}"
)
`;
