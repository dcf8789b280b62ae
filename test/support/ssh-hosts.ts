/**
 * Starts SSH hosts without Kubernetes for a test, in a network of their own and reachable on loopback, and writes an
 * ssh_config that knows them. What a killed run left behind is removed at the next start.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { GenericContainer, Network, type StartedTestContainer, Wait } from 'testcontainers';
import { ensureDocker } from '../lab/docker.ts';
import { ensureCommands, type InstallOptions } from '../lab/install.ts';
import { ensureSshImage } from '../lab/ssh-image.ts';
import { newSshKey } from '../simulator/ssh-files.ts';
import { folderOf, ownerLabel, ownName, removeLeftovers, removeOwnedBy } from './ssh-leftovers.ts';

/**
 * `plain` is Debian as it comes. `noisy` has a banner, a MOTD and profiles that print. `german` speaks de_DE. `bastion` only
 * forwards. `inner` is reached through it alone. `busy` drops the third connection that has not logged in.
 */
export type HostName = 'plain' | 'noisy' | 'german' | 'bastion' | 'inner' | 'busy';

/**
 * The users of every host; all take the same key. `ops` sudoes without a password, `asks` with one, `needtty` only on a
 * terminal, `narrow` without /usr/local/bin. The others are named by their login shells; fish and csh sudo as ops does.
 */
export type UserName = 'root' | 'ops' | 'asks' | 'needtty' | 'narrow' | 'fish' | 'csh' | 'nologin';

export interface SshHost {
  readonly name: HostName;
  /** On 127.0.0.1; `inner` has none. */
  readonly port: number | undefined;
  /** As in a known_hosts file: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** What the host's name is inside the network. */
  readonly innerName: string;
  /** What sshd has logged. */
  log(): Promise<string>;
}

export interface SshHosts {
  /** For `ssh -F`: every host by its name, `inner` through the bastion. */
  readonly configFile: string;
  /** The key that every user takes, as OpenSSH writes it. */
  readonly userKey: string;
  readonly knownHostsFile: string;
  /** What `asks` has to type. */
  readonly sudoPassword: string;
  host(name: HostName): SshHost;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `./scripts/test` sets the variable: then what is missing is installed. */
export const labOptions: InstallOptions = {
  install: process.env['FIX_SANS_LAB_INSTALL'] === '1',
  say: (line) => process.stderr.write(`${line}\n`),
};

export async function startSshHosts(
  names: readonly HostName[],
  options: InstallOptions = labOptions,
): Promise<SshHosts> {
  // The helper container that removes what is left would have to be pulled.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  await ensureCommands(
    [{ command: 'ssh', package: 'openssh-client', purpose: 'logs in to the hosts' }],
    options,
  );
  const docker = await ensureDocker(options);
  const undo = [(): Promise<void> => docker.stop()];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    await removeLeftovers();
    const image = await ensureSshImage(options);
    const owner = ownName();
    // On the list first: a network or a host may be half made when its start fails.
    undo.push(() => removeOwnedBy(owner));
    await new Network({ nextUuid: () => owner }).start();
    const folder = folderOf(owner);
    mkdirSync(folder, { mode: 0o700 });
    const userKey = newSshKey('tests');
    const sudoPassword = randomBytes(9).toString('base64url');
    const starts = names.map((name) =>
      startHost(name, { image, owner, sudoPassword, userKey: userKey.public }),
    );
    // All have to be at rest before a failure may remove them.
    await Promise.allSettled(starts);
    const started = await Promise.all(starts);
    const files = writeConfig(folder, started, userKey.private);
    return {
      ...files,
      userKey: userKey.private,
      sudoPassword,
      host(name) {
        const found = started.find((host) => host.name === name);
        if (!found) throw new Error(`${name} was not started`);
        return found;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Docker publishes ports on every interface unless told; these hosts are for this machine alone. */
class LoopbackContainer extends GenericContainer {
  protected override beforeContainerCreated(): Promise<void> {
    this.hostConfig.PortBindings = { '22/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] };
    return Promise.resolve();
  }
}

interface HostOptions {
  readonly image: string;
  readonly owner: string;
  readonly userKey: string;
  readonly sudoPassword: string;
}

async function startHost(
  name: HostName,
  { image, owner, userKey, sudoPassword }: HostOptions,
): Promise<SshHost> {
  const hostKey = newSshKey(name);
  const isInner = name === 'inner';
  // A name in the network is a container's name, and those are unique on a machine.
  const innerName = `${owner}-${name}`;
  const recipe = isInner ? new GenericContainer(image) : new LoopbackContainer(image).withExposedPorts(22);
  const container: StartedTestContainer = await recipe
    .withName(innerName)
    .withHostname(name)
    .withLabels({ [ownerLabel]: owner })
    .withNetworkMode(owner)
    .withCommand([isInner ? 'plain' : name])
    .withEnvironment({ ASKS_PASSWORD: sudoPassword })
    .withCopyContentToContainer([
      { content: hostKey.private, target: '/etc/ssh/host_key', mode: 0o600 },
      { content: `${userKey} lab\n`, target: '/etc/ssh/authorized_keys', mode: 0o644 },
    ])
    .withWaitStrategy(Wait.forLogMessage(/Server listening on 0\.0\.0\.0 port 22/))
    .withStartupTimeout(20_000)
    .start();
  return {
    name,
    port: isInner ? undefined : container.getMappedPort(22),
    hostKey: hostKey.public.trim(),
    innerName,
    // testcontainers' logs() follows, and so never ends.
    log: async () => (await execa('docker', ['logs', innerName], { all: true })).all,
  };
}

function writeConfig(
  folder: string,
  hosts: readonly SshHost[],
  userKey: string,
): { configFile: string; knownHostsFile: string } {
  const [configFile, knownHostsFile, keyFile] = ['config', 'known_hosts', 'key'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  writeFileSync(keyFile, userKey, { mode: 0o600 });
  writeFileSync(knownHostsFile, hosts.map(({ name, hostKey }) => `${name} ${hostKey}\n`).join(''));
  const entries = hosts.map(({ name, port, innerName }) => [
    `Host ${name}`,
    `  HostKeyAlias ${name}`,
    ...(port === undefined
      ? [`  HostName ${innerName}`, '  ProxyJump ops@bastion']
      : ['  HostName 127.0.0.1', `  Port ${port}`]),
  ]);
  const common = [
    'Host *',
    '  User root',
    `  IdentityFile "${keyFile}"`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile "${knownHostsFile}"`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  BatchMode yes',
    '',
  ];
  writeFileSync(configFile, [...entries.flat(), ...common].join('\n'));
  return { configFile, knownHostsFile };
}
