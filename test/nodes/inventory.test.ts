import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatTarget } from '../../src/model/node.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type Inventory, readInventory } from '../../src/nodes/inventory.ts';
import { processorTime } from '../support/patience.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fix-sans-inventory-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string, mode = 0o644): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** Without Ansible: nothing is in this PATH. */
function read(file: string, more: { runInventory?: boolean; PATH?: string } = {}): Promise<Inventory> {
  return readInventory(file, {
    env: { PATH: more.PATH ?? path.join(folder, 'no-bin') },
    runInventory: more.runInventory ?? false,
  });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (!(error instanceof UserError)) throw new Error(`no refusal: ${String(error)}`);
  return `${error.message} | ${error.hint}`;
}

const touching = (ran: string): string => `#!/bin/sh\ntouch ${ran}\necho '{}'\n`;
const PATH = (): string => `${path.join(folder, 'bin')}:/usr/bin:/bin`;
/** `cp1 control-plane ssh://ops@10.0.0.1` */
function nodes({ nodes: found }: Inventory): readonly string[] {
  return found.map(({ name, role, target }) => `${name} ${role} ${formatTarget(target)}`);
}

const ini = `# kubespray's sample, more or less
[all]
node1 ansible_host=10.0.0.1 ip=10.0.0.1 etcd_member_name=etcd1   # the first
node2 ansible_host=10.0.0.2 ansible_port=2222
; an old comment
node[03:05] ansible_user='ops'

[kube_control_plane]
node1
node2

[kube_node:children]
workers
kube_control_plane

[workers]
node[03:05]
[2001:db8::7]:2200

[k8s_cluster:children]
kube_control_plane
kube_node

[all:vars]
ansible_user=root
supplementary_addresses_in_ssl_keys=["10.9.9.9", 'api.example.com'] # both
kube_service_addresses=10.233.0.0/18
`;

describe('a static INI inventory', () => {
  test('gives control planes and workers, with address, port and user as Ansible would use them', async () => {
    const inventory = await read(write('inventory.ini', ini));
    expect(nodes(inventory)).toEqual([
      'node1 control-plane ssh://root@10.0.0.1',
      'node2 control-plane ssh://root@10.0.0.2:2222',
      'node03 worker ssh://ops@node03',
      'node04 worker ssh://ops@node04',
      'node05 worker ssh://ops@node05',
      '2001:db8::7 worker ssh://root@[2001:db8::7]:2200',
    ]);
    expect(inventory.facts).toEqual({
      path: path.join(folder, 'inventory.ini'),
      readBy: 'subset',
      supplementary: ['10.9.9.9', 'api.example.com'],
      supplementarySetIn: ['inventory.ini:26'],
      serviceRange: '10.233.0.0/18',
    });
    expect(inventory.warnings).toEqual([]);
  });

  test('the old group name of control planes is known', async () => {
    const file = write('hosts', '[kube-master]\ncp1\n[kube-node]\nw1\n');
    expect(nodes(await read(file))).toEqual(['cp1 control-plane ssh://cp1', 'w1 worker ssh://w1']);
  });

  test.each([
    ['[kube_control_plane]\nnode[01:x]\n', 'line 2: node[01:x] has a range [01:x] that is none'],
    ['[kube_control_plane]\nnode[1:9999]\n', 'line 2'],
    ['[kube_control_plane]\nnode[1:99][1:99]\n', 'stands for more than 5000 hosts'],
    ['[kube_control_plane]\ncp1 "x\n', 'line 2: a quote is not closed'],
    ['[kube_control_plane]\ncp1 x\n', 'line 2: x is no variable'],
    ['[kube_control_plane:things]\n', 'line 1: [kube_control_plane:things] is no section'],
    ['[a:children]\nb\n[b:children]\na\n', 'is below itself'],
    ['[kube_contol_plane]\ncp1\n', 'did you mean "kube_contol_plane"?'],
    ['[kube_control_plane]\n', 'has no host in the group kube_control_plane'],
    [
      "[kube_control_plane]\ncp1 ansible_host=\"{{ lookup('pipe', 'id') }}\"\n",
      'line 2: ansible_host of cp1 is a Jinja template',
    ],
    ['[kube_control_plane]\ncp1 ansible_host=-oProxyCommand=id\n', 'a host never starts with a dash'],
    ['[kube_control_plane]\ncp1 ansible_user="a;b"\n', 'no user name has'],
    ['[kube_control_plane]\ncp1 ansible_port=ssh\n', 'is no port'],
    ['[kube_control_plane]\ncp1 ansible_connection=winrm\n', 'which is not supported'],
    ['[kube_control_plane]\ncp1 ansible_host="[1, 2]"\n', 'neither a text nor a number'],
  ])('%j is refused', async (text, fault) => {
    expect(await refusal(read(write('hosts', text)))).toContain(fault);
  });

  test('local and docker connections are kept', async () => {
    const file = write(
      'hosts',
      '[kube_control_plane]\na ansible_connection=local\nb ansible_connection=community.docker.docker ansible_host=kind-cp\n',
    );
    expect(nodes(await read(file))).toEqual(['a control-plane local:', 'b control-plane docker://kind-cp']);
  });

  test('what is set for ssh and not used is said', async () => {
    const file = write(
      'hosts',
      `[kube_control_plane]\ncp1\n[all:vars]\nansible_ssh_common_args=-J bastion\nansible_ssh_private_key_file=~/.ssh/k\n`,
    );
    expect((await read(file)).warnings).toEqual([
      expect.stringContaining('ansible_ssh_common_args is not used'),
      expect.stringContaining('give the key with --identity'),
    ]);
  });
});

