/** A pair is staged beside the live one, in a folder of the run: signed there by kubeadm, or by whoever holds the CA. Nothing that is in use is touched. */
import { cleanPath } from '../reach/clean-path.ts';
import { type Change, change } from '../reach/changer.ts';
import { begin, held } from './begin.ts';

const look = `
crt=$ROOT$DATA_certificate key=$ROOT$DATA_key
stage=\${key%/*}/.fix-sans-$id
for _tool in openssl kubectl timeout flock cp mv; do command -v "$_tool" >/dev/null || { say lacks "$_tool"; fault no-program; }; done
[ -f "$crt" ] && [ -f "$key" ] && [ ! -L "$crt" ] && [ ! -L "$key" ] || fault moved
seen=$(openssl x509 -in "$crt" -outform DER | sha256sum)
[ "\${seen%% *}" = "$DATA_seen" ] || fault stale
`;

const makeRoom = `
# A rename is one step on one file system only, and not even there from one mount of it to another.
[ "$(stat -c '%d %m' "\${crt%/*}")" = "$(stat -c '%d %m' "\${key%/*}")" ] || fault two-disks
undone() { rm -rf "$stage" "$R"; fault "$1"; }
[ ! -e "$R" ] && mkdir -m 0700 "$R" || fault run-there
# Written down first: a folder that nobody knows of would stay.
printf '%s\\n' "$DATA_certificate" "$DATA_key" >"$R/paths" && flush "$R/paths" "$S" && journal staged || undone no-space
rm -rf "$stage"
mkdir -m 0700 "$stage" || undone no-space
# Room for all that comes, tried where it will be needed.
for _place in "$stage" "$R"; do
  head -c 131072 /dev/zero >"$_place/room" && flush "$_place/room" || undone no-space
  rm -f "$_place/room"
done
# For the question that a rollback asks; nothing else needs it.
printf '%s\\n' "$DATA_by" >"$R/by" 2>/dev/null || :
trap 'rm -rf "$stage" "$R"' EXIT
trap 'exit 1' HUP INT PIPE TERM
`;

const tellStaged = `
frame_file staged "$stage/apiserver.crt"
openssl pkey -in "$stage/apiserver.key" -pubout -outform DER 2>/dev/null | sha256sum | frame key
flush "$stage/apiserver.crt" "$stage/apiserver.key" || fault no-space
say sums "$(live_sums) $(sum_of "$stage/apiserver.crt") $(sum_of "$stage/apiserver.key")"
trap - EXIT
`;

/**
 * DATA_certificate, DATA_key, DATA_ca, DATA_caKey (behind all links), DATA_seen (SHA-256 of the live certificate's DER, as planned for),
 * DATA_kubeadm, DATA_version, DATA_config. kubeadm signs in a folder beside the live pair. Answers `staged` and `key`
 * for the proof, `sums` of all four files for the swap, and leaves the folder for it.
 */
export const stage: Change = change(
  'stage',
  `${begin}${held}
case $DATA_certificate:$DATA_key:$DATA_ca:$DATA_caKey:$DATA_kubeadm in /*:/*:/*:/*:/*) ;; *) fault no-paths ;; esac
${look}
version=$("$ROOT$DATA_kubeadm" version -o short 2>/dev/null </dev/null)
[ "$version" = "$DATA_version" ] || { say lacks "$version"; fault other-kubeadm; }
${makeRoom}
ln -s "$ROOT$DATA_ca" "$stage/ca.crt" && ln -s "$ROOT$DATA_caKey" "$stage/ca.key" &&
  printf %s "$DATA_config" >"$stage/kubeadm.yaml" || undone no-space
timeout -s KILL "\${DATA_patience:-30}" "$ROOT$DATA_kubeadm" init phase certs apiserver --config "$stage/kubeadm.yaml" >"$stage/said" 2>&1 </dev/null 8>&- || {
  case $? in
    137) say said "it was killed: it did not end within \${DATA_patience:-30} s, or the node has no memory left" ;;
    *) say said "$(head -c 4096 "$stage/said")" ;;
  esac
  fault kubeadm-failed
}
[ -s "$stage/apiserver.crt" ] && [ -s "$stage/apiserver.key" ] || { say said 'it ended well, and wrote no pair'; fault kubeadm-failed; }
${tellStaged}
`,
);

/**
 * The same where somebody else holds the CA: DATA_signed is what came back, by the key that is in use. That key is copied beside, so that the swap
 * is the same as ever.
 */
export const stageSigned: Change = change(
  'stage-signed',
  `${begin}${held}
case $DATA_certificate:$DATA_key in /*:/*) ;; *) fault no-paths ;; esac
${look}
${makeRoom}
printf %s "$DATA_signed" >"$stage/apiserver.crt" && cp -- "$key" "$stage/apiserver.key" || undone no-space
${tellStaged}
`,
);

/**
 * DATA_key, DATA_names (`DNS:a,IP:1.2.3.4`): a request for whoever holds the CA, made by the key that is in use, which does not leave the node.
 * Nothing is written. `csr`, or `fault` and what openssl said.
 */
export const request: Change = change(
  'request',
  `${cleanPath}
case $DATA_key in /*) ;; *) say fault no-paths; exit 1 ;; esac
command -v openssl >/dev/null || { say lacks openssl; say fault no-program; exit 1; }
csr=$(openssl req -new -sha256 -subj /CN=kube-apiserver -key "$ROOT$DATA_key" -addext "subjectAltName=$DATA_names" \\
  -addext keyUsage=critical,digitalSignature,keyEncipherment -addext extendedKeyUsage=serverAuth 2>&1 </dev/null) &&
  printf '%s\\n' "$csr" | openssl req -noout -verify 2>/dev/null || { say said "$csr"; say fault no-request; exit 1; }
printf '%s\\n' "$csr" | sed -n '/^-----BEGIN/,/^-----END/p' | frame csr
`,
);
