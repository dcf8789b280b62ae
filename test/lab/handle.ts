/** What a test holds of a cluster: typed, made once and reused, put back between tests. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { down, collectLogs, up } from './cluster.ts';
import { ensureDocker } from './docker.ts';
import { type Kubectl, kubectlOn } from './kubectl.ts';
import { installMetallb } from './metallb.ts';
import { askFromPod, type Seen, startProbes } from './probe.ts';
import { feed, say } from './run.ts';
import { restoreSnapshot } from './snapshot.ts';
import type { sshUsers } from './ssh-access.ts';
import {
  type ClusterState,
  type ConfigName,
  configNames,
  controlPlanes,
  firstNode,
  kubeconfigOf,
  type LabNode,
  readState,
  stateFolder,
} from './state.ts';

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: (typeof sshUsers)[number];
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
  /** What sudo asks for, if it asks. */
  readonly sudoPassword?: string;
}

export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class LabCluster {
  readonly config: ConfigName;
  readonly nodes: readonly LabNode[];
  readonly controlPlanes: readonly LabNode[];
  readonly loadBalancer: string | undefined;
  readonly kubeconfig: string;
  /** Holds what the after-creation steps left there. */
  readonly folder: string;
  readonly kubectl: Kubectl;
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
    this.config = state.config;
    this.kubectl = kubectlOn(firstNode(state));
    this.nodes = state.nodes;
    this.controlPlanes = controlPlanes(state);
    this.loadBalancer = state.loadBalancer;
    this.kubeconfig = kubeconfigOf(state.config);
    this.folder = stateFolder(state.config);
  }

  node(alias: string): LabNode {
    const found = this.nodes.find((node) => node.alias === alias);
    if (!found) throw new Error(`${this.config} has no node ${alias}`);
    return found;
  }

  ssh(node: LabNode, user: SshTarget['user']): SshTarget {
    return {
      host: node.address,
      port: 22,
      user,
      privateKeyFile: path.join(this.folder, 'user'),
      knownHostsFile: path.join(this.folder, 'known_hosts'),
      ...(user === 'asks' ? { sudoPassword: this.#state.sudoPassword } : {}),
    };
  }

  /** Runs a script as root in a node, past SSH: for what a test prepares and looks at. Throws if it fails. */
  async inNode(node: LabNode, script: string): Promise<string> {
    return (await feed(`set -eu\n${script}`)`docker exec --interactive ${node.name} sh -s`).stdout;
  }

  /** The same, where failing is what is looked at. */
  async tryInNode(node: LabNode, script: string): Promise<Output> {
    const result = await feed(script)({ nothrow: true })`docker exec --interactive ${node.name} sh -s`;
    return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  }

  async clusterIp(): Promise<string> {
    return this.kubectl(['get', 'service', 'kubernetes', '--output', 'jsonpath={.spec.clusterIP}']);
  }

  async startProbes(): Promise<void> {
    await startProbes(this.kubectl);
  }

  async askFromPod(node: LabNode, ...args: readonly string[]): Promise<readonly Seen[]> {
    return askFromPod(node, args);
  }

  async installMetallb(): Promise<string> {
    return installMetallb(this.nodes, this.kubectl);
  }

  /** /etc/kubernetes on every node, kubeadm-config and what is served, as they were when the cluster was made. */
  async restore(): Promise<void> {
    await restoreSnapshot(this.#state);
  }

  async collectLogs(): Promise<string> {
    return collectLogs(this.config);
  }

  kubeconfigText(): string {
    return readFileSync(this.kubeconfig, 'utf8');
  }
}

/** Set by test/cluster/global-setup.ts: clusters that were up before the tests, which the tests leave up. */
export const keptVariable = 'FIX_SANS_LAB_KEPT';

/** The cluster for a test file. Others that this run of the tests made go first: two at a time are too much for two cores. */
export async function openCluster(config: ConfigName): Promise<LabCluster> {
  const install = process.env['FIX_SANS_LAB_INSTALL'] === '1';
  await ensureDocker({ install, say });
  const kept = (process.env[keptVariable] ?? '').split(',');
  for (const other of configNames) {
    if (other !== config && !kept.includes(other) && readState(other)) await down(other);
  }
  return new LabCluster((await up(config, { install, isOfTests: true })).state);
}
