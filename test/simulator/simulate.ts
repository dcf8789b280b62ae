/** A simulated cluster: one process, control-plane nodes on loopback addresses, nothing of the host's but a temporary folder. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts';
import { bundleStandIns } from './bundle.ts';
import { clusterObjects } from './cluster-objects.ts';
import { defaults, type Settings, version } from './kubeadm/settings.ts';
import { needsOpenssl } from './openssl/there.ts';
import { sharedServer, writeAdminKubeconfig, writeEndpoints, writeNodeRoot } from './node-root.ts';
import { ownTexts } from './own-texts.ts';
import { type ObjectStore, objectStore } from './object-store.ts';
import { type ClusterPki, type KeyKind, mintClusterPki } from './pki.ts';
import { knownHostsLine, type SshFiles, writeSshFiles } from './ssh-files.ts';
import type { Recorder } from './recorder.ts';
import { type SshServer, type SshUser, startSshServer } from './ssh-server.ts';

export interface SimulationOptions {
  readonly nodes?: number;
  readonly keys?: KeyKind;
  /** When absent the system chooses one, the same for every node where it can be had. */
  readonly apiPort?: number;
  readonly sshPort?: number;
  readonly serviceSubnet?: string;
  readonly dnsDomain?: string;
  readonly controlPlaneEndpoint?: string;
  readonly certSans?: readonly string[];
  /** What an admission plugin says against a new pod; undefined lets it in. */
  readonly admit?: ApiServerOptions['admit'];
  /** For benches: answers scripts in place of shells. */
  readonly recorder?: Recorder;
  /** Words before each command on a node: into mounts of its own. */
  readonly enter?: () => readonly string[];
}

/** As the lab's nodes are reached. */
interface SshAccess {
  readonly host: string;
  readonly port: number;
  /** `ops` is let in as well, and has sudo without a password. */
  readonly user: SshUser;
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
  readonly knownHostsLine: string;
  /** Every connection to it breaks off. */
  readonly drop: () => void;
}

export interface SimulatedNode {
  readonly name: string;
  /** The folder that is `/` for the node. */
  readonly root: string;
  readonly ssh: SshAccess;
  readonly api: { readonly host: string; readonly port: number } & Pick<
    ApiServer,
    'served' | 'setHealthy' | 'setFrozen' | 'restart' | 'setCrashing'
  >;
}

export interface Simulation {
  readonly folder: string;
  readonly nodes: readonly SimulatedNode[];
  /** What the API has; all nodes serve the same. */
  readonly objects: ObjectStore;
  readonly pki: ClusterPki;
  /** PEM of the cluster's CA. */
  readonly ca: string;
  /** The administrator's, as somebody copied it from the first node. */
  readonly kubeconfig: string;
  /** For `ssh -F`: every node by its name. */
  readonly sshConfig: string;
  stop(): Promise<void>;
}

const prefix = 'fix-sans-simulated-';

/** What a simulation leaves behind when its process is killed. */
export function isSimulationFolder(folder: string): boolean {
  return path.dirname(folder) === os.tmpdir() && path.basename(folder).startsWith(prefix);
}

