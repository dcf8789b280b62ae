/** The folder that is `/` for a simulated node: PKI, manifest, kubeconfigs and the few programs that must not be the host's. */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Minted } from '../support/mint.ts';
import { keyText } from './certificates.ts';
import { splitHostPort } from './kubeadm/alt-names.ts';
import type { Settings } from './kubeadm/settings.ts';
import { type ClusterPki, mintClient, mintKubelet, writeNodePki } from './pki.ts';

export interface NodeRoot {
  readonly root: string;
  readonly settings: Settings;
  readonly pki: ClusterPki;
  readonly index: number;
  /** The stand-ins for programs, by name, which all nodes share. */
  readonly standIns: Readonly<Record<string, string>>;
}

export function writeNodeRoot({ root, settings, pki, index, standIns }: NodeRoot): void {
  for (const folder of ['root', 'home/ops', 'tmp', 'usr/bin', 'var/lib', 'run', 'etc/kubernetes/manifests']) {
    mkdirSync(path.join(root, folder), { recursive: true });
  }
  writeFileSync(path.join(root, 'etc/hostname'), `${settings.nodeName}\n`);
  // What the real kubeadm learns from the default route.
  writeFileSync(path.join(root, 'etc/simulated-address'), `${settings.advertiseAddress}\n`);
  writeNodePki(root, pki, settings, index);
  writeKubelet(root, pki, settings);
  writePrograms(root, standIns);
}

/** What everybody dials: the control plane's endpoint, where there is one. */
export function sharedServer({ advertiseAddress, bindPort, controlPlaneEndpoint }: Settings): string {
  if (controlPlaneEndpoint === '') return `https://${advertiseAddress}:${bindPort}`;
  const { port } = splitHostPort(controlPlaneEndpoint);
  return `https://${controlPlaneEndpoint}${port === '' ? `:${bindPort}` : ''}`;
}

/** As somebody copies admin.conf and changes its server. */
export function writeAdminKubeconfig(file: string, server: string, pki: ClusterPki): void {
  writeKubeconfig(file, server, pki.ca, user(mintClient(pki, 'admin')));
}

/** The port is known when the API server listens; the manifest and the kubeconfigs name it. */
export function writeEndpoints({ root, settings, pki }: NodeRoot): void {
  const kubernetes = path.join(root, 'etc/kubernetes');
  const local = `https://${settings.advertiseAddress}:${settings.bindPort}`;
  const shared = sharedServer(settings);
  writeFileSync(path.join(kubernetes, 'manifests/kube-apiserver.yaml'), manifest(settings), { mode: 0o600 });
  writeFileSync(path.join(root, 'etc/simulated-sockets'), sockets(settings));
  for (const [name, server] of [
    ['admin', shared],
    ['super-admin', shared],
    ['controller-manager', local],
    ['scheduler', local],
  ] as const) {
    writeKubeconfig(path.join(kubernetes, `${name}.conf`), server, pki.ca, user(mintClient(pki, name)));
  }
  const current = '/var/lib/kubelet/pki/kubelet-client-current.pem';
  writeKubeconfig(path.join(kubernetes, 'kubelet.conf'), shared, pki.ca, {
    'client-certificate': current,
    'client-key': current,
  });
}

function writeKubelet(root: string, pki: ClusterPki, { nodeName }: Settings): void {
  const folder = path.join(root, 'var/lib/kubelet/pki');
  mkdirSync(folder, { recursive: true });
  const client = mintKubelet(pki, nodeName);
  const file = 'kubelet-client-2026-01-01-00-00-00.pem';
  writeFileSync(path.join(folder, file), client.pem + keyText(client.key), { mode: 0o600 });
  symlinkSync(file, path.join(folder, 'kubelet-client-current.pem'));
}

function user(client: Minted): Readonly<Record<string, string>> {
  return { 'client-certificate-data': base64(client.pem), 'client-key-data': base64(keyText(client.key)) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function writeKubeconfig(
  file: string,
  server: string,
  ca: Minted,
  credentials: Readonly<Record<string, string>>,
): void {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'simulated', cluster: { 'certificate-authority-data': base64(ca.pem), server } }],
    users: [{ name: 'user', user: credentials }],
    contexts: [{ name: 'user@simulated', context: { cluster: 'simulated', user: 'user' } }],
    'current-context': 'user@simulated',
  });
  // JSON is YAML.
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
}

