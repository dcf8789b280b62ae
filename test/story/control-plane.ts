/**
 * A control plane in a container without network: a real sshd, files made by a real kubeadm, a real etcd and kube-apiserver run by
 * the flags in their manifests. No kubelet and no nodes: it is there to be looked at.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { parse } from 'yaml';
import { buildModule, etcdModule, kubernetesModule } from '../lab/binaries.ts';
import { feed, run, tidy } from '../lab/run.ts';
import { kubernetesPins } from '../lab/versions.ts';
import { folderOf, ownerLabel, ownName, removeLeftovers, removeOwnedBy } from '../support/ssh-leftovers.ts';
import { addresses } from './network.ts';

export interface ControlPlane extends AsyncDisposable {
  readonly container: string;
  readonly pid: number;
  /** kubectl of the cluster's version, for this machine. */
  readonly kubectl: string;
  /** As an administrator has it on his own machine. */
  readonly kubeconfig: string;
  /** Names the host, its key and ours; stands for /etc/ssh/ssh_config. */
  readonly sshConfig: string;
  /** Returns when the API server answers. Its address has to be there first. */
  start(): Promise<void>;
}

const mounted = '/opt/bin';

export async function makeControlPlane(image: string): Promise<ControlPlane> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  await removeLeftovers();
  const pins = kubernetesPins();
  const kubernetes = await buildModule(kubernetesModule(pins), ['kubeadm', 'kube-apiserver', 'kubectl']);
  const etcd = await buildModule(etcdModule(pins));
  const owner = ownName();
  const folder = folderOf(owner);
  mkdirSync(folder, { mode: 0o700 });
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519');
  const userKey = ssh2.utils.generateKeyPairSync('ed25519');
  const dispose = (): Promise<void> => removeOwnedBy(owner);
  try {
    const started: StartedTestContainer = await new GenericContainer(image)
      .withName(`${owner}-cp1`)
      .withHostname('cp1')
      .withLabels({ [ownerLabel]: owner })
      .withNetworkMode('none')
      .withCommand(['plain'])
      .withEnvironment({ ASKS_PASSWORD: 'unused' })
      .withBindMounts([
        { source: kubernetes, target: `${mounted}/kubernetes`, mode: 'ro' },
        { source: etcd, target: `${mounted}/etcd`, mode: 'ro' },
      ])
      .withCopyContentToContainer([
        { content: hostKey.private, target: '/etc/ssh/host_key', mode: 0o600 },
        { content: `${userKey.public} story\n`, target: '/etc/ssh/authorized_keys', mode: 0o644 },
      ])
      .withWaitStrategy(Wait.forLogMessage(/Server listening on 0\.0\.0\.0 port 22/))
      .withStartupTimeout(30_000)
      .start();
    const container = started.getName().replace(/^\//, '');
    const inspected = await run`docker inspect --format {{.State.Pid}} ${container}`;
    const files = writeSshFiles(folder, hostKey.public, userKey.private);
    const kubeconfig = path.join(folder, 'admin.conf');
    const kubectl = path.join(kubernetes, 'kubectl');
    return {
      container,
      pid: Number(inspected.stdout),
      kubectl,
      kubeconfig,
      sshConfig: files.config,
      async start() {
        await makeFiles(container, pins.version);
        await runManifest(container, 'etcd');
        await runManifest(container, 'kube-apiserver');
        await untilReady(container);
        await fillApi(container, pins.version);
        const admin = await run`docker exec ${container} cat /etc/kubernetes/admin.conf`;
        writeFileSync(kubeconfig, admin.stdout, { mode: 0o600 });
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function writeSshFiles(folder: string, hostKey: string, userKey: string): { readonly config: string } {
  const [config, known, key] = ['ssh_config', 'known_hosts', 'key'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  writeFileSync(key, userKey, { mode: 0o600 });
  writeFileSync(known, `${addresses.server} ${hostKey.trim()}\n`);
  writeFileSync(
    config,
    [
      'Host *',
      `  IdentityFile "${key}"`,
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      `  UserKnownHostsFile "${known}"`,
      '  StrictHostKeyChecking yes',
      '  BatchMode yes',
      '',
    ].join('\n'),
  );
  return { config };
}

function configuration(version: string): string {
  return `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp1, criSocket: "unix:///run/containerd/containerd.sock"}
localAPIEndpoint: {advertiseAddress: ${addresses.server}, bindPort: 6443}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: ${version}
controlPlaneEndpoint: ${addresses.server}:6443
networking: {serviceSubnet: 10.240.0.64/26}
`;
}

async function makeFiles(container: string, version: string): Promise<void> {
  await feed(
    configuration(version),
  )`docker exec --interactive ${container} sh -c ${'umask 077; cat > /root/kubeadm.yaml'}`;
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'etcd local']) {
    const asked = ['init', 'phase', ...phase.split(' '), '--config', '/root/kubeadm.yaml'];
    await run`docker exec ${container} ${mounted}/kubernetes/kubeadm ${asked}`;
  }
  await keepKubeletCertificate(container);
}

/** What the kubelet does with its first certificate: from then on it is a file that rotates, and kubelet.conf names it. */
async function keepKubeletCertificate(container: string): Promise<void> {
  const { stdout } = await run`docker exec ${container} cat /etc/kubernetes/kubelet.conf`;
  const { users } = parse(stdout) as { users: { user: Record<string, string> }[] };
  const pem = ['client-certificate-data', 'client-key-data']
    .map((name) => Buffer.from(users[0]?.user[name] ?? '', 'base64').toString())
    .join('');
  const script =
    'umask 077; mkdir -p /var/lib/kubelet/pki; cat > /var/lib/kubelet/pki/kubelet-client-current.pem';
  await feed(pem)`docker exec --interactive ${container} sh -c ${script}`;
}

/** By the flags in its manifest, as the kubelet would. */
async function runManifest(container: string, name: 'etcd' | 'kube-apiserver'): Promise<void> {
  const manifest = await run`docker exec ${container} cat /etc/kubernetes/manifests/${name}.yaml`;
  const { spec } = parse(manifest.stdout) as {
    spec: { containers: { command: string[]; args?: string[] }[] };
  };
  const [{ command, args = [] } = { command: [] }] = spec.containers;
  const [program = '', ...flags] = [...command, ...args];
  const folder = name === 'etcd' ? 'etcd' : 'kubernetes';
  const script = 'log=$1; shift; exec "$@" > "$log" 2>&1';
  await run`docker exec --detach ${container} sh -c ${script} sh /var/log/${name}.log ${mounted}/${folder}/${program} ${flags}`;
}

const kubectlInside = [`${mounted}/kubernetes/kubectl`, '--kubeconfig', '/etc/kubernetes/super-admin.conf'];

async function untilReady(container: string): Promise<void> {
  const until = Date.now() + 120_000;
  for (;;) {
    const { exitCode } = await tidy`docker exec ${container} ${kubectlInside} get --raw /readyz`;
    if (exitCode === 0) return;
    if (Date.now() > until) {
      const log =
        await tidy`docker exec ${container} tail -n 20 /var/log/kube-apiserver.log /var/log/etcd.log`;
      throw new Error(`the API server did not become ready:\n${log.stdout}`);
    }
    await sleep(500);
  }
}

/** What `kubeadm init` puts there: the administrators' group, its own configuration, and the node. */
async function fillApi(container: string, version: string): Promise<void> {
  await run`docker exec ${container} ${kubectlInside} create clusterrolebinding kubeadm:cluster-admins --clusterrole=cluster-admin --group=kubeadm:cluster-admins`;
  await run`docker exec ${container} ${mounted}/kubernetes/kubeadm init phase upload-config kubeadm --config /root/kubeadm.yaml --kubeconfig /etc/kubernetes/super-admin.conf`;
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'cp1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
  };
  await feed(
    JSON.stringify(node),
  )`docker exec --interactive ${container} ${kubectlInside} create --filename -`;
  const status = {
    status: {
      addresses: [{ type: 'InternalIP', address: addresses.server }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Story', message: version }],
    },
  };
  await run`docker exec ${container} ${kubectlInside} patch node cp1 --subresource=status --type=merge --patch ${JSON.stringify(status)}`;
}
