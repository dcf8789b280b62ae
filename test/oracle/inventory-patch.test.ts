/** The patched inventory as the real ansible-inventory reads it: each control plane gets exactly the wanted list, whatever file is in effect. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInventory } from '../../src/nodes/inventory.ts';
import { applyEdit } from '../../src/plan/kubespray-change.ts';
import { ansibleBin } from '../support/ansible.ts';
import { addressOf, buildFacts } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';

const variable = 'supplementary_addresses_in_ssl_keys';
/** In the order in which a plan has them. */
const wanted = ['api.example.com', '192.168.56.42', '2001:db8::42'];
let folder: string;
let PATH: string;

beforeAll(async () => {
  PATH = `${await ansibleBin()}:/usr/bin:/bin`;
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-patched-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

const hosts = `[kube_control_plane]
cp1 ansible_host=${addressOf(1)}
cp2 ansible_host=${addressOf(2)}
cp3 ansible_host=${addressOf(3)}
[kube_node]
w1 ansible_host=10.0.0.99
[k8s_cluster:children]
kube_control_plane
kube_node
`;

function setTo(...items: readonly string[]): string {
  return `other: 0644\n${variable}: [${items.join(', ')}]\n`;
}

function write(name: string, files: Files): string {
  const here = path.join(folder, name.replaceAll(/\W+/g, '_'));
  for (const [one, text] of Object.entries({ 'hosts.ini': hosts, ...files })) {
    mkdirSync(path.dirname(path.join(here, one)), { recursive: true });
    writeFileSync(path.join(here, one), text);
  }
  return path.join(here, 'hosts.ini');
}

/** What is in effect for each host. */
async function listed(
  inventory: string,
  ...flags: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await execa('ansible-inventory', ['--inventory', inventory, '--list', ...flags], {
    extendEnv: false,
    cwd: path.dirname(inventory),
    env: { PATH, HOME: folder, LC_ALL: 'C.UTF-8' },
  });
  const { _meta } = JSON.parse(stdout) as {
    readonly _meta: { readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  };
  return Object.fromEntries(
    ['cp1', 'cp2', 'cp3', 'w1'].map((host) => [host, _meta.hostvars[host]?.[variable]]),
  );
}

/** As `plan --write` does it, but that the cluster is facts; returns how many files were changed. */
async function patch(inventory: string): Promise<number> {
  const { source, facts } = await readInventory(inventory, { env: { PATH }, runInventory: false });
  if (source === undefined) throw new Error('no source');
  const others = [1, 2, 3].flatMap((number) => [`cp${number}`, addressOf(number)]);
  const cluster = buildFacts({
    isKubespray: true,
    certSans: ['localhost', '127.0.0.1', '::1', ...others],
  });
  const plan = planFor(
    { ...cluster, inventory: { ...facts, kubesprayVersion: '2.28.1' } },
    asking(wanted, { inventory: source }),
  );
  const edits = plan.durable.flatMap((change) => (change.kind === 'inventory' ? [change] : []));
  for (const { path: file, edit } of edits) {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const after = applyEdit(before, edit);
    if (after === undefined) throw new Error(`${file} is another`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, after);
  }
  return edits.length;
}

/** For cp1, cp2, cp3 and the worker: what stands before the wanted names; undefined where the file is not the one in effect. */
type Before = readonly (readonly string[] | undefined)[];

const none: Before = [[], [], [], []];
/** What the first control plane has is in kubeadm-config, and so is wanted on the others too. */
type Also = Readonly<Record<string, readonly (string | undefined)[]>>;
const cases: readonly (readonly [string, Files, Before, Also?])[] = [
  ['nowhere, and there are no group_vars', {}, none],
  [
    'nowhere, with the sample line of kubespray',
    { 'group_vars/k8s_cluster/k8s-cluster.yml': `---\na: 1\n# ${variable}: [10.0.0.1, 10.0.0.2]\nb: 2\n` },
    none,
  ],
  [
    'group_vars/all alone',
    { 'group_vars/all/all.yml': setTo('a.example') },
    [['a.example'], ['a.example'], ['a.example'], ['a.example']],
  ],
  [
    'k8s_cluster before all',
    {
      'group_vars/all.yml': setTo('a.example'),
      'group_vars/k8s_cluster.yml': setTo('k.example', '10.9.9.9'),
    },
    [
      ['k.example', '10.9.9.9'],
      ['k.example', '10.9.9.9'],
      ['k.example', '10.9.9.9'],
      ['k.example', '10.9.9.9'],
    ],
  ],
  [
    'kube_control_plane before k8s_cluster and all',
    {
      'group_vars/all.yml': setTo('a.example'),
      'group_vars/k8s_cluster/k8s-cluster.yml': setTo('k.example'),
      'group_vars/kube_control_plane.yml': setTo('c.example'),
    },
    [['c.example'], ['c.example'], ['c.example'], undefined],
  ],
  [
    'host_vars of one before kube_control_plane of the others',
    {
      'group_vars/kube_control_plane/a.yml': setTo('c.example'),
      'host_vars/cp2.yml': setTo('h.example'),
    },
    [['c.example'], ['h.example'], ['c.example'], undefined],
    { cp2: ['h.example', wanted[0], 'c.example', ...wanted.slice(1)] },
  ],
  [
    'host_vars of one, and nowhere for the others',
    { 'host_vars/cp2/x.yml': setTo('h.example') },
    [[], ['h.example'], [], []],
  ],
  [
    'host_vars of all of them',
    {
      'group_vars/k8s_cluster.yml': setTo('k.example'),
      'host_vars/cp1.yml': setTo('1.example'),
      'host_vars/cp2.yml': setTo('2.example'),
      'host_vars/cp3.yml': setTo('3.example'),
    },
    [['1.example'], ['2.example'], ['3.example'], undefined],
    { cp2: ['2.example', '1.example', ...wanted], cp3: ['3.example', '1.example', ...wanted] },
  ],
  [
    'host_vars of a worker change nothing',
    { 'host_vars/w1.yml': setTo('w.example'), 'group_vars/all.yml': setTo('a.example') },
    [['a.example'], ['a.example'], ['a.example'], undefined],
  ],
  [
    'two files of one group, of which the later wins',
    {
      'group_vars/k8s_cluster/a.yml': setTo('early.example'),
      'group_vars/k8s_cluster/b.yml': setTo('late.example'),
    },
    [['late.example'], ['late.example'], ['late.example'], ['late.example']],
  ],
  [
    'a block list with comments, Windows line ends and a vault beside it',
    {
      'group_vars/all.yml': `s: !vault |\r\n  $ANSIBLE_VAULT;1.1;AES256\r\n  6162\r\n${variable}: # ours\r\n  - a.example # old\r\n  - 10.1.1.1\r\n# end\r\n`,
    },
    [
      ['a.example', '10.1.1.1'],
      ['a.example', '10.1.1.1'],
      ['a.example', '10.1.1.1'],
      ['a.example', '10.1.1.1'],
    ],
  ],
  ['an empty list', { 'group_vars/all.yml': `${variable}: []\n` }, none],
  ['nothing behind the key', { 'group_vars/all.yml': `${variable}:\nb: 1\n` }, none],
];

describe('each control plane has what it had and what is wanted, once', () => {
  test.each(cases.map(([name, files, before, also = {}]) => ({ name, files, before, also })))(
    '$name',
    async ({ name, files, before, also }) => {
      const inventory = write(name, files);
      const untouched = await listed(inventory);
      expect(await patch(inventory)).toBeGreaterThan(0);
      const after = await listed(inventory);
      for (const [at, host] of ['cp1', 'cp2', 'cp3'].entries())
        expect(after[host]).toEqual(also[host] ?? [...(before[at] ?? []), ...wanted]);
      // A worker has what its groups have, and host_vars of its own stay.
      expect(after['w1']).toEqual(before[3] === undefined ? untouched['w1'] : [...before[3], ...wanted]);
      expect(await patch(inventory)).toBe(0);
    },
  );
});

test('-e goes before every file, which the plan can only say', async () => {
  const inventory = write('extra', { 'host_vars/cp1.yml': setTo('h.example') });
  await patch(inventory);
  const extra = JSON.stringify({ [variable]: ['only.example'] });
  expect((await listed(inventory, '--extra-vars', extra))['cp1']).toEqual(['only.example']);
});

test('the rest of each file reads as before', async () => {
  const text = `a: 0644\nb: yes\nc: "{{ d }}"\n${variable}: [x.example]\nd: |\n  text\n`;
  const inventory = write('rest', { 'group_vars/all.yml': text });
  await patch(inventory);
  const file = path.join(path.dirname(inventory), 'group_vars/all.yml');
  expect(readFileSync(file, 'utf8')).toBe(
    text.replace('[x.example]', `[x.example, ${wanted.map((one) => JSON.stringify(one)).join(', ')}]`),
  );
});