/** What the tool reads of it, as kubeadm writes it: paths are the node's own. */
function manifest(settings: Settings): string {
  const pki = settings.certificatesDir;
  const flags = {
    'advertise-address': settings.advertiseAddress,
    'client-ca-file': `${pki}/ca.crt`,
    'etcd-cafile': `${pki}/etcd/ca.crt`,
    'etcd-certfile': `${pki}/apiserver-etcd-client.crt`,
    'etcd-keyfile': `${pki}/apiserver-etcd-client.key`,
    'secure-port': String(settings.bindPort),
    'service-account-issuer': `https://kubernetes.default.svc.${settings.dnsDomain}`,
    'service-account-key-file': `${pki}/sa.pub`,
    'service-account-signing-key-file': `${pki}/sa.key`,
    'service-cluster-ip-range': settings.serviceSubnet,
    'tls-cert-file': `${pki}/apiserver.crt`,
    'tls-private-key-file': `${pki}/apiserver.key`,
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: {
        'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${settings.advertiseAddress}:${settings.bindPort}`,
      },
      labels: { component: 'kube-apiserver', tier: 'control-plane' },
      name: 'kube-apiserver',
      namespace: 'kube-system',
    },
    spec: {
      containers: [
        {
          command: ['kube-apiserver', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
          image: `registry.k8s.io/kube-apiserver:${settings.kubernetesVersion}`,
          name: 'kube-apiserver',
        },
      ],
      hostNetwork: true,
    },
  });
}

/** As ss tells them of a control plane: the host's would be those of all simulated nodes together, thousands. */
function sockets({ advertiseAddress, bindPort }: Settings): string {
  const rows: readonly (readonly [address: string, process: string])[] = [
    [`${advertiseAddress}:${bindPort}`, 'kube-apiserver'],
    ...['0.0.0.0:22', '[::]:22'].map((at) => [at, 'sshd'] as const),
    ...['127.0.0.53%lo:53', '127.0.0.54:53'].map((at) => [at, 'systemd-resolve'] as const),
    ...['127.0.0.1:2379', `${advertiseAddress}:2379`, `${advertiseAddress}:2380`, '127.0.0.1:2381'].map(
      (at) => [at, 'etcd'] as const,
    ),
    ...['127.0.0.1:10248', '*:10250'].map((at) => [at, 'kubelet'] as const),
    ...['127.0.0.1:10249', '*:10256'].map((at) => [at, 'kube-proxy'] as const),
    ['127.0.0.1:10257', 'kube-controller'],
    ['127.0.0.1:10259', 'kube-scheduler'],
    ['127.0.0.1:38085', 'containerd'],
    ['127.0.0.1:9099', 'calico-node'],
    ['*:9100', 'node_exporter'],
  ];
  return rows
    .map(([at, process], index) => {
      const other = at.replace(/%.*|:\d+$/, '');
      return `LISTEN 0      4096   ${at.padStart(24)} ${`${other}:*`.padStart(17)} users:(("${process}",pid=${900 + index},fd=3))\n`;
    })
    .join('');
}

/** Programs that would tell of the host, or change it. */
const absent = ['systemctl', 'crictl', 'nerdctl', 'ctr', 'docker', 'podman', 'reboot', 'shutdown'];

function writePrograms(root: string, standIns: NodeRoot['standIns']): void {
  const folder = path.join(root, 'usr/bin');
  // Files of the node's own, where packages put them: a link would lead to somewhere else.
  for (const [name, command] of Object.entries(standIns)) copyFileSync(command, path.join(folder, name));
  const write = (name: string, script: string) => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  write('hostname', 'cat "$FIX_SANS_ROOT/etc/hostname"');
  write('ss', 'cat "$FIX_SANS_ROOT/etc/simulated-sockets"');
  write('uname', '[ "$*" = -n ] && exec hostname\nPATH=/usr/bin:/bin exec uname "$@"');
  write('whoami', 'echo "$USER"');
  // Whoever runs the simulator, the node's users are its own.
  write(
    'id',
    'case $*:$USER in\n-u:root) echo 0 ;;\n-u:*) echo 1000 ;;\n-un:*) echo "$USER" ;;\n*) PATH=/usr/bin:/bin exec id "$@" ;;\nesac',
  );
  // The environment has to stay, and with it the root.
  write(
    'sudo',
    'while :; do case ${1-} in -n|-H|-S|-E|--) shift ;; -u|-p) shift 2 ;; *) break ;; esac; done\n' +
      'USER=root LOGNAME=root HOME=$FIX_SANS_ROOT/root exec "$@"',
  );
  write('absent', 'echo "${0##*/}: not on a simulated node" >&2\nexit 127');
  for (const name of absent) symlinkSync('absent', path.join(folder, name));
}
