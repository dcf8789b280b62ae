/** The versions that the lab is built from; all of them stand in kind-configs/image/versions.json. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { imageFolder } from './places.ts';
import { Trouble } from './trouble.ts';

export interface KubernetesPins {
  readonly version: string;
  readonly etcd: string;
  readonly coredns: string;
  readonly pause: string;
}

interface Versions {
  readonly kubernetes: readonly KubernetesPins[];
  readonly kind: string;
  readonly haproxyImage: string;
  readonly metallb: string;
  readonly registryNode: string;
  readonly debian: string;
}

export const versions = JSON.parse(readFileSync(path.join(imageFolder, 'versions.json'), 'utf8')) as Versions;

/** The first one is the one that is used unless another is asked for. */
export function kubernetesPins(version?: string): KubernetesPins {
  const found = versions.kubernetes.find((pins) => version === undefined || pins.version === version);
  if (found) return found;
  throw new Trouble(
    `Kubernetes ${version ?? ''} has no line in kind-configs/image/versions.json`,
    'add one, with the etcd, CoreDNS and pause that its kubeadm asks for',
  );
}
