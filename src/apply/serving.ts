/** Shell functions of the steps that change what is served: how to see it, and how the dead-man switch is set. */

export const serving = `
served_sum() { timeout 5 openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -outform DER 2>/dev/null | sha256sum; }
# Says \`served\` and after how many milliseconds from $since, or no.
await_served() {
  want=$(openssl x509 -in "$1" -outform DER | sha256sum)
  _until=$(($(now_up) + $3))
  while have=$(served_sum "$2") && [ "$have" != "$want" ] && [ "$(now_up)" -lt "$_until" ]; do sleep 0.05; done
  _now=$(date +%s%N)
  # A file that is no certificate is not served by a server that is not there.
  if [ "$have" != "$want" ] || [ "$want" = "$(sha256sum </dev/null)" ]; then say served no
  else
    case $since$_now in *N*) _took= ;; *) _took=$(((_now - since) / 1000000)) ;; esac
    # The clock was set meanwhile.
    case $_took in -* | ????????*) _took= ;; esac
    say served "$_took"
  fi
}
arm() {
  printf '%s\\n' '#!/bin/sh' "# Puts the old API server certificate back, unless run $id comes to its end." >"$R/undo.sh" &&
    { [ -z "$ROOT" ] || printf "ROOT='%s'\\n" "$ROOT"; } >>"$R/undo.sh" && print_undo >>"$R/undo.sh" &&
    flush "$R/undo.sh" && watch_over "$1"
}
# By the undo.sh that lies there.
watch_over() {
  rm -f "$R/watched"
  wait_for "$1" || return 1
  if has_systemd; then
    mkdir -p "\${boot_link%/*}" && printf '%s\\n' '[Unit]' 'Description=put the old API server certificate back (fix-sans)' 'Before=kubelet.service' \\
      "ConditionPathExists=/var/lib/fix-sans/$id/journal" '[Service]' 'Type=oneshot' 'TimeoutStartSec=150' \\
      "ExecStart=/bin/sh /var/lib/fix-sans/$id/undo.sh boot $id $(boot_id)" >"$boot_unit" && ln -sf "$boot_unit" "$boot_link" && flush "$boot_unit" "\${boot_link%/*}" "\${boot_unit%/*}" || return 1
    systemctl reset-failed "fix-sans-undo-$id.service" 2>/dev/null
    # Slower than systemd gives up: five starts within ten seconds. Before 236 it knows no --collect, and early ones not each of these properties.
    set -- -p Restart=on-failure -p RestartSec=3 -p OOMScoreAdjust=-900
    start_unit --quiet --collect "$@" || start_unit --quiet "$@" || start_unit || start_alone
  else start_alone; fi
  # By the clock: a node under load takes longer for each look.
  _until=$(($(now_up) + 6))
  while [ "$(now_up)" -lt "$_until" ]; do
    [ -f "$R/watched" ] && return 0
    sleep 0.05
  done
  return 1
}
start_unit() { systemd-run "$@" --unit="fix-sans-undo-$id" /bin/sh "$R/undo.sh" watch "$id" </dev/null 8>&- 9>&-; }
start_alone() { setsid /bin/sh "$R/undo.sh" watch "$id" </dev/null >/dev/null 2>&1 8>&- 9>&- & }
# The dead-man switch waits for so many seconds more.
wait_for() { printf '%s\\n' "$(($(now_up) + $1))" >"$R/deadline.new" && mv -f -- "$R/deadline.new" "$R/deadline"; }
`;
