/** `scripts/lab`: clusters for tests and for people, made from whatever this machine can reach. */
import { Command, Option } from 'commander';
import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildModule, kubernetesModule } from './binaries.ts';
import { containersOf, down, Leftover, up } from './cluster.ts';
import { type Docker, ensureDocker } from './docker.ts';
import { ensureLoadBalancerImage, ensureNodeImage } from './image.ts';
import { findCommand } from './install.ts';
import { removeOrphans } from './orphans.ts';
import { interrupt, isInterrupted, say, troubleOf } from './run.ts';
import { sshConfig } from './ssh-access.ts';
import { type ClusterState, type ConfigName, configNames, kubeconfigOf, readState } from './state.ts';
import { Trouble } from './trouble.ts';
import { kubernetesPins, versions } from './versions.ts';
import {
  downSimulated,
  findSimulated,
  listing,
  onNode,
  type Standing,
  upSimulated,
} from '../simulator/standing.ts';

const install = new Option('--install', 'install what is missing with apt (as root, on Debian or Ubuntu)');
const kubernetes = new Option(
  '--kubernetes <version>',
  'a version of kind-configs/image/versions.json',
).choices(versions.kubernetes.map(({ version }) => version));
const allNames = [...configNames, 'simulated'];
const cluster = new Option('-c, --cluster <config>', 'which cluster, if several are up').choices(allNames);

/** A folder is no node: only a transport of the tests' own says where its / is. */
const notInspected =
  'fix-sans inspect cannot look at these nodes, by design: it would read / of this machine; scripts/demo shows it on nodes such as these';

const program = new Command('lab')
  .description('Real kind clusters, with or without an image registry; and a simulated one without Docker.')
  .enablePositionalOptions();

program
  .command('up')
  .description('make a cluster, or find that it is up')
  .argument('[config]', allNames.join(', '), 'single')
  .addOption(kubernetes)
  .addOption(install)
  .action(async (name: string, options: { kubernetes?: string; install?: true }) => {
    if (name === 'simulated') {
      const { standing, isNew } = await upSimulated();
      say(isNew ? 'next: scripts/lab ssh-config >f; ssh -F f cp1 hostname' : 'simulated was up already');
      say(notInspected);
      process.stdout.write(listing(standing));
      return;
    }
    const config = configOf(name);
    await withDocker(options.install === true, async () => {
      const { state, isNew } = await up(config, {
        install: options.install === true,
        kubernetes: options.kubernetes,
      });
      say(isNew ? 'next: scripts/lab kubectl get nodes' : `${config} was up already`);
      list([state]);
    });
  });

program
  .command('down')
  .description('remove one cluster, or all')
  .argument('[config]', allNames.join(', '))
  .action(async (name: string | undefined) => {
    if (name === undefined || name === 'simulated') {
      const wasUp = await downSimulated();
      if (wasUp) say('removed simulated');
      if (name === 'simulated' || !needsDocker(wasUp)) return;
    }
    const configs = name === undefined ? configNames : [configOf(name)];
    await withDocker(false, async () => {
      await removeOrphans();
      for (const config of configs) if (await down(config)) say(`removed ${config}`);
    });
  });

program
  .command('list')
  .description('the clusters that are up, and their nodes')
  .action(async () => {
    const simulated = await findSimulated();
    if (simulated !== undefined) process.stdout.write(listing(simulated));
    if (!needsDocker(simulated !== undefined)) return;
    await withDocker(false, async () => {
      for (const config of configNames) {
        const containers = await containersOf(config);
        const state = readState(config);
        if (state && containers.length > 0) list([state]);
        else if (containers.length > 0) {
          process.stdout.write(
            `${config} is half made or being made\n  next: scripts/lab up ${config}, or scripts/lab down ${config}\n`,
          );
        }
      }
    });
  });

program
  .command('shell')
  .description('a root shell on a node, by docker exec')
  .argument('<node>', 'cp1, cp2, worker1 …')
  .addOption(cluster)
  .action(async (alias: string, options: { cluster?: string }) => {
    const simulated = await theSimulated(options.cluster);
    if (simulated !== undefined) {
      await become('/bin/sh', [], onNode(simulated, alias));
      return;
    }
    const { nodes, config } = theCluster(options.cluster);
    const node = nodes.find(({ alias: one, name }) => one === alias || name === alias);
    if (!node) {
      throw new Trouble(
        `${config} has no node ${alias}, but ${nodes.map((one) => one.alias).join(', ')}`,
        'scripts/lab list',
      );
    }
    await become('docker', ['exec', process.stdin.isTTY ? '-it' : '-i', node.name, 'bash']);
  });

