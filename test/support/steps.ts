/** One simulated node and the steps of a run on it, asked for as the controller does. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash, X509Certificate } from 'node:crypto';
import { steps } from '../../src/apply/steps.ts';
import { type Change, type NodeChanger, nodeChanger } from '../../src/reach/changer.ts';
import { usualLimits } from '../../src/reach/transport.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { localTransport } from './on-tree.ts';

export interface Answers {
  readonly [frame: string]: string;
}

export interface StepsOn {
  readonly run: string;
  readonly pki: string;
  readonly state: string;
  ask(name: string, data?: Readonly<Record<string, string>>): Promise<Answers>;
}

interface StepsOptions {
  /** Gets all that comes back, byte for byte. */
  readonly output?: Buffer[];
  /** Puts another script in place of a step's: one with a bug in it. */
  readonly plant?: (change: Change) => Change;
}

export const seconds = '300';

export function newRun(): string {
  return `20261121T120000Z-${Math.random().toString(16).slice(2, 10).padEnd(8, '0')}`;
}

export function stepsOn(
  { root, api, name }: SimulatedNode,
  run = newRun(),
  shell: readonly [string, ...string[]] = ['/bin/sh'],
  { output, plant = (change) => change }: StepsOptions = {},
): StepsOn {
  const changer: NodeChanger = nodeChanger(
    { name, role: 'control-plane', target: { via: 'local' }, source: 'flag' },
    localTransport(root, shell, output),
    { as: 'login', limits: { ...usualLimits, commandTimeoutMs: 180_000 } },
  );
  return {
    run,
    pki: path.join(root, 'etc/kubernetes/pki'),
    state: path.join(root, 'var/lib/fix-sans'),
    ask: async (step, data = {}) => {
      const asked = steps.find((one) => one.name === step);
      if (asked === undefined) throw new Error(`no step ${step}`);
      const usual = { run, seconds, by: 'ops@bastion', endpoint: `${api.host}:${api.port}`, wait: '5' };
      const { frames } = await changer.change(plant(asked), { ...usual, ...data });
      return Object.fromEntries(frames.map((one) => [one.name, Buffer.from(one.bytes).toString('utf8')]));
    },
  };
}

/** What `stage` is told of a simulated node, with these names beside its own. */
export function stageData(node: SimulatedNode, config: string): Readonly<Record<string, string>> {
  const pki = '/etc/kubernetes/pki';
  const live = new X509Certificate(readFileSync(path.join(node.root, pki, 'apiserver.crt')));
  return {
    certificate: `${pki}/apiserver.crt`,
    key: `${pki}/apiserver.key`,
    ca: `${pki}/ca.crt`,
    caKey: `${pki}/ca.key`,
    seen: createHash('sha256').update(live.raw).digest('hex'),
    kubeadm: '/usr/bin/kubeadm',
    version: 'v1.34.4+simulated',
    config,
  };
}

/** kubeadm's configuration for this run: all names of today, and one more. */
export function configOf(node: SimulatedNode, run: string, name = 'new.example.com'): string {
  const names = [...namesOnDisk(node), name].map((one) => `  - "${one}"\n`).join('');
  return `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: ${node.api.host}
  bindPort: ${node.api.port}
nodeRegistration:
  name: ${node.name}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.4
certificatesDir: /etc/kubernetes/pki/.fix-sans-${run}
networking:
  serviceSubnet: 10.96.0.0/12
  dnsDomain: cluster.local
apiServer:
  certSANs:
${names}`;
}
