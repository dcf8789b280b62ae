/** The plan of one node as a plain shell script, for sites that forbid tools with root: stage, prove, back up, rename, check. */
import type { Command, ConfigForm, Withheld } from '../model/plan.ts';
import { folderOf, shellWord, type Signing } from './signing.ts';

export function runbook(
  signing: Signing,
  form: Command | ConfigForm | Withheld,
  staging: string,
): string | undefined {
  if ('withheld' in form) return undefined;
  const backup = `/var/lib/fix-sans/by-hand-${signing.node.replaceAll(/[^A-Za-z0-9.-]/g, '_')}`;
  return [
    '#!/bin/sh',
    `# A new API server certificate for ${commented(signing.node)}, with every name of the old one. Run it there as root.`,
    '# Nothing that is in use is touched before the new pair has been proven; the API server reads it by itself.',
    'set -eu',
    'umask 077',
    `crt=${shellWord(signing.certificatePath)}`,
    `key=${shellWord(signing.keyPath)}`,
    `stage=${shellWord(staging)}`,
    `backup=${shellWord(backup)}-$(date -u +%Y%m%dT%H%M%SZ)`,
    '',
    '# On another node, or since somebody made a newer certificate, its names would be the wrong ones.',
    'have=$(openssl x509 -noout -fingerprint -sha256 -in "$crt" 2>/dev/null || true)',
    `if [ "\${have#*=}" != '${printed(signing.today)}' ]; then`,
    '  echo "$crt is not the certificate that this was planned from: the wrong node, or plan again" >&2',
    '  exit 1',
    'fi',
    '',
    '# 1. Stage: kubeadm signs in an empty folder beside the live pair.',
    'mkdir "$stage"',
    `trap 'rm -rf "$stage"' EXIT`,
    // dash runs no EXIT trap when a signal ends it, and a key would stay.
    "trap 'exit 1' HUP INT TERM",
    `ln -s ${shellWord(signing.caCertificatePath)} "$stage/ca.crt"`,
    `ln -s ${shellWord(signing.caKeyPath)} "$stage/ca.key"`,
    ...('file' in form ? hereDocument('"$stage/kubeadm.yaml"', form.file) : []),
    form.line,
    '',
    '# 2. Prove: signed by the CA, key and certificate belong together, every name is there.',
    'openssl verify -CAfile "$stage/ca.crt" "$stage/apiserver.crt"',
    'test "$(openssl x509 -noout -pubkey -in "$stage/apiserver.crt")" = "$(openssl pkey -pubout -in "$stage/apiserver.key")"',
    ...signing.planned.map(proof),
    '',
    '# 3. Back up, outside of the folders that kubelet and kubeadm read.',
    'mkdir -p "$backup"',
    'cp -a -- "$crt" "$key" "$backup"',
    'chown --reference="$crt" "$stage/apiserver.crt"; chmod --reference="$crt" "$stage/apiserver.crt"',
    'chown --reference="$key" "$stage/apiserver.key"; chmod --reference="$key" "$stage/apiserver.key"',
    'if command -v chcon >/dev/null && chcon --reference="$crt" "$stage/apiserver.crt" 2>/dev/null; then chcon --reference="$key" "$stage/apiserver.key"; fi',
    '',
    '# 4. Rename, the key first: for this moment the API server keeps the old pair. Nothing comes in between.',
    "trap '' HUP INT TERM",
    'mv -f -- "$stage/apiserver.key" "$key"',
    'mv -f -- "$stage/apiserver.crt" "$crt" || { cp -a -- "$backup/${key##*/}" "$key"; exit 1; }',
    "trap 'exit 1' HUP INT TERM",
    'sync',
    '',
    '# 5. Check what is served, for at most 75 seconds.',
    'want=$(openssl x509 -noout -fingerprint -sha256 -in "$crt")',
    'for second in $(seq 75); do',
    `  have=$(openssl s_client -connect ${shellWord(endpoint(signing))} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null || true)`,
    '  if [ "$have" = "$want" ]; then echo "the new certificate is served"; exit 0; fi',
    '  sleep 1',
    'done',
    'echo "the old certificate is still served; to go back:" >&2',
    `echo "cp -a $backup/\${key##*/} $key; cp -a $backup/\${crt##*/} $crt" >&2`,
    'exit 1',
    '',
  ].join('\n');
}

/** As OpenSSL prints it: `AB:CD:…`. */
function printed(fingerprint = ''): string {
  return fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
}

/** By its text: OpenSSL 3.0 says 0 for a mismatch too. */
function proof({ type, value }: Signing['planned'][number]): string {
  const check = type === 'ip' ? '-checkip' : '-checkhost';
  // -checkhost does not take a wildcard literally, so one name below it stands for it.
  const asked = value.replace(/^\*\./, 'fix-sans-probe.');
  return `openssl x509 -noout ${check} ${shellWord(asked)} -in "$stage/apiserver.crt" | grep -q 'does match certificate'`;
}

function hereDocument(file: string, text: string): readonly string[] {
  let word = 'END';
  while (text.split('\n').includes(word)) word += '_';
  return [`cat > ${file} <<'${word}'`, text.replace(/\n$/, ''), word];
}

function endpoint({ advertiseAddress, bindPort }: Signing): string {
  return advertiseAddress.includes(':')
    ? `[${advertiseAddress}]:${bindPort}`
    : `${advertiseAddress}:${bindPort}`;
}

function commented(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

/** Beside the live pair, so that a rename stays on one file system; hidden, so that nobody takes it for a certificate. */
export function stagingFolder(signing: Pick<Signing, 'certificatePath'>): string {
  return `${folderOf(signing.certificatePath)}/.fix-sans-stage`;
}
