/** Lets the lab into every node by SSH: a host key and a user key of its own, and three users who differ in what sudo asks of them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { feed, run } from './run.ts';
import { type ClusterState, type ConfigName, type LabNode, stateFolder } from './state.ts';

export const sshUsers = ['root', 'ops', 'asks'] as const;

/** Runs as root in a node: the users (`ops` sudoes freely, `asks` needs a password), the keys, and sshd with them. */
const setUp = `set -eu
umask 022
mkdir -p /run/sshd
for user in ops asks; do
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
done
echo "asks:$PASSWORD" | chpasswd
echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
echo 'asks ALL=(ALL) ALL' >/etc/sudoers.d/asks
chmod 0440 /etc/sudoers.d/ops /etc/sudoers.d/asks
for home in /root /home/ops /home/asks; do
  owner=$(stat -c %u:%g "$home")
  mkdir -p "$home/.ssh"
  printf '%s\\n' "$USER_KEY" >"$home/.ssh/authorized_keys"
  chmod 0700 "$home/.ssh"
  chown -R "$owner" "$home/.ssh"
done
rm -f /etc/ssh/ssh_host_*
(umask 077 && printf '%s\\n' "$HOST_KEY" >/etc/ssh/ssh_host_ed25519_key)
systemctl restart ssh
`;

export async function openSsh(
  config: ConfigName,
  nodes: readonly LabNode[],
  password: string,
): Promise<void> {
  const userKey = await makeKey(config, 'user');
  const hostKey = await makeKey(config, 'host');
  await Promise.all(
    nodes.map(
      ({ name }) =>
        feed(setUp, {
          PASSWORD: password,
          USER_KEY: readFileSync(`${userKey}.pub`, 'utf8').trim(),
          HOST_KEY: readFileSync(hostKey, 'utf8').trim(),
        })`docker exec --interactive --env PASSWORD --env USER_KEY --env HOST_KEY ${name} sh -s`,
    ),
  );
  const [type, key] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  const known = nodes.map(({ alias, address }) => `${alias},${address} ${type} ${key}\n`);
  writeFileSync(path.join(stateFolder(config), 'known_hosts'), known.join(''));
}

/** An ssh_config for `ssh -F`: every node by its short name, as root unless another user is named. */
export function sshConfig({ config, nodes }: Pick<ClusterState, 'config' | 'nodes'>): string {
  const folder = stateFolder(config);
  const hosts = nodes.map(
    ({ alias, name, address }) => `Host ${alias} ${name}\n  HostName ${address}\n  HostKeyAlias ${alias}\n`,
  );
  return [
    ...hosts,
    'Host *',
    '  User root',
    `  IdentityFile "${path.join(folder, 'user')}"`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile "${path.join(folder, 'known_hosts')}"`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  PasswordAuthentication no',
    '',
  ].join('\n');
}

async function makeKey(config: ConfigName, name: string): Promise<string> {
  const file = path.join(stateFolder(config), name);
  if (!existsSync(file)) {
    await run`ssh-keygen -q -t ed25519 -N ${''} -C ${`fix-sans lab, ${name} key`} -f ${file}`;
  }
  return file;
}
