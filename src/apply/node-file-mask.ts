/** Of kubespray's file only the names in certSANs leave a node: all else keeps its length and its signs, and cannot be read. */

export const nodeFile = '/etc/kubernetes/kubeadm-config.yaml';

/**
 * A letter, a digit and a sign that means nothing to YAML become `_`. What stays: the items under certSANs, keys at the beginning of a line, the words
 * by which the list is found, and every sign that makes the structure, so that each byte has the place that it has in the file. No name has `_` in it, so
 * an item that was masked is known as such. An awk counts bytes here, LC_ALL being C.
 */
export const maskText = `
mask_text() {
  awk -v "q='" '
function hide(s) {
  gsub(/[A-Za-z0-9=~$;()]/, "_", s)
  gsub("/", "_", s)
  gsub(/\\\\/, "_", s)
  return s
}
function mask(s, out) {
  gsub(/\\\\[\\\\"]/, "__", s)
  out = ""
  while (match(s, /certSANs|apiServer|kind|ClusterConfiguration/)) {
    out = out hide(substr(s, 1, RSTART - 1)) substr(s, RSTART, RLENGTH)
    s = substr(s, RSTART + RLENGTH)
  }
  return out hide(s)
}
function let_go(isItem, at) {
  for (at = 1; at <= held; at++) print (isItem ? kept[at] : mask(kept[at]))
  held = 0
}
BEGIN {
  quote = "[\\"" q "]?"
  start = "^[ \\t]*(- +)*"
  value = "(\\"[^\\"]*\\"|" q "[^" q "]*" q "|[A-Za-z0-9.:*_-]+)"
  item = "^ *- +" value "[ \\t]*([ \\t]#.*)?\\r?$"
  list = start quote "certSANs" quote "[ \\t]*:[ \\t]*(#.*)?\\r?$"
  flow = "certSANs" quote "[ \\t]*:[ \\t]*\\\\[[^][{}#]*\\\\]"
  key = start quote "[A-Za-z][A-Za-z-]*" quote "[ \\t]*:([ \\t\\r]|$)"
}
isIn {
  match($0, /^ */)
  if (RLENGTH >= column && $0 ~ item) { let_go(1); print; next }
  # A comment between two items is theirs; behind the last it is not.
  if ($0 ~ /^[ \\t]*(#.*)?\\r?$/) { kept[++held] = $0; next }
  let_go(0)
  isIn = 0
}
$0 ~ list { match($0, start); column = RLENGTH; isIn = 1; print mask($0); next }
# To mask is to match anew, so both places are kept first.
match($0, flow) {
  from = RSTART
  to = RSTART + RLENGTH
  print mask(substr($0, 1, from - 1)) substr($0, from, to - from) mask(substr($0, to))
  next
}
match($0, key) { to = RLENGTH + 1; print substr($0, 1, to - 1) mask(substr($0, to)); next }
/^%YAML / { print; next }
{ print mask($0) }
END { let_go(0) }' "$1"
}
`;
