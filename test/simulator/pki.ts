/** The certificates of a cluster, laid out below each node's root as kubeadm lays them out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyPair, type KeyPair, type Minted } from '../support/mint.ts';
import { keyText, mintCa, mintLeaf, writePair } from './certificates.ts';
import { altNames } from './kubeadm/alt-names.ts';
import type { Settings } from './kubeadm/settings.ts';

export type KeyKind = 'rsa' | 'ec';

export interface ClusterPki {
  readonly kind: KeyKind;
  readonly ca: Minted;
  readonly frontProxyCa: Minted;
  readonly etcdCa: Minted;
  /** Client certificates below pki/ by the name of their file; each node has the same, which nothing looks at. */
  readonly clients: Readonly<Record<string, Minted>>;
  readonly serviceAccount: KeyPair;
}

/** The keys of every simulation in a process: an RSA key costs a tenth of a second, and nobody attacks these. */
export const pool = { ca: 0, otherCa: 1, client: 2, server: [3, 4], reissued: 5, stray: 6 } as const;

export function mintClusterPki(kind: KeyKind): ClusterPki {
  const ca = mintCa('kubernetes', keyPair(kind, pool.ca));
  const frontProxyCa = mintCa('front-proxy-ca', keyPair(kind, pool.otherCa));
  const etcdCa = mintCa('etcd-ca', keyPair(kind, pool.otherCa));
  const client = (issuer: Minted, commonName: string, organization?: string) =>
    mintLeaf(issuer, {
      commonName,
      ...(organization === undefined ? {} : { organization }),
      uses: ['client'],
      key: keyPair(kind, pool.client),
    });
  return {
    kind,
    ca,
    frontProxyCa,
    etcdCa,
    clients: {
      'pki/apiserver-kubelet-client': client(ca, 'kube-apiserver-kubelet-client', 'kubeadm:cluster-admins'),
      'pki/front-proxy-client': client(frontProxyCa, 'front-proxy-client'),
      'pki/apiserver-etcd-client': client(etcdCa, 'kube-apiserver-etcd-client'),
      'pki/etcd/healthcheck-client': client(etcdCa, 'kube-etcd-healthcheck-client'),
    },
    serviceAccount: keyPair(kind, pool.client),
  };
}

/** Writes `<root>/etc/kubernetes/pki`. */
export function writeNodePki(root: string, cluster: ClusterPki, settings: Settings, index: number): void {
  const kubernetes = path.join(root, 'etc/kubernetes');
  const folder = path.join(kubernetes, 'pki');
  mkdirSync(path.join(folder, 'etcd'), { recursive: true });
  writePair(path.join(folder, 'ca'), cluster.ca);
  writePair(path.join(folder, 'front-proxy-ca'), cluster.frontProxyCa);
  writePair(path.join(folder, 'etcd/ca'), cluster.etcdCa);
  for (const [name, client] of Object.entries(cluster.clients)) {
    writePair(path.join(kubernetes, name), client);
  }
  const { publicKey } = cluster.serviceAccount;
  writeFileSync(path.join(folder, 'sa.key'), keyText(cluster.serviceAccount), { mode: 0o600 });
  writeFileSync(path.join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));

  const key = keyPair(cluster.kind, pool.server[index % 2]);
  writePair(
    path.join(folder, 'apiserver'),
    mintLeaf(cluster.ca, { commonName: 'kube-apiserver', uses: ['server'], key, ...altNames(settings) }),
  );
  const { nodeName, advertiseAddress } = settings;
  const etcd = mintLeaf(cluster.etcdCa, {
    commonName: nodeName,
    uses: ['server', 'client'],
    key,
    dnsNames: ['localhost', nodeName],
    addresses: [advertiseAddress, '127.0.0.1', '::1'],
  });
  writePair(path.join(folder, 'etcd/server'), etcd);
  writePair(path.join(folder, 'etcd/peer'), etcd);
}

const kubeconfigUsers = {
  admin: { commonName: 'kubernetes-admin', organization: 'kubeadm:cluster-admins' },
  'super-admin': { commonName: 'kubernetes-super-admin', organization: 'system:masters' },
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
} as const;

/** Each node's own, as kubeadm makes them when a node joins. */
export function mintClient({ ca, kind }: ClusterPki, name: keyof typeof kubeconfigUsers): Minted {
  return mintLeaf(ca, { ...kubeconfigUsers[name], uses: ['client'], key: keyPair(kind, pool.client) });
}

/** The certificate by which the kubelet says which node it is. */
export function mintKubelet(cluster: ClusterPki, nodeName: string): Minted {
  return mintLeaf(cluster.ca, {
    commonName: `system:node:${nodeName}`,
    organization: 'system:nodes',
    uses: ['client'],
    key: keyPair(cluster.kind, pool.client),
  });
}