export async function simulate(options: SimulationOptions = {}): Promise<Simulation> {
  const folder = mkdtempSync(path.join(os.tmpdir(), prefix));
  const running: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(running.splice(0).map((end) => end()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    return { ...(await start(options, folder, running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: SimulationOptions,
  folder: string,
  running: (() => Promise<void>)[],
): Promise<Omit<Simulation, 'stop'>> {
  const standIns: Readonly<Record<string, string>> = needsOpenssl()
    ? await bundleStandIns(folder, 'kubeadm', 'kubectl', 'openssl')
    : await bundleStandIns(folder, 'kubeadm', 'kubectl');
  const pki = mintClusterPki(options.keys ?? 'rsa');
  const shared = sharedSettings(options);
  const objects = objectStore();
  const files = writeSshFiles(folder);

  const nodes: SimulatedNode[] = [];
  const mayForwardTo = (host: string, port: number) =>
    nodes.some(({ api, ssh }) => api.host === host && (api.port === port || ssh.port === port));
  const block = newBlock();
  for (let index = 0; index < (options.nodes ?? 3); index++) {
    const name = `cp${index + 1}`;
    const address = block(index);
    const root = path.join(folder, name);
    const settings = { ...shared, nodeName: name, advertiseAddress: address };
    const node = { root, settings, pki, index, standIns };
    writeNodeRoot(node);
    const pair = path.join(root, 'etc/kubernetes/pki/apiserver');
    const [first] = nodes;
    const api = await onPort(options.apiPort, first?.api.port, (port) =>
      startApiServer({
        address,
        port,
        pair,
        ca: pki.ca.pem,
        version,
        objects,
        ...(options.admit && { admit: options.admit }),
      }),
    );
    running.push(() => api.stop());
    const { hostKey, userKey } = files;
    const ssh = await onPort(options.sshPort, first?.ssh.port, (port) =>
      startSshServer({
        address,
        port,
        root,
        hostKey: hostKey.private,
        userKey,
        mayForwardTo,
        recorder: options.recorder,
        enter: options.enter,
        own: once(() => ownTexts({ root, name, address })),
      }),
    );
    running.push(() => ssh.stop());
    writeEndpoints({ ...node, settings: { ...settings, bindPort: api.port } });
    nodes.push(nodeOf({ name, address, root, api, ssh, files }));
  }
  files.publish(nodes);

  const members = nodes.map(({ name, api }) => ({ name, address: api.host, apiPort: api.port }));
  const [first] = members;
  const settings = { ...shared, advertiseAddress: first?.address ?? '', bindPort: first?.apiPort ?? 0 };
  const server = sharedServer(settings);
  for (const object of clusterObjects({ settings, members, ca: pki.ca.pem, server })) objects.set(object);
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeAdminKubeconfig(kubeconfig, `https://${first?.address}:${first?.apiPort}`, pki);
  return { folder, nodes, objects, pki, ca: pki.ca.pem, kubeconfig, sshConfig: files.sshConfig };
}

interface Started {
  readonly name: string;
  readonly address: string;
  readonly root: string;
  readonly api: ApiServer;
  readonly ssh: SshServer;
  readonly files: SshFiles;
}

function nodeOf({ name, address, root, api, ssh, files }: Started): SimulatedNode {
  return {
    name,
    root,
    ssh: {
      host: address,
      port: ssh.port,
      user: 'root',
      privateKeyFile: files.privateKeyFile,
      knownHostsFile: files.knownHostsFile,
      knownHostsLine: knownHostsLine(address, ssh.port, files.hostKey.public),
      drop: () => ssh.drop(),
    },
    api: {
      host: address,
      port: api.port,
      served: () => api.served(),
      setHealthy: (isHealthy) => api.setHealthy(isHealthy),
      setFrozen: (isFrozen) => api.setFrozen(isFrozen),
      restart: async () => api.restart(),
      setCrashing: (isCrashingWith) => api.setCrashing(isCrashingWith),
    },
  };
}

/** The one that was asked for and no other; else that of the first node, if it is free on this address too. */
async function onPort<T>(
  asked: number | undefined,
  preferred: number | undefined,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  if (asked !== undefined) return listen(asked);
  try {
    return await listen(preferred ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return listen(0);
  }
}

function sharedSettings(options: SimulationOptions): Settings {
  return {
    ...defaults,
    serviceSubnet: options.serviceSubnet ?? defaults.serviceSubnet,
    dnsDomain: options.dnsDomain ?? defaults.dnsDomain,
    controlPlaneEndpoint: options.controlPlaneEndpoint ?? '',
    certSans: options.certSans ?? [],
    encryptionAlgorithm: options.keys === 'ec' ? 'ECDSA-P256' : defaults.encryptionAlgorithm,
    kubernetesVersion: version,
  };
}

/**
 * Addresses below 127.0.0.0/8 that no other simulation on this machine is likely to have, so that all nodes of one may
 * have the same port. Only Linux answers on all of them; elsewhere every node is on 127.0.0.1 with ports of its own.
 */
function newBlock(): (index: number) => string {
  if (process.platform !== 'linux') return () => '127.0.0.1';
  const block = randomInt(64, 250);
  const first = randomInt(0, 240);
  return (index) => `127.${block}.${first + Math.floor(index / 200)}.${11 + (index % 200)}`;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** A file of a node, by the path that the node sees. */
export function fileOf(node: SimulatedNode, file: string): string {
  return readFileSync(path.join(node.root, file), 'utf8');
}
