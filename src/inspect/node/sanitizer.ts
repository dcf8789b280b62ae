/** Takes from files on the node what may leave it: an awk program that lets known words through, so that what it does not know stays. */

/** `PRIVATE KEY` in base64, at each of the three places where it can start in a group. */
const keyInBase64 = ['UFJJVkFURSBLRV', 'BSSVZBVEUgS0VZ', 'QUklWQVRFIEtFW'];

/** Environment variables of static pods that tell where a load balancer is; all others may hold a secret. */
const plainVariables =
  'address|vip_address|vip_subnet|vip_cidr|vip_interface|vip_arp|vip_leaderelection|port|lb_port|lb_enable|lb_fwdmethod|cp_enable|cp_namespace|svc_enable|bgp_enable|vip_ddns';

/**
 * POSIX awk, as mawk, gawk and busybox have it: no intervals, no single quote. Its operands are `kind=K FILE…`. A line of a file comes
 * out behind `|`, its head behind `>`, a remark behind `!`, so that no text can pass for a head.
 */
export const sanitizer = String.raw`
function out(text) { print "|" text }
function remark(text) { if (!(text in remarked)) { remarked[text] = 1; print "!" text } }
function trim(text) { gsub(/^[ \t\r]+|[ \t\r]+$/, "", text); return text }
function bare(text) { sub(/\/\/[^\/]*@/, "//", text); return text }
# Values of words that sound like a secret; what is only on or off, or the name of a file, is none.
function hide(text,  done, value) {
  done = ""
  while (match(text, /[A-Za-z0-9_.-]*([Pp][Aa][Ss][Ss]|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Cc]red|CRED|[Pp]eer)[A-Za-z0-9_.-]*=/)) {
    value = substr(text, RSTART, RLENGTH)
    done = done substr(text, 1, RSTART + RLENGTH - 1)
    text = substr(text, RSTART + RLENGTH)
    if (value ~ /-file=$/ || text ~ /^(true|false)([ \t"\047,]|$)/) continue
    sub(/^[^ \t"\047]*/, "removed", text)
  }
  return done text
}
FNR == 1 {
  print ">" kind "\t" FILENAME
  size = inside = first = bad = isPod = hush = dropNext = depth = vip = 0
  hushAt = -1; pending = variable = ""
  for (each in remarked) delete remarked[each]
}
{
  size += length($0) + 1
  if (size > 262144) { remark("too-large"); next }
  # Taking a line apart costs the square of its length.
  if (length($0) > 65536) { remark("long-line"); next }
}
kind == "certificate" {
  line = $0
  sub(/\r$/, "", line)
  if (FNR == 1 && line ~ /^(\357\273\277|\376\377|\377\376)/) remark("byte-order-mark")
  if (line ~ /PRIVATE KEY/) { remark("private-key"); inside = 0; next }
  if (line ~ /^-----BEGIN CERTIFICATE-----[ \t]*$/) { inside = first = 1; out(line); next }
  if (!inside) { if (line ~ /[^ \t]/) remark("other-text"); next }
  if (line ~ /^-----END CERTIFICATE-----[ \t]*$/) { inside = 0; out(line); next }
  # A certificate begins with two sequences, a key with one and a number: whatever the head says.
  if (first) { first = 0; bad = !(line ~ /^MII..[DTjz]C/ || line ~ /^MI[GH].MI/) }
  if (bad || line !~ /^[A-Za-z0-9+\/= \t]*$/) { remark("not-a-certificate"); out("?") } else out(line)
  next
}
kind == "kubeconfig" {
  text = $0
  if (text ~ /^[ \t]*#/) next
  while (match(text, /["\047]?[A-Za-z0-9_.-]+["\047]?[ \t]*:/)) {
    word = substr(text, RSTART, RLENGTH - 1)
    gsub(/["\047 \t]/, "", word)
    text = substr(text, RSTART + RLENGTH)
    if (text !~ /^[ \t\r"\047{\[]/ && text != "") continue
    sub(/^[ \t]+/, "", text)
    value = ""
    if (match(text, /^"([^"\\]|\\.)*"/)) { value = substr(text, 2, RLENGTH - 2); text = substr(text, RLENGTH + 1) }
    else if (match(text, /^\047[^\047]*\047/)) { value = substr(text, 2, RLENGTH - 2); text = substr(text, RLENGTH + 1) }
    else if (text !~ /^[{\[]/ && match(text, /^[^ \t\r,}]+/)) { value = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1) }
    if (word == "exec" || word == "auth-provider") out(word "\t")
    else if (word == "certificate-authority-data" || word == "client-certificate-data") {
      if (index(value, "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS") != 1 || value ~ /[^A-Za-z0-9+\/=]/ || value ~ /${keyInBase64.join('|')}/) value = "?"
      out(word "\t" value)
    }
    else if (value != "" && length(value) < 400 && value !~ /\\/ && word ~ /^(server|proxy-url|tls-server-name|insecure-skip-tls-verify|certificate-authority|client-certificate|current-context)$/) out(word "\t" bare(value))
  }
  next
}
kind == "manifest" {
  line = $0
  sub(/\r$/, "", line)
  if (line ~ /^[ \t{"]*(apiVersion|kind)["]?[ \t]*:/) isPod = 1
  if (!isPod) { if (line ~ /[^ \t]/ && line !~ /^[ \t]*#|^---[ \t]*$/) remark("other-text"); next }
  match(line, /^[ \t]*(-[ \t]+)?/)
  column = RLENGTH
  if (hushAt >= 0) {
    if (line ~ /^[ \t]*$/ || column > hushAt) next
    hushAt = -1
  }
  if (line ~ /PRIVATE KEY/ || line ~ /[A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=]*$/ && line ~ /^[ \t]*[A-Za-z0-9+\/=]+$/ && length(line) > 60) { remark("private-key"); next }
  if (dropNext && line ~ /^[ \t]*-[ \t]/) sub(/-[ \t].*/, "- removed", line)
  dropNext = (line ~ /^[ \t]*-[ \t]+["\047]?--?[A-Za-z0-9_.-]*([Pp][Aa][Ss][Ss]|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Cc]red|[Pp]eer)[A-Za-z0-9_.-]*["\047]?[ \t]*$/)
  line = hide(line)
  if (line ~ /^[ \t]*(-[ \t]+)?name:/) { variable = line; sub(/^[ \t]*(-[ \t]+)?name:[ \t]*/, "", variable); gsub(/["\047]|[ \t]+$/, "", variable) }
  else if (line ~ /^[ \t]*(-[ \t]+)?value:/) {
    if (variable !~ /^(${plainVariables})$/) { sub(/value:.*/, "value: removed", line); hushAt = column }
    variable = ""
  }
  else gsub(/["\047]?value["\047]?[ \t]*:[ \t]*("([^"\\]|\\.)*"|[^,}]*)/, "\"value\": \"removed\"", line)
  out(line)
  next
}
kind == "nginx" {
  text = $0
  sub(/^[ \t]*#.*|[ \t;{}]#.*/, "", text)
  while (match(text, /[;{}]/)) {
    statement = trim(pending substr(text, 1, RSTART - 1))
    mark = substr(text, RSTART, 1)
    text = substr(text, RSTART + 1)
    pending = ""
    count = split(statement, words, /[ \t]+/)
    if (mark == "}") out("}")
    else if (mark == "{") out((words[1] ~ /^(stream|http|server|upstream)$/ ? words[1] " " words[2] : "other") " {")
    else if (words[1] ~ /^(server|listen|proxy_pass)$/) out(words[1] " " bare(words[2]) ";")
  }
  pending = pending text " "
  next
}
kind == "haproxy" {
  if ($1 ~ /^(global|defaults|frontend|backend|listen)$/) out($1 " " $2 " " ($1 == "global" || $1 == "defaults" ? "" : $3))
  else if ($1 == "server") out("server " $2 " " $3)
  else if ($1 == "bind" || $1 == "mode" || $1 == "default_backend" || $1 == "use_backend") out($1 " " $2)
  next
}
kind == "keepalived" {
  text = $0
  sub(/[#!].*/, "", text)
  for (;;) {
    found = match(text, /[{}]/)
    statement = trim(found ? substr(text, 1, RSTART - 1) : text)
    count = split(statement, words, /[ \t]+/)
    if (found && substr(text, RSTART, 1) == "{") {
      if (words[1] == "virtual_ipaddress" || words[1] == "virtual_ipaddress_excluded") { vip = 1; out("addresses {") }
      else if (words[1] ~ /^(virtual_server|real_server)$/) out(words[1] " " words[2] " " words[3] " {")
      else out("other {")
    } else {
      if (vip && statement != "") out("address " words[1])
      if (found) { vip = 0; out("}") }
    }
    if (!found) break
    text = substr(text, RSTART + 1)
  }
  next
}
`;