const yaml = `all:
  hosts:
    node[1:2]: {ansible_host: 10.0.0.9}
    node2:
      ansible_host: 10.0.0.2
      ansible_port: 2222
  vars: &common
    ansible_user: ops
  children:
    kube_control_plane:
      hosts: {node1: , node2: }
    kube_node:
      hosts:
        w1:
          <<: *common
          ansible_user: worker
    k8s_cluster:
      children: {kube_control_plane: , kube_node: }
`;

describe('a static YAML inventory', () => {
  test('gives the same as INI would', async () => {
    const inventory = await read(write('hosts.yaml', yaml));
    expect(nodes(inventory)).toEqual([
      'node1 control-plane ssh://ops@10.0.0.9',
      'node2 control-plane ssh://ops@10.0.0.2:2222',
      'w1 worker ssh://worker@w1',
    ]);
  });

  test.each([
    [
      'a group that is no map',
      'kube_control_plane: [cp1]\n',
      'line 1, column 1: kube_control_plane is no map',
    ],
    ['hosts as a list', 'kube_control_plane: {hosts: [cp1]}\n', 'kube_control_plane.hosts is no map'],
    [
      'a vault value that is needed',
      'kube_control_plane:\n  hosts:\n    cp1:\n      ansible_host: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        3132\n',
      'line 4: ansible_host of cp1 is encrypted',
    ],
    ['an unquoted template', 'kube_control_plane:\n  hosts:\n    cp1: {ansible_host: {{ x }}}\n', 'line 3'],
    ['an unknown tag', 'kube_control_plane: !!python/object/apply:os.system [id]\n', 'tag'],
    ['a bomb', '['.repeat(10_000), 'line 1, column'],
  ])('%s is refused', async (_, text, fault) => {
    expect(await refusal(read(write('hosts.yml', text)))).toContain(fault);
  });

  test('a vault value that is not needed is left alone', async () => {
    const text =
      'kube_control_plane:\n  hosts:\n    cp1:\n  vars:\n    secret: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3132\n';
    expect(nodes(await read(write('hosts.yml', text)))).toEqual(['cp1 control-plane ssh://cp1']);
  });
});

