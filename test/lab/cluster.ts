/** Makes, finds and removes clusters: twice `up` is once, and what a killed run left behind is recognised and removed. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildModule, kindModule } from './binaries.ts';
import { ensureLoadBalancerImage, ensureNodeImage, type ImageOptions, probeImage } from './image.ts';
import { ensureCommands } from './install.ts';
import { kubectlOn } from './kubectl.ts';
import { loadImages } from './load-images.ts';
import { withLock } from './lock.ts';
import { hashOf, inCheckout, kindConfigs } from './places.ts';
import { installMetallb } from './metallb.ts';
import { connectPods } from './pod-network.ts';
import { isInterrupted, run, say, step, tidy } from './run.ts';
import { openSsh } from './ssh-access.ts';
import { takeSnapshot } from './snapshot.ts';
import * as states from './state.ts';
import { type ClusterState, type ConfigName, type LabNode, kindName, stateFolder } from './state.ts';
import { Trouble } from './trouble.ts';
import { removeOrphans } from './orphans.ts';
import { waitUntilReady } from './ready.ts';

export interface Up {
  readonly state: ClusterState;
  readonly isNew: boolean;
}

export interface UpOptions extends ImageOptions {
  readonly isOfTests?: boolean;
}

/** The cluster of that configuration: the one that is up, if it was made from the same things, else a new one. */
export async function up(config: ConfigName, options: UpOptions): Promise<Up> {
  await removeOrphans();
  await ensureCommands(
    [{ command: 'ssh-keygen', package: 'openssh-client', purpose: 'makes the keys of the nodes' }],
    { install: options.install, say },
  );
  const image = await ensureNodeImage(options);
  const isOfTests = options.isOfTests ?? false;
  await ensureLoadBalancerImage(options.install);
  return withLock(
    `cluster-${kindName(config)}`,
    async () => {
      const hash = hashOf(image, ...filesOf(config).map((file) => readFileSync(file, 'utf8')));
      const known = states.readState(config);
      if (known?.hash === hash && (await isAlive(known))) {
        const state = { ...known, isOfTests: known.isOfTests && isOfTests };
        states.writeState(state);
        return { state, isNew: false };
      }
      await removeLeftovers(config);
      return { state: await create(config, image, hash, isOfTests), isNew: true };
    },
    () => {
      say(`waiting for another run that makes ${config}`);
    },
  );
}

/** Removes the cluster, whole or half, and the network with the last one. True if there was anything. */
export async function down(config: ConfigName): Promise<boolean> {
  const waiting = (): void => {
    say(`waiting for another run that makes ${config}`);
  };
  return withLock(`cluster-${kindName(config)}`, () => remove(config), waiting);
}

export class Leftover extends Trouble {
  constructor(names: readonly string[]) {
    super(`Docker does not remove ${names.join(', ')}`, `docker rm --force --volumes ${names.join(' ')}`);
  }
}

