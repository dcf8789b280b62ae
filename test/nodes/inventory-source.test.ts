/** Which files of an inventory a plan may patch, and when it must not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InventorySource } from '../../src/model/inventory-source.ts';
import { readInventory } from '../../src/nodes/inventory.ts';

const list = 'supplementary_addresses_in_ssl_keys: [10.0.0.9]\n';
const hosts = `[kube_control_plane]
cp1 ansible_host=10.0.0.1
cp2 ansible_host=10.0.0.2
[kube_node]
w1 ansible_host=10.0.0.3
[k8s_cluster:children]
kube_control_plane
kube_node
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-inventory-'));
  return () => rmSync(folder, { recursive: true });
});

async function sourceOf(files: Readonly<Record<string, string>>): Promise<InventorySource> {
  for (const [name, text] of Object.entries({ 'hosts.ini': hosts, ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  // Without Ansible: the subset is read.
  const { source } = await readInventory(path.join(folder, 'hosts.ini'), {
    env: { PATH: '' },
    runInventory: false,
  });
  if (source === undefined) throw new Error('no source');
  return source;
}

const relative = ({ files }: InventorySource) =>
  files.map((one) => [path.relative(folder, one.path), one.level]);

test('where it is nowhere, it belongs into the file of the sample, which need not be there', async () => {
  const { files, belongs, fault, controlPlanes } = await sourceOf({});
  expect({ files, fault, controlPlanes }).toEqual({
    files: [],
    fault: undefined,
    controlPlanes: ['cp1', 'cp2'],
  });
  expect(belongs).toEqual({ path: path.join(folder, 'group_vars/k8s_cluster/k8s-cluster.yml'), text: '' });
});

test('a file that is there is read', async () => {
  const { belongs } = await sourceOf({ 'group_vars/k8s_cluster/k8s-cluster.yml': 'a: 1\n' });
  expect(belongs.text).toBe('a: 1\n');
});

test('each place that sets it, with its level', async () => {
  const source = await sourceOf({
    'group_vars/all/all.yml': list,
    'group_vars/k8s_cluster/k8s-cluster.yml': list,
    'group_vars/kube_control_plane.yml': list,
    'host_vars/cp2.yml': list,
    'host_vars/w1.yml': list,
    'group_vars/kube_node.yml': list,
  });
  expect(source.fault).toBeUndefined();
  expect(relative(source)).toEqual([
    ['group_vars/all/all.yml', 'all'],
    ['group_vars/k8s_cluster/k8s-cluster.yml', 'k8s_cluster'],
    ['group_vars/kube_control_plane.yml', 'kube_control_plane'],
    ['host_vars/cp2.yml', 'host'],
  ]);
  expect(source.files.at(-1)?.host).toBe('cp2');
});

describe('is not edited', () => {
  test('where the inventory itself sets it', async () => {
    const { fault } = await sourceOf({
      'hosts.ini': `${hosts}[all:vars]\nsupplementary_addresses_in_ssl_keys=["10.0.0.9"]\n`,
    });
    expect(fault).toMatchObject({ where: expect.stringMatching(/hosts\.ini:\d+$/) as string });
  });

  test("where a group of the site's own sets it", async () => {
    const { fault } = await sourceOf({
      'hosts.ini': `${hosts}[berlin]\ncp1\ncp2\n`,
      'group_vars/berlin.yml': list,
    });
    expect(fault?.where).toBe(`${path.join(folder, 'group_vars/berlin.yml')}:1`);
  });

  test('where a file that is encrypted as a whole would be stronger, but not where it is weaker', async () => {
    const vault = '$ANSIBLE_VAULT;1.1;AES256\n6162\n';
    const weaker = await sourceOf({ 'group_vars/all/vault.yml': vault, 'group_vars/k8s_cluster.yml': list });
    expect(weaker.fault).toBeUndefined();
    const stronger = await sourceOf({ 'group_vars/kube_control_plane.yml': vault });
    expect(stronger.fault?.why).toContain('is encrypted');
  });
});
