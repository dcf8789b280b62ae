/** The command by which somebody on the host's own console sees the fingerprint of the key that the host shows. */

/** Of one key: ssh-keygen takes a single file. Where the kind is not known, of all that there are. */
export function fingerprintCommand(keyType: string | undefined): string {
  const kind = /^(?:ssh-(ed25519|rsa)|(ecdsa)-sha2-.+)$/.exec(keyType ?? '');
  const name = kind?.[1] ?? kind?.[2];
  return name === undefined
    ? 'cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -l -f -'
    : `ssh-keygen -l -f /etc/ssh/ssh_host_${name}_key.pub`;
}