export async function containersOf(
  config: ConfigName,
): Promise<readonly { name: string; role: string; isUp: boolean }[]> {
  const format = '{{.Names}} {{.Label "io.x-k8s.kind.role"}} {{.State}}';
  const { stdout } =
    await tidy`docker ps --all --filter ${`label=io.x-k8s.kind.cluster=${kindName(config)}`} --format ${format}`;
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .map(([name = '', role = '', state]) => ({ name, role, isUp: state === 'running' }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

async function create(
  config: ConfigName,
  image: string,
  hash: string,
  isOfTests: boolean,
): Promise<ClusterState> {
  const name = kindName(config);
  const began = Date.now();
  say(`making ${config} (${name})`);
  try {
    await makeNetwork();
    await step('kind create cluster', () => kindCreate(config, image));
    const { nodes, loadBalancer } = await nodesOf(config);
    const sudoPassword = randomBytes(9).toString('base64url');
    const state = { config, hash, name, image, nodes, loadBalancer, sudoPassword, isOfTests };
    await Promise.all([
      step('pod network', () => connectPods(nodes)),
      step('sshd on every node', () => openSsh(config, nodes, sudoPassword)),
      step('probe image', async () => loadImages(nodes, [(await probeImage()).image])),
    ]);
    await step('every node Ready, DNS answering', () => waitUntilReady(state));
    await afterCreation(state);
    if (config === 'kubespray') await installMetallb(nodes, kubectlOn(states.firstNode(state)));
    await step('still Ready', () => waitUntilReady(state));
    await step('snapshot', () => takeSnapshot(state));
    states.writeState(state);
    say(`  ${config} is up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return state;
  } catch (error) {
    // Also after Ctrl-C: nothing that is half made stays, except for what tells why.
    const logs = await collectLogs(config);
    await remove(config);
    if (error instanceof Trouble) throw new Trouble(error.sentence, `${error.next}; logs are in ${logs}`);
    throw error;
  }
}

async function kindCreate(config: ConfigName, image: string): Promise<void> {
  const kind = path.join(await buildModule(kindModule), 'kind');
  const file = path.join(kindConfigs, `${config}.yaml`);
  // --retain: kind would take the nodes away together with their logs.
  await run({
    env: { ...process.env, KIND_EXPERIMENTAL_DOCKER_NETWORK: states.networkName() },
  })`${kind} create cluster --retain --name ${kindName(config)} --config ${file} --image ${image} --kubeconfig ${states.kubeconfigOf(config)}`;
}

async function makeNetwork(): Promise<void> {
  const network = states.networkName();
  if ((await tidy`docker network inspect ${network}`).exitCode === 0) return;
  await run`docker network create --driver bridge ${network}`;
}

async function nodesOf(config: ConfigName): Promise<Pick<ClusterState, 'nodes' | 'loadBalancer'>> {
  const containers = await containersOf(config);
  const addresses = await Promise.all(containers.map(({ name }) => addressOf(name)));
  const seen = { 'control-plane': 0, worker: 0 };
  const nodes = containers.flatMap(({ name, role }, index): LabNode[] => {
    if (role !== 'control-plane' && role !== 'worker') return [];
    seen[role] += 1;
    const isControlPlane = role === 'control-plane';
    const alias = `${isControlPlane ? 'cp' : 'worker'}${seen[role]}`;
    return [{ alias, name, address: addresses[index] ?? '', isControlPlane }];
  });
  const balancer = containers.findIndex(({ role }) => role === 'external-load-balancer');
  return { nodes, loadBalancer: balancer === -1 ? undefined : addresses[balancer] };
}

async function addressOf(container: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  return (await run`docker inspect --format ${format} ${container}`).stdout.trim();
}

/** What a configuration does to its cluster stands beside it, as a shell script. */
async function afterCreation({ config, nodes, image, name }: ClusterState): Promise<void> {
  const script = path.join(kindConfigs, `${config}.after.sh`);
  if (!existsSync(script)) return;
  await step(
    `after creation: ${path.basename(script)}`,
    () =>
      run({
        env: {
          ...process.env,
          CLUSTER: name,
          NODES: nodes.map((node) => node.name).join(' '),
          ADDRESSES: nodes.map((node) => node.address).join(' '),
          IMAGE: image,
          STATE: stateFolder(config),
        },
      })`sh ${script}`,
  );
}

/** A machine that was restarted has the containers, but not always with the addresses that the certificates name. */
async function isAlive(state: ClusterState): Promise<boolean> {
  const containers = await containersOf(state.config);
  if (containers.length === 0 || containers.some(({ isUp }) => !isUp)) return false;
  const { nodes } = await nodesOf(state.config);
  if (JSON.stringify(nodes) !== JSON.stringify(state.nodes)) return false;
  const ready =
    await tidy`timeout 20 docker exec ${nodes[0]?.name} kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz`;
  if (ready.exitCode === 0) return true;
  say(`${state.config} does not answer: ${ready.stderr.trim().split('\n').at(-1) ?? ''}`);
  return false;
}

async function removeLeftovers(config: ConfigName): Promise<void> {
  const containers = await containersOf(config);
  if (containers.length === 0) {
    states.forget(config);
    return;
  }
  const why = states.readState(config)
    ? 'is outdated or does not answer'
    : 'was left half made by a run that was stopped';
  say(`${config} ${why}: removing it`);
  await remove(config);
}

async function remove(config: ConfigName): Promise<boolean> {
  let wasThere = states.readState(config) !== undefined;
  const deadline = Date.now() + 60_000;
  // Docker goes on making a container that it was asked for, although who asked was interrupted, and removes none meanwhile.
  let isQuiet = !isInterrupted();
  for (;;) {
    const names = (await containersOf(config)).map(({ name }) => name);
    wasThere ||= names.length > 0;
    if (names.length === 0 && isQuiet) break;
    if (Date.now() > deadline) throw new Leftover(names);
    isQuiet = names.length === 0;
    if (names.length > 0) await tidy`docker rm --force --volumes ${names}`;
    else await sleep(1000);
  }
  states.forget(config);
  // Fails while another cluster is in it, as it should.
  await tidy`docker network rm ${states.networkName()}`;
  return wasThere;
}

/** The folder with what the nodes wrote, kept after the nodes are gone. */
export async function collectLogs(config: ConfigName): Promise<string> {
  const folder = inCheckout('logs', config);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await Promise.all(
    (await containersOf(config)).map(async ({ name, role }) => {
      const file = path.join(folder, `${name}.log`);
      const output = await tidy`docker logs --tail 500 ${name}`;
      appendFileSync(file, `${output.stdout}${output.stderr}`);
      if (role === 'external-load-balancer') return;
      const journal = await tidy`timeout 20 docker exec ${name} journalctl --no-pager --lines 2000`;
      appendFileSync(file, `\n---- journal ----\n${journal.stdout}`);
      const pods = await tidy`timeout 20 docker exec ${name} sh -c ${'tail -n 200 /var/log/pods/*/*/*.log'}`;
      appendFileSync(file, `\n---- pods ----\n${pods.stdout}`);
    }),
  );
  return folder;
}

function filesOf(config: ConfigName): string[] {
  return [
    path.join(kindConfigs, `${config}.yaml`),
    path.join(kindConfigs, `${config}.after.sh`),
    path.join(import.meta.dirname, 'ssh-access.ts'),
    path.join(import.meta.dirname, 'pod-network.ts'),
    path.join(import.meta.dirname, 'snapshot.ts'),
  ].filter((file) => existsSync(file));
}
