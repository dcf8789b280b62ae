/** Story S3 to its end, by one apply: the VIP in all three certificates and in the inventory, and what kubespray makes of that inventory. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { buildModule, kubernetesModule } from '../lab/binaries.ts';
import type { LabCluster } from '../lab/handle.ts';
import { handshake } from '../lab/handshakes.ts';
import type { LabNode } from '../lab/state.ts';
import { kubernetesPins } from '../lab/versions.ts';
import { applyBySsh, planBySsh } from './inspected.ts';
import { playKubespray, prepareNodes, scratch } from './kubespray-runs.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn } from './recipes.ts';

const get = onCluster('kubespray');
const folder = mkdtempSync(path.join(tmpdir(), 'story-kubespray-'));
const hosts = path.join(folder, 'inventory/hosts.yaml');
const variables = path.join(folder, 'inventory/group_vars/k8s_cluster/k8s-cluster.yml');
const live = '/etc/kubernetes/ssl/apiserver.crt';
/** What v2.28 writes into every certificate, used or not, and this cluster was made without. */
const ofItself = 'DNS:lb-apiserver.kubernetes.local';
const byHand = ['198.51.100.7', 'k8s.hand-added.example'];
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** As somebody keeps it: with notes of their own, odd spaces, and kubespray's sample line. */
const before = `---
# ours since 2021; ask the network team before you touch it
kube_version:   1.34.4      # not by hand
cluster_name: cluster.local
dns_domain: cluster.local
kube_service_addresses: "10.233.0.0/18"
kube_pods_subnet: '10.233.64.0/18'

## Supplementary addresses that can be added in kubernetes ssl keys.
## That can be useful for example to setup a keepalived virtual IP
# supplementary_addresses_in_ssl_keys: [10.0.0.1, 10.0.0.2, 10.0.0.3]

etcd_deployment_type: kubeadm
vault: !unsafe "{{ not a template }}"
`;

function writeInventory({ controlPlanes }: LabCluster): void {
  const lines = controlPlanes.map(
    ({ name, address }) => `    ${name}: {ansible_host: ${address}, ip: ${address}}  # rack 2\n`,
  );
  mkdirSync(path.dirname(variables), { recursive: true });
  const group = controlPlanes.map(({ name }) => `        ${name}:\n`).join('');
  writeFileSync(
    hosts,
    `all:
  hosts:
${lines.join('')}  children:
    kube_control_plane:
      hosts:
${group}    etcd:
      hosts:
${group}    kube_node: {}
    k8s_cluster:
      children:
        kube_control_plane:
        kube_node:
`,
  );
  writeFileSync(variables, before);
  chmodSync(variables, 0o640);
}

async function namesOf(cluster: LabCluster, node: LabNode, file: string): Promise<readonly string[]> {
  const text = await cluster.inNode(node, namesIn(file));
  return text.trim().split(', ').toSorted();
}

/** The folder as it is: kinds, modes and owners, with the link before it. */
async function placeOf(cluster: LabCluster, node: LabNode): Promise<string> {
  return cluster.inNode(
    node,
    `readlink /etc/kubernetes/pki
find /etc/kubernetes/ssl /etc/kubernetes/pki -printf '%p %y %m %U %G %l\\n' | sort
find /etc/kubernetes/ssl -type f ! -name 'apiserver.*' -exec sha256sum {} + | sort`,
  );
}

