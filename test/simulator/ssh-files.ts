/** What an ssh client needs for the simulated nodes: a key, the host keys that it may trust, a configuration that names both. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import type { SimulatedNode } from './simulate.ts';

export interface SshFiles {
  /** Every node's. */
  readonly hostKey: { readonly private: string; readonly public: string };
  readonly userKey: ParsedKey;
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
  readonly sshConfig: string;
  /** Writes what depends on the ports. */
  publish(nodes: readonly SimulatedNode[]): void;
}

export function writeSshFiles(parent: string): SshFiles {
  const folder = path.join(parent, 'ssh');
  mkdirSync(folder, { mode: 0o700 });
  const hostKey = newSshKey('simulated host');
  const user = newSshKey('simulated user');
  const userKey = ssh2.utils.parseKey(user.public);
  if (userKey instanceof Error) throw userKey;
  const privateKeyFile = path.join(folder, 'id_ed25519');
  const knownHostsFile = path.join(folder, 'known_hosts');
  const sshConfig = path.join(folder, 'config');
  writeFileSync(privateKeyFile, user.private, { mode: 0o600 });
  return {
    hostKey,
    userKey,
    privateKeyFile,
    knownHostsFile,
    sshConfig,
    publish: (nodes) => {
      writeFileSync(knownHostsFile, nodes.map(({ ssh }) => `${ssh.knownHostsLine}\n`).join(''));
      const hosts = nodes.map(
        ({ name, ssh }) => `Host ${name}\n  HostName ${ssh.host}\n  Port ${ssh.port}\n`,
      );
      writeFileSync(
        sshConfig,
        [
          `# simulated\n${hosts.join('')}Host *`,
          '  User root',
          `  IdentityFile "${privateKeyFile}"`,
          '  IdentitiesOnly yes',
          `  UserKnownHostsFile "${knownHostsFile}"`,
          '  GlobalKnownHostsFile /dev/null',
          '  StrictHostKeyChecking yes',
          '  PasswordAuthentication no',
          '',
        ].join('\n'),
      );
    },
  };
}

/** One in some three hundred keys that the library makes begins with a zero, is written a byte short, and nobody can read it. */
export function newSshKey(comment: string): { readonly private: string; readonly public: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  const isWhole = [pair.private, pair.public].every((text) => !(ssh2.utils.parseKey(text) instanceof Error));
  return isWhole ? pair : newSshKey(comment);
}

export function knownHostsLine(host: string, port: number, publicKey: string): string {
  const [kind, data] = publicKey.split(' ');
  return `[${host}]:${port} ${kind} ${data}`;
}
