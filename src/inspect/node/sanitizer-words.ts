/** The part of the sanitizer that judges words: flags, variables and values that may leave a node, each by what it may hold. */

/** Variables of kube-vip that tell where a load balancer is, and what each may hold. Any other may hold a secret. */
const variables = {
  host: 'address|vip_address',
  number: 'port|lb_port|vip_subnet|vip_cidr',
  switch: 'vip_arp|vip_leaderelection|lb_enable|cp_enable|svc_enable|bgp_enable|vip_ddns',
  label: 'vip_interface|cp_namespace|lb_fwdmethod',
};

/** Flags that inspection uses. A value of another may be a password, or an address with one in it. */
const flags = {
  path: 'tls-cert-file|tls-private-key-file|client-ca-file',
  pair: 'tls-sni-cert-key',
  host: 'advertise-address|bind-address|address|vip',
  number: 'secure-port|port|lbPort|v',
  range: 'service-cluster-ip-range',
  url: 'service-account-issuer',
  switch: 'controlplane|services|arp|leaderElection',
};

function cases(table: Readonly<Record<string, string>>): string {
  return Object.entries(table)
    .map(([kind, names]) => `if (name ~ /^(${names})$/) return "${kind}"`)
    .join('\n  ');
}

export const wordSanitizer = String.raw`
function flagKind(name) {
  ${cases(flags)}
  return ""
}
function variableKind(name) {
  ${cases(variables)}
  return ""
}
function isPlain(kind, text) {
  if (length(text) > 1024) return 0
  if (kind == "path") return text ~ /^\/[A-Za-z0-9._\/-]*$/
  if (kind == "pair") return text ~ /^\/[A-Za-z0-9._\/-]*,\/[A-Za-z0-9._\/-]*(:[A-Za-z0-9.,*:-]*)?$/
  if (kind == "host") return text ~ /^[A-Za-z0-9.:,\/-]+$/
  if (kind == "range") return text ~ /^[0-9a-fA-F.:,\/]+$/
  if (kind == "number") return text ~ /^[0-9]+$/ && length(text) < 11
  if (kind == "switch") return text ~ /^(true|false)$/
  if (kind == "label") return text ~ /^[A-Za-z0-9._-]+$/ && length(text) < 254
  if (kind == "image") return text ~ /^[A-Za-z0-9][A-Za-z0-9._:\/-]*(@sha256:[0-9a-f]+)?$/
  if (kind == "url") return text ~ /^(https?:\/\/)?[A-Za-z0-9.-]+(:[0-9]+)?(\/[A-Za-z0-9._\/-]*)?$/
  return 0
}
# A word of a command line as it may be shown, or a question mark in its place. wanted is the kind of value that the word before it asks for.
function plainWord(text,  name, value) {
  if (match(text, /^--?[A-Za-z0-9][A-Za-z0-9._-]*=/)) {
    wanted = ""
    value = substr(text, RLENGTH + 1)
    name = substr(text, 1, RLENGTH - 1)
    sub(/^--?/, "", name)
    return isPlain(flagKind(name), value) ? text : "?"
  }
  if (text ~ /^--?[A-Za-z0-9][A-Za-z0-9._-]*$/) {
    name = text
    sub(/^--?/, "", name)
    wanted = flagKind(name)
    return wanted == "" ? "?" : text
  }
  value = wanted
  wanted = ""
  if (value != "" && isPlain(value, text)) return text
  return text ~ /^(\/[a-z\/]*\/)?(kube-apiserver|kube-controller-manager|kube-scheduler|etcd|kube-vip|manager|haproxy|nginx)$/ ? text : "?"
}
`;