describe('what kubespray is told about the certificate', () => {
  const hosts = '[kube_control_plane]\ncp1\ncp2\n[k8s_cluster:children]\nkube_control_plane\n';
  const variable = 'supplementary_addresses_in_ssl_keys';

  test('the strongest place wins, and all places are shown from the weakest on', async () => {
    write('group_vars/all/all.yml', `${variable}: [a]\n`);
    write('group_vars/all/zzz.txt', 'not: {{ read }}\n');
    write('group_vars/k8s_cluster/k8s-cluster.yml', `---\nx: 1\n${variable}: [b]\n`);
    write('group_vars/kube_control_plane.yml', `${variable}: [c]\n`);
    write('host_vars/cp1', `${variable}: [d, 10.0.0.1]\n`);
    const { facts, warnings } = await read(write('hosts.ini', `${hosts}[all:vars]\n${variable}=["e"]\n`));
    expect(facts.supplementary).toEqual(['d', '10.0.0.1']);
    expect(facts.supplementarySetIn).toEqual([
      'hosts.ini:7',
      'group_vars/all/all.yml:1',
      'group_vars/k8s_cluster/k8s-cluster.yml:3',
      'group_vars/kube_control_plane.yml:1',
      'host_vars/cp1:1',
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('the last one is in effect and replaces the others'),
      expect.stringContaining('not the same for all control planes: cp1, cp2'),
    ]);
  });

  test.each([
    ['"{{ groups.all }}"', 'is a Jinja template'],
    ['["{{ x }}"]', 'holds a Jinja template'],
    ['api.example.com', 'is a text, not a list'],
    ['[10.0]', 'holds the number 10; put it in quotes'],
    ['!vault abc', 'is encrypted with Ansible Vault'],
  ])('a value %s is not read, and that is said', async (value, fault) => {
    write('group_vars/all.yml', `${variable}: ${value}\n`);
    const { facts, warnings } = await read(write('hosts.ini', hosts));
    expect(facts.supplementary).toBeUndefined();
    expect(facts.supplementaryFault).toContain(fault);
    expect(warnings.join()).toContain(`${variable} (group_vars/all.yml:1) ${fault}`);
  });

  test('an encrypted file of variables is said', async () => {
    write('group_vars/all/vault.yml', '$ANSIBLE_VAULT;1.1;AES256\n3132\n');
    expect((await read(write('hosts.ini', hosts))).warnings).toEqual([
      expect.stringContaining('vault.yml is encrypted'),
    ]);
  });

  test("load balancer and kubespray's version are found", async () => {
    write('galaxy.yml', 'namespace: kubernetes_sigs\nname: kubespray\nversion: 2.31.0\n');
    write(
      'inventory/my/group_vars/all/all.yml',
      'apiserver_loadbalancer_domain_name: elb.example.com\nloadbalancer_apiserver: {address: 1.2.3.4, port: 6443}\n',
    );
    expect((await read(write('inventory/my/hosts.ini', hosts))).facts).toMatchObject({
      loadBalancerAddress: '1.2.3.4',
      loadBalancerName: 'elb.example.com',
      kubesprayVersion: '2.31.0',
    });
  });

  test('a group name that is a path is never opened', async () => {
    write('evil.yml', `${variable}: [evil]\n`);
    const text = 'kube_control_plane: {hosts: {cp1: }}\n../evil: {hosts: {cp1: }}\n';
    expect((await read(write('inv/hosts.yml', text))).facts.supplementary).toBeUndefined();
  });
});

describe('an inventory that is a program', () => {
  test('is not run without --run-inventory', async () => {
    const ran = path.join(folder, 'ran');
    for (const mode of [0o644, 0o755])
      expect(await refusal(read(write('inventory.py', touching(ran), mode)))).toContain(
        'is a program | allow it to run with --run-inventory',
      );
    expect(existsSync(ran)).toBe(false);
  });

  test('nor is a plugin', async () => {
    expect(await refusal(read(write('aws_ec2.yml', 'plugin: amazon.aws.aws_ec2\n')))).toContain(
      'runs the plugin amazon.aws.aws_ec2',
    );
  });

  test('with consent it needs Ansible', async () => {
    expect(await refusal(read(write('i', touching('/dev/null'), 0o755), { runInventory: true }))).toContain(
      'ansible-inventory is not installed',
    );
  });

  test('a static file that is merely marked executable is read, never given to Ansible', async () => {
    const ran = path.join(folder, 'ran');
    write('bin/ansible-inventory', `#!/bin/sh\n${touching(ran)}`, 0o755);
    const inventory = await read(write('hosts', '[kube_control_plane]\ncp1\n', 0o755), {
      PATH: path.join(folder, 'bin'),
    });
    expect(nodes(inventory)).toEqual(['cp1 control-plane ssh://cp1']);
    expect(inventory.warnings).toEqual([expect.stringContaining('marked executable')]);
    expect(existsSync(ran)).toBe(false);
  });
});

