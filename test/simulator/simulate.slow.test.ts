import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { call, handshake } from './client.ts';
import { fileOf, simulate, type SimulatedNode, type Simulation } from './simulate.ts';
import { undisturbed } from '../support/patience.ts';

let simulation: Simulation;
beforeAll(async () => {
  simulation = await simulate({ serviceSubnet: '10.240.0.64/26', certSans: ['api.example.com'] });
});
afterAll(() => simulation.stop());

function firstNode(): SimulatedNode {
  const [node] = simulation.nodes;
  if (node === undefined) throw new Error('there is no node');
  return node;
}

test('three nodes are up within three seconds', async () => {
  const file = path.join(import.meta.dirname, 'many.ts');
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', file, '3', 'rsa'], { input: '' });
  const { seconds, nodes } = JSON.parse(stdout) as { seconds: number; nodes: SimulatedNode[] };
  expect(nodes.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3']);
  expect(undisturbed(seconds)).toBeLessThan(3);
});

function pair(name: string): readonly string[] {
  return [`pki/${name}.crt`, `pki/${name}.key`];
}

test('the files of a node are those of kubeadm', () => {
  const { root } = firstNode();
  const kubernetes = path.join(root, 'etc/kubernetes');
  expect(
    readdirSync(kubernetes, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(path.join(kubernetes, file)).isFile())
      .toSorted(),
  ).toEqual(
    [
      ...['admin', 'super-admin', 'controller-manager', 'scheduler', 'kubelet'].map((name) => `${name}.conf`),
      'manifests/kube-apiserver.yaml',
      'pki/sa.key',
      'pki/sa.pub',
      ...['ca', 'apiserver', 'apiserver-kubelet-client', 'apiserver-etcd-client'].flatMap(pair),
      ...['front-proxy-ca', 'front-proxy-client'].flatMap(pair),
      ...['etcd/ca', 'etcd/server', 'etcd/peer', 'etcd/healthcheck-client'].flatMap(pair),
    ].toSorted(),
  );
  expect(statSync(path.join(kubernetes, 'pki/apiserver.key')).mode & 0o777).toBe(0o600);
});

test('each node serves a certificate of its own names, signed by the one CA', async () => {
  for (const node of simulation.nodes) {
    const served = await handshake(node, simulation.ca);
    expect(served.fingerprint256).toBe(
      new X509Certificate(fileOf(node, 'etc/kubernetes/pki/apiserver.crt')).fingerprint256,
    );
    expect(served.subject).toBe('CN=kube-apiserver');
    for (const name of [node.name, 'kubernetes.default.svc.cluster.local', 'api.example.com']) {
      expect(served.checkHost(name)).toBe(name);
    }
    for (const address of [node.api.host, '10.240.0.65']) expect(served.checkIP(address)).toBe(address);
  }
});

test('the manifest tells where a node listens and which files it serves', () => {
  const node = firstNode();
  const manifest = parse(fileOf(node, 'etc/kubernetes/manifests/kube-apiserver.yaml')) as {
    spec: { containers: { command: string[] }[] };
  };
  const command = manifest.spec.containers[0]?.command ?? [];
  for (const flag of [
    `--advertise-address=${node.api.host}`,
    `--secure-port=${node.api.port}`,
    '--service-cluster-ip-range=10.240.0.64/26',
    '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
  ]) {
    expect(command).toContain(flag);
  }
});

test('health and version are for everybody, and the version says that it is simulated', async () => {
  const node = firstNode();
  expect(await call(simulation, node, '/readyz')).toEqual({ status: 200, body: 'ok' });
  expect(await call(simulation, node, '/livez?verbose')).toEqual({ status: 200, body: 'ok' });
  expect((await call(simulation, node, '/version')).body).toContain('"gitVersion":"v1.34.4+simulated"');
  expect((await call(simulation, node, '/api/v1/pods')).status).toBe(403);
  node.api.setHealthy(false);
  expect((await call(simulation, node, '/readyz')).status).toBe(500);
  node.api.setHealthy(true);
});

test('after it stops there is no folder and nobody listens', async () => {
  const short = await simulate({ nodes: 1, keys: 'ec' });
  const [node] = short.nodes;
  await short.stop();
  expect(existsSync(short.folder)).toBe(false);
  expect(node).toBeDefined();
  await expect(handshake(node as SimulatedNode, short.ca)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('two simulations at a time do not get in each other’s way', async () => {
  const fixed = { nodes: 2, keys: 'ec', apiPort: 16443, sshPort: 12222 } as const;
  const [one, other] = await Promise.all([simulate(fixed), simulate(fixed)]);
  expect(new Set([...one.nodes, ...other.nodes].map(({ api }) => api.host)).size).toBe(4);
  await Promise.all([one.stop(), other.stop()]);
});
