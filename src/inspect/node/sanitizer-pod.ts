/** The part of the sanitizer that reads static pod manifests: known fields with harmless values come out, and nothing else. */

/**
 * A subset of YAML, in blocks and in brackets: what is written in another way refuses the whole file, so that no misreading
 * makes text out of a secret. A manifest comes out as rows of path and value, at its end, and only if it is a Pod.
 */
export const podSanitizer = String.raw`
function refuse() { if (!refused) refused = FNR }
function addRow(path, value) { if (++rowCount > 2000) refuse(); else { rowPath[rowCount] = path; rowValue[rowCount] = value } }
function give(path, text) {
  lastRow = 0
  if (path == "kind" || path == "apiVersion" || path ~ /^(metadata|spec)\./) { addRow(path, text); lastRow = rowCount }
}
function kindOfPath(path) {
  if (path == "apiVersion" || path == "kind" || path == "metadata.name" || path == "metadata.namespace") return "label"
  if (path == "spec.hostNetwork") return "switch"
  if (path == "spec.containers.0.image") return "image"
  if (path ~ /^spec\.(containers\.0\.)?securityContext\.runAsUser$/) return "number"
  if (path ~ /^spec\.containers\.0\.ports\.[0-9]+\.(containerPort|hostPort)$/) return "number"
  if (path ~ /^spec\.(volumes|containers\.0\.volumeMounts)\.[0-9]+\.name$/) return "label"
  if (path ~ /^spec\.volumes\.[0-9]+\.hostPath\.path$/) return "path"
  if (path ~ /^spec\.containers\.0\.volumeMounts\.[0-9]+\.mountPath$/) return "path"
  return ""
}
function startPod(  each) {
  for (each in isTaken) delete isTaken[each]
  for (each in rowPath) { delete rowPath[each]; delete rowValue[each] }
  rowCount = refused = level = lastRow = isScalar = isOver = isBegun = 0
  blockColumn = -2; openQuote = gathered = ""
}
function finishPod(  i, path, value, isPod, variable, held, base) {
  if (openQuote != "" || gathered != "") refuse()
  for (i = 1; i <= rowCount; i++) if (rowPath[i] == "kind") isPod = rowValue[i] == "Pod"
  if (refused) { print "!fault:" refused; return }
  if (!isPod) { print "!no-pod"; return }
  base = ""
  for (i = 1; i <= rowCount; i++) {
    path = rowPath[i]; value = rowValue[i]
    if (path ~ /^spec\.containers\.0\.env\.[0-9]+\.name$/) { sub(/\.name$/, "", path); variable[path] = value }
    else if (path ~ /^spec\.containers\.0\.env\.[0-9]+\.value$/) { sub(/\.value$/, "", path); held[path] = value }
    else if (path ~ /^spec\.containers\.0\.(command|args)\.[0-9]+$/) {
      if (path ~ /\.0$/) wanted = ""
      out(path "\t" plainWord(value))
    }
    else if (isPlain(kindOfPath(path), value)) out(path "\t" value)
  }
  for (path in held) if (path in variable && isPlain(variableKind(variable[path]), held[path])) {
    out(path ".name\t" variable[path])
    out(path ".value\t" held[path])
  }
}
# A key with a dot in it, or one that is a number, must not pass for a path.
function join(path, key) {
  if (key !~ /^[A-Za-z][A-Za-z0-9_-]*$/) key = "?" key
  path = path == "" ? key : path "." key
  if (path in isTaken) refuse()
  isTaken[path] = 1
  return path
}
# Without the quotes around it; one inside stays, and makes it another key.
function bare(key) {
  sub(/[ \t\n]+$/, "", key)
  return key ~ /^["\047]/ ? substr(key, 2, length(key) - 2) : key
}
function skipBlanks() { sub(/^[ \t\n]+/, "", flowText) }
function flow(path, depth,  mark, key, count) {
  if (refused || depth > 20) { refuse(); return }
  skipBlanks()
  mark = substr(flowText, 1, 1)
  if (mark == "{") {
    flowText = substr(flowText, 2)
    for (;;) {
      skipBlanks()
      if (substr(flowText, 1, 1) == "}") { flowText = substr(flowText, 2); return }
      if (match(flowText, /^"[^"\\]*"[ \t\n]*:/) || match(flowText, /^\047[^\047]*\047[ \t\n]*:/) || match(flowText, /^[A-Za-z0-9_.\/-]+:/)) {
        key = substr(flowText, 1, RLENGTH - 1)
        flowText = substr(flowText, RLENGTH + 1)
        key = bare(key)
      } else { refuse(); return }
      flow(join(path, key), depth + 1)
      skipBlanks()
      mark = substr(flowText, 1, 1)
      if (mark == ",") flowText = substr(flowText, 2)
      else if (mark != "}") { refuse(); return }
      if (refused) return
    }
  }
  if (mark == "[") {
    flowText = substr(flowText, 2)
    for (count = 0; ; count++) {
      skipBlanks()
      if (substr(flowText, 1, 1) == "]") { flowText = substr(flowText, 2); return }
      flow(path "." count, depth + 1)
      skipBlanks()
      mark = substr(flowText, 1, 1)
      if (mark == ",") flowText = substr(flowText, 2)
      else if (mark != "]") { refuse(); return }
      if (refused) return
    }
  }
  if (match(flowText, /^"([^"\\]|\\.)*"/) || match(flowText, /^\047[^\047]*\047/)) {
    key = substr(flowText, 2, RLENGTH - 2)
    flowText = substr(flowText, RLENGTH + 1)
    if (key !~ /[\\\n]/) give(path, key)
    return
  }
  if (mark == "\"" || mark == "\047" || mark == "&" || mark == "*" || mark == "!") { refuse(); return }
  if (match(flowText, /^[^][{},\n]+/)) {
    key = trim(substr(flowText, 1, RLENGTH))
    flowText = substr(flowText, RLENGTH + 1)
    if (key ~ /:[ \t]|:$|[ \t]#/) { refuse(); return }
    give(path, key)
  }
}
# Brackets may go over several lines: they are put together first. Quotes that a line leaves open are no style of any tool.
function gather(line,  text, more, less) {
  text = line
  gsub(/"([^"\\]|\\.)*"/, "", text)
  gsub(/\047[^\047]*\047/, "", text)
  if (text ~ /["\047]/) { refuse(); return }
  if (text ~ /(^|[ \t])#/) { if (line ~ /["\047]/) { refuse(); return } sub(/(^|[ \t])#.*/, "", line); sub(/(^|[ \t])#.*/, "", text) }
  more = gsub(/[[{]/, "", text)
  less = gsub(/[]}]/, "", text)
  open += more - less
  gathered = gathered line "\n"
  if (length(gathered) > 16384) { refuse(); return }
  if (open > 0) return
  flowText = gathered
  gathered = ""
  flow(flowPath, 0)
  skipBlanks()
  if (flowText != "") refuse()
  lastRow = 0
}
function closes(mark, line) {
  if (mark == "\"") { if (!match(line, /^([^"\\]|\\.)*"/)) return 0 }
  else if (!match(line, /^([^\047]|\047\047)*\047/)) return 0
  if (substr(line, RLENGTH + 1) !~ /^[ \t]*(#.*)?$/) refuse()
  return 1
}
# Where a value stands: its path, its text, and the column of what it belongs to.
function node(path, text, column,  mark, value) {
  lastRow = isScalar = 0
  while (text ~ /^[&!]/) if (!sub(/^[^ \t]+[ \t]+/, "", text)) text = ""
  if (text == "" || text ~ /^#/) { pending[level] = path; return }
  mark = substr(text, 1, 1)
  if (mark == "\"" || mark == "\047") {
    value = substr(text, 2)
    if (!closes(mark, value)) { openQuote = mark; return }
    value = substr(value, 1, RLENGTH - 1)
    if (value !~ /[\\\047]/) give(path, value)
    lastRow = 0
    return
  }
  if (mark == "[" || mark == "{") { flowPath = path; open = 0; gather(text); return }
  if (mark == "|" || mark == ">") {
    if (text !~ /^[|>][-+0-9]*[ \t]*(#.*)?$/) refuse()
    blockColumn = column
    return
  }
  if (mark == "*") return
  if (mark == "%" || mark == "@") { refuse(); return }
  sub(/[ \t]+#.*/, "", text)
  text = trim(text)
  # What goes on in the next line is more than one value of one line.
  scalarColumn = column
  give(path, text)
  isScalar = 1
}
function push(type, column, prefix) {
  if (++level > 40) { refuse(); level = 40 }
  levelType[level] = type; levelColumn[level] = column; levelPath[level] = prefix; levelIndex[level] = -1; pending[level] = ""
}
function isKey(text) {
  if (!match(text, /^"[^"\\]*"[ \t]*:([ \t]|$)/) && !match(text, /^\047[^\047]*\047[ \t]*:([ \t]|$)/) && !match(text, /^[A-Za-z0-9_.\/<~-][A-Za-z0-9_.\/ -]*:([ \t]|$)/)) return 0
  keyText = substr(text, 1, RLENGTH)
  sub(/:[ \t]?$/, "", keyText)
  keyText = bare(keyText)
  keyRest = trim(substr(text, RLENGTH + 1))
  return 1
}
function podLine(line,  column, rest, key, path, width) {
  if (isOver || refused) return
  if (length(line) > 16384) { refuse(); return }
  sub(/\r$/, "", line)
  if (FNR == 1) sub(/^\357\273\277/, "", line)
  if (line ~ /[\001-\010\013-\037\177]/) { refuse(); return }
  match(line, /^ */)
  column = RLENGTH
  if (openQuote != "") { if (closes(openQuote, line)) openQuote = ""; return }
  if (gathered != "") { gather(line); return }
  rest = substr(line, column + 1)
  if (blockColumn > -2) { if (rest ~ /^[ \t]*$/ || column > blockColumn) return; blockColumn = -2 }
  if (rest ~ /^[ \t]*(#.*)?$/) return
  if (rest ~ /^\t/) { refuse(); return }
  if (column == 0 && line ~ /^(---|\.\.\.)([ \t]|$)/) {
    if (isBegun) isOver = 1
    else if (line !~ /^---[ \t]*(#.*)?$/) refuse()
    return
  }
  if (rest ~ /^[?:%]([ \t]|$)/) { refuse(); return }
  for (;;) {
    if (rest ~ /^-([ \t]|$)/) {
      isScalar = 0
      while (level > 0 && levelColumn[level] > column) level--
      if (level == 0) { refuse(); return }
      if (levelType[level] == "m" || levelColumn[level] < column) {
        if (pending[level] == "") { refuse(); return }
        path = pending[level]; pending[level] = ""
        push("s", column, path)
      }
      path = levelPath[level] "." (++levelIndex[level])
      pending[level] = ""
      match(rest, /^-[ \t]*/)
      width = RLENGTH
      rest = substr(rest, width + 1)
      if (rest == "" || rest ~ /^#/) { pending[level] = path; return }
      if (rest ~ /^-([ \t]|$)/ || isKey(rest)) { pending[level] = path; column += width; continue }
      node(path, rest, column)
      return
    }
    if (isKey(rest)) {
      key = keyText; rest = keyRest
      isScalar = 0
      while (level > 0 && (levelColumn[level] > column || (levelColumn[level] == column && levelType[level] == "s"))) level--
      if (level == 0 && !isBegun) { isBegun = 1; push("m", column, "") }
      else if (level == 0) { refuse(); return }
      else if (levelColumn[level] < column) {
        if (pending[level] == "") { refuse(); return }
        path = pending[level]; pending[level] = ""
        push("m", column, path)
      }
      pending[level] = ""
      node(join(levelPath[level], key), rest, column)
      return
    }
    if (level == 0) { if (!isBegun && rest ~ /^\{/) { isBegun = 1; node("", rest, -1) } else refuse(); return }
    # A value on a line of its own, or one that goes on.
    if (pending[level] != "" && column > levelColumn[level]) { path = pending[level]; pending[level] = ""; node(path, rest, levelColumn[level]); return }
    if (isScalar && column > scalarColumn) { if (lastRow) rowValue[lastRow] = "?"; return }
    refuse()
    return
  }
}
`;
