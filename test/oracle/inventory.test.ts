/** The subset that is read without Ansible, put beside the real ansible-inventory: same nodes, same values, for each inventory. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAnsible } from '../../src/nodes/ansible-inventory.ts';
import { readInventory } from '../../src/nodes/inventory.ts';
import { readIni } from '../../src/nodes/inventory-ini.ts';
import { readVariableFiles } from '../../src/nodes/inventory-vars.ts';
import { viewOfList, viewOfTree, type InventoryView } from '../../src/nodes/inventory-view.ts';
import { readAnsibleYaml, readYamlInventory } from '../../src/nodes/inventory-yaml.ts';
import { ansibleBin } from '../support/ansible.ts';

let folder: string;
let PATH: string;

beforeAll(async () => {
  PATH = `${await ansibleBin()}:/usr/bin:/bin`;
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-ansible-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

const groupsOfVariables = (...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, `x: from ${name}\ny_${name.replaceAll(/\W/g, '_')}: 1\n`]));

const cases: readonly (readonly [string, string, Files])[] = [
  [
    'ranges, ports, quotes, comments and literals',
    `plain1
[kube_control_plane]
cp[1:3] ansible_user="a b" quoted='it''s' n=1 f=1.5 b=True none=None list="['a', 'b']" s=yes
cp04:2222 path=a\\ b
[fd00::1]:22
web-[a:c].example.com
x[1:9:4]
[kube_node]
w[08:11] v="x # y" # comment
[all:vars]
names=["10.0.0.1", 'b'] # comment
map={"address": "1.2.3.4", "port": 6443}
text = with spaces = and more
neg=-1
zero=007
hash=a#b
tuple=(1, 2)
single=(1,)
parenthesis=(1)
empty=
quoted="both"
[kube_node:vars]
names=[]
`,
    {},
  ],
  [
    'precedence of groups by depth, priority and name',
    `[kube_control_plane]
cp1
cp2 x=host
[b]
cp1
cp2
[a]
cp1
cp2
[z]
cp1
[a:vars]
x=a
ansible_group_priority=5
[b:vars]
x=b
[z:vars]
x=z
[k8s_cluster:children]
kube_control_plane
[k8s_cluster:vars]
x=cluster
only=cluster
[kube_control_plane:vars]
only=plane
[all:vars]
x=all
`,
    {},
  ],
  [
    'folders and files of variables',
    '[kube_control_plane]\ncp1\ncp2 x=inventory\n[k8s_cluster:children]\nkube_control_plane\n[all:vars]\nx=all\n',
    {
      ...groupsOfVariables(
        'group_vars/all/one.yml',
        'group_vars/all/sub/two.yml',
        'group_vars/all/three.txt',
        'group_vars/all/.hidden.yml',
      ),
      ...groupsOfVariables(
        'group_vars/k8s_cluster.yml',
        'group_vars/k8s_cluster.yaml',
        'group_vars/kube_control_plane',
        'host_vars/cp2.json.yml',
      ),
      'host_vars/cp2.yml': 'x: from host_vars\nlist: [1, two]\n',
    },
  ],
];

const yamlCases: readonly (readonly [string, string, Files])[] = [
  [
    'groups, ranges, ports, merge keys and nested children',
    `all:
  hosts:
    'cp[1:2]:2222': {ansible_host: 10.0.0.1, ip: 10.0.0.1}
    cp2: {x: 1}
  vars: &v {ansible_user: ops, nested: {a: [1, 2]}}
  children:
    k8s_cluster:
      children:
        kube_control_plane: {hosts: {cp1: , cp2: {x: 2}}, vars: {deep: plane}}
        kube_node: {hosts: {w1: {<<: *v, own: true}}}
      vars: {deep: cluster, text: "{{ never }}"}
other:
  hosts:
    cp1:
`,
    groupsOfVariables('group_vars/all.yml', 'group_vars/other.yml'),
  ],
];

function write(name: string, file: string, text: string, files: Files): string {
  const here = path.join(folder, name.replaceAll(/\W/g, '_'));
  for (const [one, content] of Object.entries({ ...files, [file]: text })) {
    mkdirSync(path.dirname(path.join(here, one)), { recursive: true });
    writeFileSync(path.join(here, one), content);
  }
  return path.join(here, file);
}

type Reading = Readonly<Record<string, unknown>>;

/** All groups with their hosts, and all hosts with the variables that Ansible names, as each of the two sees them. */
async function bothReadings(
  file: string,
  tree: ReturnType<typeof readIni>,
): Promise<{ readonly ours: Reading; readonly theirs: Reading }> {
  const asked = await askAnsible(file, { env: { PATH }, runInventory: false });
  if (asked.state !== 'read') throw new Error(`ansible-inventory: ${JSON.stringify(asked)}`);
  const { hosts } = asked.list;
  const theirs = viewOfList(file, asked.list);
  const files = await readVariableFiles(path.dirname(file), tree, [...tree.hosts.keys()]);
  const reading = (view: InventoryView): Reading => ({
    hosts: view.hostsOf('all')?.toSorted(),
    groups: theirs.groups.map((group) => [group, view.hostsOf(group)?.toSorted()]),
    variables: [...hosts].map(([host, values]) => [
      host,
      Object.keys(values).map((name) => [name, view.valueOf(host, name)]),
    ]),
  });
  return { ours: reading(viewOfTree(file, tree, files)), theirs: reading(theirs) };
}

test.each(cases)('INI: %s', async (name, text, files) => {
  const file = write(name, 'hosts', text, files);
  const { ours, theirs } = await bothReadings(file, readIni(text, file));
  expect(ours).toEqual(theirs);
});

test.each(yamlCases)('YAML: %s', async (name, text, files) => {
  const file = write(name, 'hosts.yaml', text, files);
  const tree = readYamlInventory(readAnsibleYaml(text, file, 'the inventory'), file);
  const { ours, theirs } = await bothReadings(file, tree);
  expect(ours).toEqual(theirs);
});

test('a whole inventory is read by Ansible, with the places of settings from our own reading', async () => {
  const text = '[kube_control_plane]\ncp1 ansible_host=10.0.0.1\n';
  const files = { 'group_vars/all.yml': 'supplementary_addresses_in_ssl_keys: [a, b]\n' };
  const { facts, warnings } = await readInventory(write('whole', 'hosts', text, files), {
    env: { PATH },
    runInventory: false,
  });
  expect(facts).toMatchObject({
    readBy: 'ansible-inventory',
    supplementary: ['a', 'b'],
    supplementarySetIn: ['group_vars/all.yml:1'],
  });
  expect(warnings).toEqual([]);
});

test('with consent, Ansible runs a program', async () => {
  const file = write(
    'dynamic',
    'hosts.sh',
    `#!/bin/sh\necho '{"kube_control_plane":{"hosts":["cp1"]},"_meta":{"hostvars":{"cp1":{"ansible_host":"10.0.0.7"}}}}'\n`,
    {},
  );
  chmodSync(file, 0o755);
  const { nodes } = await readInventory(file, { env: { PATH, HOME: folder }, runInventory: true });
  expect(nodes).toMatchObject([{ name: 'cp1', target: { host: '10.0.0.7' } }]);
});