describe('with an ansible-inventory in PATH', () => {
  const list = JSON.stringify({
    _meta: {
      hostvars: {
        cp1: { ansible_host: '10.0.0.1', ansible_user: 'ops', supplementary_addresses_in_ssl_keys: ['x'] },
        __proto__: {},
      },
    },
    all: { children: ['ungrouped', 'kube_control_plane'] },
    kube_control_plane: { hosts: ['cp1'] },
  });

  test('it is asked, closed to plugins and configuration, and its word counts', async () => {
    write(
      'bin/ansible-inventory',
      `#!/bin/sh\necho "$@" > ${folder}/asked\nenv >> ${folder}/asked\ncat <<'EOF'\n${list}\nEOF\n`,
      0o755,
    );
    const file = write('hosts', '[kube_control_plane]\ncp1 supplementary_addresses_in_ssl_keys=["weak"]\n');
    const inventory = await readInventory(file, {
      env: { PATH: PATH(), ANSIBLE_INVENTORY_PLUGINS: '/evil', SECRET: 'kept' },
      runInventory: false,
    });
    expect(nodes(inventory)).toEqual(['cp1 control-plane ssh://ops@10.0.0.1']);
    expect(inventory.facts).toMatchObject({
      readBy: 'ansible-inventory',
      supplementary: ['x'],
      supplementarySetIn: ['hosts:2'],
    });
    const asked = spawnSync('cat', [path.join(folder, 'asked')], { encoding: 'utf8' }).stdout;
    expect(asked).toContain(`--inventory ${file} --list`);
    expect(asked).toContain('ANSIBLE_INVENTORY_ENABLED=yaml,ini');
    expect(asked).not.toContain('/evil');
  });

  test.each([
    ['exit 3', 'exit status 3'],
    ['echo ERROR! broken >&2; exit 1', 'ERROR! broken'],
    ['echo no json', 'its output is not JSON'],
  ])('that fails (%s) the subset is read, and that is said', async (script, fault) => {
    write('bin/ansible-inventory', `#!/bin/sh\n${script}\n`, 0o755);
    const inventory = await read(write('hosts', '[kube_control_plane]\ncp1\n'), { PATH: PATH() });
    expect(inventory.facts.readBy).toBe('subset');
    expect(inventory.warnings).toEqual([expect.stringContaining(fault)]);
  });

  test('its saved output is an inventory too', async () => {
    const inventory = await read(write('hosts.json', list));
    expect(nodes(inventory)).toEqual(['cp1 control-plane ssh://ops@10.0.0.1']);
  });
});

test('five hundred nodes in forty groups are read in a moment', async () => {
  const groups = Array.from({ length: 40 }, (_, n) => `[g${n}]\nw[001:480]\n[g${n}:vars]\nv=${n}\n`).join('');
  const text = `[kube_control_plane]\ncp[01:20]\n[kube_node]\nw[001:480]\n${groups}[all:vars]\nansible_user=ops\n`;
  const file = write('hosts', text);
  const took = await processorTime(async () => {
    expect((await read(file)).nodes).toHaveLength(500);
  });
  expect(took).toBeLessThan(3000);
});

describe('a path that leads somewhere odd is refused', () => {
  test('a link, a folder, a FIFO, a device, nothing, too much', async () => {
    const file = write('hosts', '[kube_control_plane]\ncp1\n');
    symlinkSync(file, path.join(folder, 'link'));
    spawnSync('mkfifo', [path.join(folder, 'fifo')]);
    write('large', '#'.repeat(1024 * 1024 + 1));
    expect(await refusal(read(path.join(folder, 'link')))).toContain('is a symbolic link');
    expect(await refusal(read(folder))).toContain('is a folder');
    expect(await refusal(read('../../etc'))).toMatch(/is a folder|does not exist/);
    expect(await refusal(read(path.join(folder, 'fifo')))).toContain('not a regular file');
    expect(await refusal(read('/dev/zero'))).toContain('not a regular file');
    expect(await refusal(read(path.join(folder, 'nothing')))).toContain('it does not exist');
    expect(await refusal(read(path.join(file, 'x')))).toContain('no folder');
    expect(await refusal(read(path.join(folder, 'large')))).toContain('larger than 1048576 bytes');
    expect(await refusal(read('~/hosts'))).toContain('HOME, which is not set');
    expect(await refusal(read(write('x.toml', 'a = 1\n')))).toContain('is TOML');
  });
});
