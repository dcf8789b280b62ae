/** Takes from files on the node what may leave it: an awk program that lets known words through, so that what it does not know stays. */
import { podSanitizer } from './sanitizer-pod.ts';
import { wordSanitizer } from './sanitizer-words.ts';

/** `PRIVATE KEY` in base64, at each of the three places where it can start in a group. */
const keyInBase64 = ['UFJJVkFURSBLRV', 'BSSVZBVEUgS0VZ', 'QUklWQVRFIEtFW'];

/**
 * POSIX awk, as mawk, gawk and busybox have it: no intervals, no single quote. Its operands are `kind=K FILE…`. A line of a file comes
 * out behind `|`, its head behind `>`, a remark behind `!`, so that no text can pass for a head.
 */
export const sanitizer = String.raw`
function out(text) { print "|" text }
function remark(text) { if (!(text in remarked)) { remarked[text] = 1; print "!" text } }
function trim(text) { gsub(/^[ \t\r]+|[ \t\r]+$/, "", text); return text }
# Where a connection leads, without user, query and fragment: with one of these, nothing of it.
function isAddress(text) {
  return length(text) < 400 && text ~ /^[a-z][a-z0-9+]*:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?(\/[A-Za-z0-9._~\/-]*)?$/
}
function isEndpoint(text) { return length(text) < 300 && text ~ /^(\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9._*-]*)(:[0-9]+)?$/ }
# As keepalived and haproxy also write them, without brackets.
function isIps(text) { return length(text) < 300 && text ~ /^[][0-9A-Fa-f:.*,]+(\/[0-9]+)?$/ }
function isName(text) { return length(text) < 300 && text ~ /^[A-Za-z0-9._*:\/-]+$/ }
${wordSanitizer}${podSanitizer}
FNR == 1 {
  if (isPending) finishPod()
  isPending = kind == "manifest"
  if (isPending) startPod()
  if (kind != "process") print ">" kind "\t" FILENAME
  size = inside = first = bad = vip = 0
  skipped = -1; statementStart = wanted = quote = ""
  for (each in remarked) delete remarked[each]
}
{
  size += length($0) + 1
  if (size > 262144) { remark("too-large"); if (isPending) refuse(); next }
  # Taking a line apart costs the square of its length.
  if (length($0) > 65536) { remark("long-line"); if (isPending) refuse(); next }
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
  # Nothing inside of a text of several lines is a key, whatever it looks like.
  if (quote != "") { if (index(text, quote)) quote = ""; next }
  match(text, /^[ \t]*(-[ \t]+)*/)
  column = RLENGTH
  if (skipped >= 0) { if (column > skipped || text ~ /^[ \t\r]*$/) next; skipped = -1 }
  if (text ~ /^[ \t]*#/) next
  while (match(text, /["\047]?[A-Za-z0-9_.-]+["\047]?[ \t]*:/)) {
    word = substr(text, RSTART, RLENGTH - 1)
    gsub(/["\047 \t]/, "", word)
    text = substr(text, RSTART + RLENGTH)
    if (text !~ /^[ \t\r"\047{\[]/ && text != "") continue
    sub(/^[ \t]+/, "", text)
    # Behind a tag or an anchor it may still be one.
    while (text ~ /^[&!]/) if (!sub(/^[^ \t]+[ \t]+/, "", text)) text = ""
    value = ""
    if (text ~ /^[|>]/) { skipped = column; value = "?"; text = "" }
    else if (match(text, /^"([^"\\]|\\.)*"/)) { value = substr(text, 2, RLENGTH - 2); text = substr(text, RLENGTH + 1) }
    else if (match(text, /^\047[^\047]*\047/)) { value = substr(text, 2, RLENGTH - 2); text = substr(text, RLENGTH + 1) }
    else if (text ~ /^["\047]/) { quote = substr(text, 1, 1); value = "?"; text = "" }
    else if (text !~ /^[{\[]/ && match(text, /^[^ \t\r,}]+/)) { value = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1) }
    if (word == "exec" || word == "auth-provider") out(word "\t")
    else if (word == "certificate-authority-data" || word == "client-certificate-data") {
      if (index(value, "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS") != 1 || value ~ /[^A-Za-z0-9+\/=]/ || value ~ /${keyInBase64.join('|')}/) value = "?"
      out(word "\t" value)
    }
    else if (value == "") continue
    else if (word == "server" || word == "proxy-url") out(word "\t" (isAddress(value) ? value : "?"))
    else if (word == "tls-server-name") out(word "\t" (isName(value) ? value : "?"))
    else if (word == "insecure-skip-tls-verify") out(word "\t" (value ~ /^(true|false)$/ ? value : "?"))
    else if (word == "certificate-authority" || word == "client-certificate") out(word "\t" (isPlain("path", value) ? value : "?"))
  }
  next
}
kind == "manifest" { podLine($0); next }
kind == "process" { if (FNR < 400) print (length($0) > 4096 ? "?" : plainWord($0)); next }
kind == "nginx" {
  text = $0
  sub(/^[ \t]*#.*|[ \t;{}]#.*/, "", text)
  while (match(text, /[;{}]/)) {
    statement = trim(statementStart substr(text, 1, RSTART - 1))
    mark = substr(text, RSTART, 1)
    text = substr(text, RSTART + 1)
    statementStart = ""
    count = split(statement, words, /[ \t]+/)
    if (mark == "}") out("}")
    else if (mark == "{") out((words[1] ~ /^(stream|http|server)$/ ? words[1] : words[1] == "upstream" && isName(words[2]) ? "upstream " words[2] : "other") " {")
    else if (words[1] ~ /^(server|listen|proxy_pass)$/ && isEndpoint(words[2])) out(words[1] " " words[2] ";")
  }
  statementStart = statementStart text " "
  if (length(statementStart) > 8192) statementStart = "long"
  next
}
kind == "haproxy" {
  if ($1 ~ /^(global|defaults|frontend|backend|listen)$/) {
    line = $1
    if (isName($2)) line = line " " $2
    if (isName($2) && $1 ~ /^(frontend|listen)$/ && (isEndpoint($3) || isIps($3))) line = line " " $3
    out(line)
  }
  else if ($1 == "server" && isName($2) && (isEndpoint($3) || isIps($3))) out("server " $2 " " $3)
  else if ($1 == "bind" && (isEndpoint($2) || isIps($2))) out("bind " $2)
  else if ($1 == "mode" || $1 == "default_backend" || $1 == "use_backend") { if (isName($2)) out($1 " " $2) }
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
      else if (words[1] ~ /^(virtual_server|real_server)$/ && isIps(words[2]) && words[3] ~ /^[0-9]*$/) out(words[1] " " words[2] " " words[3] " {")
      else out("other {")
    } else {
      if (vip && isIps(words[1])) out("address " words[1])
      if (found) { vip = 0; out("}") }
    }
    if (!found) break
    text = substr(text, RSTART + 1)
  }
  next
}
END { if (isPending) finishPod() }
`;
