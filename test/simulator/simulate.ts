/** A simulated cluster: one process, control-plane nodes on loopback addresses, nothing of the host's but a temporary folder. */
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import { stringify } from 'yaml';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type ConfigMapStore, configMapStore } from './config-map.ts';
import { bundleKubeadm } from './kubeadm/bundle.ts';
import { defaults, type Settings, version } from './kubeadm/settings.ts';
import { writeEndpoints, writeNodeRoot } from './node-root.ts';
import { type KeyKind, mintClusterPki } from './pki.ts';
import { startSshServer } from './ssh-server.ts';

export interface SimulationOptions {
  readonly nodes?: number;
  readonly keys?: KeyKind;
  /** Zero lets the system choose; nodes differ then. */
  readonly apiPort?: number;
  readonly sshPort?: number;
  readonly serviceSubnet?: string;
  readonly dnsDomain?: string;
  readonly controlPlaneEndpoint?: string;
  readonly certSans?: readonly string[];
}

export interface SimulatedNode {
  readonly name: string;
  readonly address: string;
  readonly apiPort: number;
  readonly sshPort: number;
  /** The folder that is `/` for the node. */
  readonly root: string;
  readonly api: Pick<ApiServer, 'served' | 'setHealthy'>;
}

export interface Simulation {
  readonly folder: string;
  readonly nodes: readonly SimulatedNode[];
  readonly configMap: ConfigMapStore;
  /** PEM of the cluster's CA. */
  readonly ca: string;
  /** What an ssh client needs: its key, the host keys it may trust, and a configuration that names both. */
  readonly userKey: string;
  readonly knownHosts: string;
  readonly sshConfig: string;
  stop(): Promise<void>;
}

export async function simulate(options: SimulationOptions = {}): Promise<Simulation> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-simulated-'));
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
  const kubeadm = await bundleKubeadm(folder);
  const pki = mintClusterPki(options.keys ?? 'rsa');
  const shared = sharedSettings(options);
  const configMap = configMapStore(path.join(folder, 'kubeadm-config.json'), clusterConfiguration(shared));
  const host = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'simulated host' });
  const user = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'simulated user' });
  const userKey = ssh2.utils.parseKey(user.public);
  if (userKey instanceof Error) throw userKey;

  const nodes: SimulatedNode[] = [];
  const mayForwardTo = (address: string, port: number) =>
    nodes.some((node) => node.address === address && (node.apiPort === port || node.sshPort === port));
  const block = newBlock();
  for (let index = 0; index < (options.nodes ?? 3); index++) {
    const name = `cp${index + 1}`;
    const address = block(index);
    const root = path.join(folder, name);
    const settings = { ...shared, nodeName: name, advertiseAddress: address };
    writeNodeRoot({ root, settings, pki, index, kubeadm });
    const pair = path.join(root, 'etc/kubernetes/pki/apiserver');
    const common = { address, root, pair, ca: pki.ca.pem, version, configMap };
    const api = await startApiServer({ ...common, port: options.apiPort ?? 0 });
    running.push(() => api.stop());
    const ssh = await startSshServer({
      ...common,
      port: options.sshPort ?? 0,
      hostKey: host.private,
      userKey,
      mayForwardTo,
    });
    running.push(() => ssh.stop());
    writeEndpoints({ root, settings: { ...settings, bindPort: api.port }, pki, index, kubeadm });
    nodes.push({ name, address, apiPort: api.port, sshPort: ssh.port, root, api });
  }
  return { folder, nodes, configMap, ca: pki.ca.pem, ...sshFiles(folder, nodes, user.private, host.public) };
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

/** As kubeadm uploads it. */
function clusterConfiguration(settings: Settings): string {
  const { certSans, controlPlaneEndpoint, encryptionAlgorithm } = settings;
  return stringify({
    apiServer: certSans.length === 0 ? {} : { certSANs: certSans },
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    caCertificateValidityPeriod: '87600h0m0s',
    certificateValidityPeriod: '8760h0m0s',
    certificatesDir: settings.certificatesDir,
    clusterName: 'simulated',
    ...(controlPlaneEndpoint === '' ? {} : { controlPlaneEndpoint }),
    controllerManager: {},
    dns: {},
    encryptionAlgorithm,
    etcd: { local: { dataDir: '/var/lib/etcd' } },
    imageRepository: 'registry.k8s.io',
    kind: 'ClusterConfiguration',
    kubernetesVersion: settings.kubernetesVersion,
    networking: { dnsDomain: settings.dnsDomain, serviceSubnet: settings.serviceSubnet },
    proxy: {},
    scheduler: {},
  });
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

function sshFiles(
  folder: string,
  nodes: readonly SimulatedNode[],
  privateKey: string,
  hostKey: string,
): Pick<Simulation, 'userKey' | 'knownHosts' | 'sshConfig'> {
  const ssh = path.join(folder, 'ssh');
  mkdirSync(ssh, { mode: 0o700 });
  const files = {
    userKey: path.join(ssh, 'id_ed25519'),
    knownHosts: path.join(ssh, 'known_hosts'),
    sshConfig: path.join(ssh, 'config'),
  };
  const [kind, data] = hostKey.split(' ');
  writeFileSync(files.userKey, privateKey, { mode: 0o600 });
  writeFileSync(
    files.knownHosts,
    nodes.map(({ address, sshPort }) => `[${address}]:${sshPort} ${kind} ${data}\n`).join(''),
  );
  const entries = nodes.map(
    ({ name, address, sshPort }) => `Host ${name}\n  HostName ${address}\n  Port ${sshPort}\n  User root\n`,
  );
  const all = `Host *\n  IdentityFile ${files.userKey}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${files.knownHosts}\n`;
  writeFileSync(files.sshConfig, `# simulated\n${entries.join('')}${all}`);
  return files;
}

/** A file of a node, by the path that the node sees. */
export function fileOf(node: SimulatedNode, file: string): string {
  return readFileSync(path.join(node.root, file), 'utf8');
}