program
  .command('kubectl')
  .description('kubectl on a cluster')
  .addOption(cluster)
  .argument('[arguments...]')
  .passThroughOptions()
  .allowUnknownOption()
  .helpOption(false)
  .action(async (args: string[], options: { cluster?: string }) => {
    const simulated = await theSimulated(options.cluster);
    if (simulated !== undefined) {
      const admin = ['--kubeconfig', '/etc/kubernetes/admin.conf'];
      await become('kubectl', [...admin, ...args], onNode(simulated, 'cp1'));
      return;
    }
    const { config } = theCluster(options.cluster);
    const given = (process.env['FIX_SANS_NODE_IMAGE'] ?? '') !== '' ? findCommand('kubectl') : undefined;
    const kubectl =
      given ?? path.join(await buildModule(kubernetesModule(kubernetesPins()), ['kubectl']), 'kubectl');
    await become(kubectl, ['--kubeconfig', kubeconfigOf(config), ...args]);
  });

program
  .command('ssh-config')
  .description('an ssh_config with the key and the known hosts: lab ssh-config > f; ssh -F f ops@cp1')
  .addOption(cluster)
  .action(async (options: { cluster?: string }) => {
    const simulated = await theSimulated(options.cluster);
    if (simulated !== undefined) {
      process.stdout.write(readFileSync(simulated.sshConfig, 'utf8'));
      say('users: root, ops (sudo asks nothing)');
      say(notInspected);
      return;
    }
    const state = theCluster(options.cluster);
    process.stdout.write(sshConfig(state));
    say(`users: root, ops (sudo asks nothing), asks (sudo asks for ${state.sudoPassword})`);
  });

program
  .command('image')
  .description('build the node image, and print its name')
  .addOption(kubernetes)
  .addOption(install)
  .action(async (options: { kubernetes?: string; install?: true }) => {
    await withDocker(options.install === true, async () => {
      const image = await ensureNodeImage({
        install: options.install === true,
        kubernetes: options.kubernetes,
      });
      await ensureLoadBalancerImage(options.install === true);
      process.stdout.write(`${image}\n`);
    });
  });

function configOf(name: string): ConfigName {
  const config = configNames.find((one) => one === name);
  if (config) return config;
  throw new Trouble(`there is no configuration ${name}`, `scripts/lab up ${configNames.join(' | ')}`);
}

/** The simulated one, where it is meant: by its name, or because nothing else is up. */
async function theSimulated(name: string | undefined): Promise<Standing | undefined> {
  if (name !== undefined && name !== 'simulated') return undefined;
  const standing = await findSimulated();
  const others = configNames.filter((config) => readState(config) !== undefined);
  if (name === 'simulated' && standing === undefined) {
    throw new Trouble('simulated is not up', 'scripts/lab up simulated');
  }
  if (name === undefined && standing !== undefined && others.length > 0) {
    throw new Trouble(
      `several clusters are up: simulated, ${others.join(', ')}`,
      'name one with --cluster simulated, before any other argument',
    );
  }
  return standing;
}

/** Who has a simulated cluster and no Docker asks for the former. */
function needsDocker(hasSimulated: boolean): boolean {
  return !hasSimulated || findCommand('docker') !== undefined;
}

/** The cluster that is meant: the only one, or the one that is named. */
function theCluster(name: string | undefined): ClusterState {
  const known = configNames
    .filter((config) => name === undefined || config === name)
    .flatMap((config) => readState(config) ?? []);
  const [only, ...others] = known;
  if (!only)
    throw new Trouble(
      name === undefined ? 'no cluster is up' : `${name} is not up`,
      `scripts/lab up ${name ?? 'single'}`,
    );
  if (others.length === 0) return only;
  throw new Trouble(
    `several clusters are up: ${known.map(({ config }) => config).join(', ')}`,
    `name one with --cluster ${only.config}, before any other argument`,
  );
}

function list(states: readonly ClusterState[]): void {
  for (const { config, nodes, loadBalancer, image } of states) {
    process.stdout.write(`${config}  ${image}  kubeconfig ${kubeconfigOf(config)}\n`);
    for (const { alias, name, address } of nodes) {
      process.stdout.write(`  ${alias.padEnd(8)} ${address.padEnd(15)} ${name}\n`);
    }
    if (loadBalancer !== undefined) process.stdout.write(`  lb       ${loadBalancer}\n`);
  }
}

/** Gives Docker up at the end whatever happens, so that a dockerd of the lab's own does not outlive the last cluster. */
async function withDocker(isInstalling: boolean, work: () => Promise<void>): Promise<void> {
  const docker: Docker = await ensureDocker({ install: isInstalling, say });
  try {
    await work();
  } finally {
    await docker.stop();
  }
}

/** Hands the terminal over, and ends as the program does. */
async function become(command: string, args: readonly string[], where: SpawnOptions = {}): Promise<void> {
  const child = spawn(command, args, { ...where, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!isInterrupted()) say(`${signal}: cleaning up`);
    interrupt();
  });
}

try {
  await program.parseAsync();
} catch (thrown) {
  const error = troubleOf(thrown);
  if (isInterrupted() && !(error instanceof Leftover)) {
    say('stopped; nothing is left behind');
    process.exitCode = 130;
  } else if (error instanceof Trouble) {
    say(`lab: ${error.message}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
