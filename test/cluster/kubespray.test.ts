/** Story S3's cluster: the traps that kubespray leaves are there, and the lab can put them back. */
import { expect, test } from 'vitest';
import { handshake } from '../lab/handshakes.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn, stage, swap } from './recipes.ts';

const get = onCluster('kubespray');

test('pki is a link to ssl, and what runs reads its certificate from ssl (fault 27)', async () => {
  const cluster = get();
  for (const node of cluster.controlPlanes) {
    expect(await cluster.inNode(node, 'readlink /etc/kubernetes/pki')).toBe('/etc/kubernetes/ssl\n');
    expect(
      await cluster.inNode(node, 'tr "\\0" "\\n" <"/proc/$(pgrep -x kube-apiserver)/cmdline"'),
    ).toContain('--tls-cert-file=/etc/kubernetes/ssl/apiserver.crt\n');
    expect(await cluster.inNode(node, 'cat /etc/kubernetes/kubeadm-config.yaml')).toContain(
      'kind: ClusterConfiguration',
    );
  }
});

test('kubelets dial localhost, on the worker through its nginx-proxy', async () => {
  const cluster = get();
  for (const node of cluster.nodes) {
    expect(await cluster.inNode(node, 'cat /etc/kubernetes/kubelet.conf')).toContain(
      'server: https://localhost:6443\n',
    );
  }
  const call = 'curl -sS --cacert /etc/kubernetes/pki/ca.crt https://localhost:6443/readyz';
  expect(await cluster.inNode(cluster.node('worker1'), call)).toBe('ok');
  expect(await cluster.inNode(cluster.node('worker1'), 'pgrep -x nginx')).not.toBe('');
});

test('the names added by hand are in every certificate and in no configuration', async () => {
  const cluster = get();
  const configuration = await cluster.kubectl([
    'get',
    'configmap',
    'kubeadm-config',
    '-n',
    'kube-system',
    '-o',
    'yaml',
  ]);
  expect(configuration).not.toContain('hand-added');
  for (const { address } of cluster.controlPlanes) {
    const { names } = await handshake(address, 6443);
    expect(names).toContain('DNS:k8s.hand-added.example');
    expect(names).toContain('IP Address:198.51.100.7');
  }
});

test('kubeadm without configuration takes the second interface for the address, and the wrong service range', async () => {
  const cluster = get();
  const node = cluster.node('cp2');
  const names = await cluster.inNode(
    node,
    `cd "$(mktemp -d)"
cp /etc/kubernetes/ssl/ca.crt /etc/kubernetes/ssl/ca.key .
kubeadm init phase certs apiserver --cert-dir "$PWD" --kubernetes-version "$(cat /kind/version)" >/dev/null 2>&1
${namesIn('apiserver.crt')}`,
  );
  expect(names).toContain('IP Address:10.0.2.15');
  expect(names).toContain('IP Address:10.96.0.1');
  expect(names).not.toContain(node.address);
});

test('the VIP leads to the API servers, and is in no certificate', async () => {
  const cluster = get();
  const vip = await cluster.kubectl([
    'get',
    'service',
    'apiserver-loadbalancer',
    '-n',
    'kube-system',
    '-o',
    'jsonpath={.status.loadBalancer.ingress[0].ip}',
  ]);
  const { names } = await handshake(vip, 443);
  expect(names).toContain('DNS:kubernetes.default');
  expect(names).not.toContain(vip);
  await cluster.startProbes();
  const [seen] = await cluster.askFromPod(cluster.node('worker1'), 'tls', `${vip}:443`);
  expect(seen?.error).toMatch(new RegExp(`certificate is valid for .*, not ${vip.replaceAll('.', '\\.')}$`));
});

test('a swapped certificate behind the link is put back', async () => {
  const cluster = get();
  const node = cluster.node('cp3');
  const before = await handshake(node.address, 6443);
  await cluster.inNode(node, `${stage(node, ['new.example'])}${swap}`);
  expect((await handshake(node.address, 6443)).serial).not.toBe(before.serial);
  await cluster.restore();
  expect((await handshake(node.address, 6443)).serial).toBe(before.serial);
  expect(await cluster.inNode(node, 'readlink /etc/kubernetes/pki')).toBe('/etc/kubernetes/ssl\n');
});
