/** What the lab remembers of a cluster: written only when the cluster is whole, so that what lacks it is half made. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkout, inCheckout } from './places.ts';

export const configNames = ['single', 'ha', 'kubespray', 'ecdsa', 'external-ca'] as const;
export type ConfigName = (typeof configNames)[number];

export interface LabNode {
  /** cp1, cp2, worker1: what people type. */
  readonly alias: string;
  /** The container's name, which is also the Kubernetes node's. */
  readonly name: string;
  readonly address: string;
  readonly isControlPlane: boolean;
}

export interface ClusterState {
  readonly config: ConfigName;
  /** A cluster that was made from something else is made again. */
  readonly hash: string;
  readonly name: string;
  readonly image: string;
  readonly nodes: readonly LabNode[];
  /** Of the load balancer's container, where there is one. */
  readonly loadBalancer?: string | undefined;
  /** What the user `asks` has to type. */
  readonly sudoPassword: string;
  /** Nobody asked for it by name: the tests made it, and take it down again, also the next ones where these were killed. */
  readonly isOfTests: boolean;
}

export function kindName(config: ConfigName): string {
  return `${config}-${checkout}`;
}

export function networkName(of = checkout): string {
  return `fix-sans-lab-${of}`;
}

/** Holds the kubeconfig, the keys for SSH and what the after-creation steps leave. */
export function stateFolder(config: ConfigName): string {
  return inCheckout('clusters', config);
}

export function kubeconfigOf(config: ConfigName): string {
  return path.join(stateFolder(config), 'kubeconfig');
}

export function readState(config: ConfigName): ClusterState | undefined {
  const file = path.join(stateFolder(config), 'state.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ClusterState) : undefined;
}

export function writeState(state: ClusterState): void {
  const file = path.join(stateFolder(state.config), 'state.json');
  writeFileSync(`${file}.unfinished`, JSON.stringify(state, undefined, 2));
  renameSync(`${file}.unfinished`, file);
}

export function forget(config: ConfigName): void {
  rmSync(stateFolder(config), { recursive: true, force: true });
}

export function controlPlanes({ nodes }: Pick<ClusterState, 'nodes'>): readonly LabNode[] {
  return nodes.filter(({ isControlPlane }) => isControlPlane);
}

/** Where the cluster was made, and where kubectl is at home. */
export function firstNode({ nodes, config }: Pick<ClusterState, 'nodes' | 'config'>): LabNode {
  const [first] = nodes;
  if (!first) throw new Error(`${config} has no node`);
  return first;
}
