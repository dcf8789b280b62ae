/**
 * The text that a node's /bin/sh gets on stdin: a prelude that makes every shell and locale alike and knows how to answer in
 * frames, then one query. Nothing from outside is in it but base64 and a nonce of ours.
 */
import { createHash } from 'node:crypto';

/**
 * Where kubeadm, kubectl and openssl are on the systems that Kubernetes is installed on: Debian, RHEL, Flatcar (/opt/bin), RKE, snap. The
 * system's own folders come first, for they are root's everywhere.
 */
export const remotePath = [
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/bin',
  '/opt/cni/bin',
  '/var/lib/rancher/rke2/bin',
  '/snap/bin',
].join(':');

/** What a frame_file may be at most; certificates and configuration are far below. */
export const largestFile = 256 * 1024;

export interface ScriptParts {
  readonly script: string;
  readonly nonce: string;
  readonly data?: Readonly<Record<string, string>>;
  /** The simulator's transport only: the tree of files that plays the node is named by an environment variable. */
  readonly isSimulated?: boolean;
}

/** Scripts are constants of ours, a handful, and each is sent to every node. */
const ids = new Map<string, string>();

/** Which script a reply answers, so that an outdated helper on a node is noticed. */
export function scriptId(script: string): string {
  const id = ids.get(script) ?? createHash('sha256').update(script).digest('hex').slice(0, 16);
  ids.set(script, id);
  return id;
}

/** All of what goes to `/bin/sh -s`. */
export function composeScript({ script, nonce, data = {}, isSimulated = false }: ScriptParts): string {
  if (!/^[0-9a-f]{32}$/.test(nonce)) throw new Error('a nonce is 32 hexadecimal digits');
  const values = Object.entries(data).map(([name, value]) => decodeLine(name, value));
  const root = isSimulated ? 'ROOT=${FIX_SANS_ROOT:-}' : 'ROOT=';
  return [`_nonce=${nonce}`, root, functions, start(scriptId(script)), ...values, body(script), ''].join(
    '\n',
  );
}

/**
 * The same for a file on the node that sudoers allows without arguments: all it takes is the nonce, and all it can do is
 * this one query.
 */
export function composeHelper(script: string): string {
  return [
    '#!/bin/sh',
    '# Reads what fix-sans inspect needs to see of this node, and changes nothing. Takes no argument and reads one line: a nonce.',
    '# Belongs to root and to nobody else (0755): sudoers lets a user run it as root.',
    '[ "$#" -eq 0 ] || exit 64',
    'IFS= read -r _nonce || exit 64',
    // In brackets a range would follow the locale, and nothing is set yet.
    'case $_nonce in *[!0123456789abcdef]*) exit 64 ;; esac',
    '[ "${#_nonce}" -eq 32 ] || exit 64',
    'ROOT=',
    functions,
    start(scriptId(script)),
    body(script),
    '',
  ].join('\n');
}

/** `DATA_<name>`; $( ) would eat line ends, so a dot is put behind them and taken off again. */
function decodeLine(name: string, value: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
    throw new Error(`${JSON.stringify(name)} names no variable`);
  if (value.includes('\0')) throw new Error('a shell variable holds no NUL');
  const encoded = Buffer.from(value, 'utf8').toString('base64');
  return `DATA_${name}=$(printf %s '${encoded}' | base64 -d; printf .); DATA_${name}=\${DATA_${name}%.}`;
}

/**
 * Frames go to descriptor 9. Whatever else the query's programs print goes to stderr, where it can spoil nothing. The body is
 * one compound command, so a script that was cut on its way is a syntax error and nothing of it runs; and its stdin is
 * /dev/null, so no program of the query can swallow the rest of the script.
 */
const functions = `\
LC_ALL=C; export LC_ALL
unset LANGUAGE CDPATH ENV BASH_ENV GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS
umask 077
ulimit -c 0 2>/dev/null
PATH=${remotePath}; export PATH
exec 9>&1 1>&2
_send() {
  _digest=$(printf '%s\\n%s' "$1" "$_body" | sha256sum)
  printf '\\n#fix-sans %s frame %s %s %s\\n%s\\n#fix-sans %s .\\n' \\
    "$_nonce" "$1" "\${#_body}" "\${_digest%% *}" "$_body" "$_nonce" >&9
}
frame() {
  case $1 in '' | *[!A-Za-z0-9._-]*) set -- misnamed ;; esac
  if _body=$(base64); then _send "$1"; else say "$1.fault" read-error; fi
}
say() { printf %s "$2" | frame "$1"; }
frame_file() {
  if [ ! -e "$2" ]; then
    if [ -L "$2" ]; then say "$1.fault" dangling-link; else say "$1.fault" absent; fi
  elif [ ! -f "$2" ]; then say "$1.fault" not-a-file
  elif [ ! -r "$2" ]; then say "$1.fault" unreadable
  elif ! _size=$(stat -L -c %s "$2" 2>/dev/null); then say "$1.fault" unreadable
  elif [ "$_size" -gt ${largestFile} ]; then say "$1.fault" too-large
  else frame "$1" <"$2" 2>/dev/null
  fi
}`;

function start(id: string): string {
  return `\
for _tool in base64 sha256sum stat id; do
  command -v "$_tool" >/dev/null 2>&1 || {
    printf '\\n#fix-sans %s lacks %s\\n' "$_nonce" "$_tool" >&9
    exit 69
  }
done
printf '\\n#fix-sans %s start ${id} %s\\n' "$_nonce" "$(id -u)" >&9
printf '\\n#fix-sans %s talk\\n' "$_nonce" >&2`;
}

function body(script: string): string {
  return `\
{ (
${script}
); say end "$?"; exit 0; } </dev/null`;
}