test('S3: from the error to kubectl through the VIP on all three, and kubespray makes the same of the patched inventory', async () => {
  const cluster = get();
  const { controlPlanes } = cluster;
  const vip = await cluster.kubectl([
    'get',
    'service',
    'apiserver-loadbalancer',
    '--namespace=kube-system',
    '--output=jsonpath={.status.loadBalancer.ingress[0].ip}',
  ]);
  const kubeconfig = path.join(folder, 'vip.conf');
  const text = cluster.kubeconfigText().replace(/server: .*/, `server: https://${vip}:443`);
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const kubectl = path.join(await buildModule(kubernetesModule(kubernetesPins()), ['kubectl']), 'kubectl');
  const getNodes = ['--kubeconfig', kubeconfig, 'get', 'nodes', '--output', 'name'];
  const error = await execa(kubectl, getNodes, { reject: false });
  expect(error.stderr).toContain(`not ${vip}`);
  const pasted = path.join(folder, 'error.txt');
  writeFileSync(pasted, error.stderr);

  writeInventory(cluster);
  const places = await Promise.all(controlPlanes.map(async (node) => placeOf(cluster, node)));
  const names = await Promise.all(controlPlanes.map(async (node) => namesOf(cluster, node, live)));
  const saved = path.join(folder, 'plan.json');
  const nodes = ['--inventory', hosts, '--kubespray-version', 'v2.28.0'];
  const { plan } = await planBySsh(cluster, {
    nodes,
    options: ['--from-error', pasted, '--yes-names', '--out', saved],
  });
  // Both ways out: the name that works at once, and what makes the VIP last.
  expect(plan.refusals).toEqual([]);
  const atOnce = plan.wayOut?.commands.find(({ command }) => command.startsWith('kubectl --tls-server-name'));
  expect(atOnce?.command).toBeDefined();
  const patch = plan.durable.find((one) => one.kind === 'inventory');
  expect(patch?.path).toBe(variables);
  expect(patch?.names.map(({ value }) => value)).toEqual(expect.arrayContaining([vip, ...byHand]));
  expect(patch?.wouldDrop.map(({ value }) => value).toSorted()).toEqual(byHand);
  expect(patch?.command).toContain('--tags master,control-plane,facts --limit kube_control_plane');
  expect(readFileSync(variables, 'utf8')).toBe(before);

  const applied = await applyBySsh(cluster, { nodes, options: ['--plan', saved, '--write', '--yes'] });
  const { rollout, code } = applied;
  expect({ code, states: rollout.nodes.map(({ state }) => state) }, applied.stderr).toEqual({
    code: 0,
    states: ['done', 'done', 'done'],
  });
  expect(rollout.probe.endpoints.map(({ failed }) => failed)).toEqual(rollout.probe.endpoints.map(() => 0));
  const written = rollout.durable
    .filter(({ kind }) => kind !== 'advice')
    .map(({ kind, state }) => `${kind} ${state}`);
  expect(written.toSorted()).toEqual([
    'inventory written',
    'kubeadm-config written',
    ...controlPlanes.map(() => 'node-file written'),
  ]);
  // What kubespray keeps of it on each of them.
  for (const node of controlPlanes)
    expect(await cluster.inNode(node, 'cat /etc/kubernetes/kubeadm-config.yaml')).toContain(vip);

  // Every byte that was there is there, in one piece before and one after what was put in.
  const after = readFileSync(variables, 'utf8');
  const { at = 0, inserted = '' } = patch?.edit ?? {};
  expect(after).toBe(before.slice(0, at) + inserted + before.slice(at));
  expect(statSync(variables).mode & 0o777).toBe(0o640);
  for (const name of [vip, ...byHand]) expect(inserted).toContain(`- "${name}"\n`);

  await Promise.all(
    controlPlanes.map(async (node, index) => {
      expect(await placeOf(cluster, node)).toBe(places[index]);
      const had = names[index] ?? [];
      expect(had).toEqual(expect.arrayContaining(['IP Address:127.0.0.1', 'DNS:localhost']));
      expect(await namesOf(cluster, node, live)).toEqual([...had, `IP Address:${vip}`].toSorted());
    }),
  );

  await expectKubectl(cluster, { kubectl, getNodes, vip });

  const pair = `/var/lib/fix-sans/${rollout.run}`;
  await prepareNodes(cluster, pair);
  try {
    const first = await playKubespray(cluster, { inventory: hosts, folder });
    // Each lacked the VIP, so each was signed anew, by kubeadm and from the inventory.
    for (const node of controlPlanes) {
      expect(first.changed[node.name]).toBeGreaterThan(1);
      const signed = await namesOf(cluster, node, `${scratch}/ssl/apiserver.crt`);
      const ours = await namesOf(cluster, node, live);
      expect(signed).toEqual([...ours, ofItself].toSorted());
    }
    const second = await playKubespray(cluster, { inventory: hosts, folder });
    expect(second.changed).toEqual(Object.fromEntries(controlPlanes.map(({ name }) => [name, 0])));
  } finally {
    for (const node of controlPlanes) await cluster.inNode(node, `rm -rf ${scratch}`);
  }

  const again = await applyBySsh(cluster, { nodes, options: [`--san=${vip}`, '--write', '--yes'] });
  expect({ code: again.code, states: again.rollout.nodes.map(({ state }) => state) }, again.stderr).toEqual({
    code: 0,
    states: ['nothing', 'nothing', 'nothing'],
  });
  expect(readFileSync(variables, 'utf8')).toBe(after);
});

/** Whichever the VIP leads to: all three are seen behind it, and each is asked for itself under the VIP's name. */
async function expectKubectl(
  { controlPlanes }: LabCluster,
  {
    kubectl,
    getNodes,
    vip,
  }: { readonly kubectl: string; readonly getNodes: readonly string[]; readonly vip: string },
): Promise<void> {
  const serials = new Set<string | undefined>();
  for (let left = 100; left > 0 && serials.size < controlPlanes.length; left -= 1)
    serials.add((await handshake(vip, 443)).serial);
  expect(serials.size).toBe(controlPlanes.length);
  for (let call = 0; call < 10; call += 1)
    expect((await execa(kubectl, getNodes)).stdout).toContain(controlPlanes[0]?.name);
  for (const { address } of controlPlanes) {
    const itself = ['--server', `https://${address}:6443`, '--tls-server-name', vip];
    expect((await execa(kubectl, [...getNodes, ...itself])).stdout).toContain(controlPlanes[0]?.name);
  }
}
