/** Inventories of Ansible: INI, YAML, JSON, patterns of hosts, and the literals of Python in them. */
import { readYaml } from '../../src/model/safe-yaml.ts';
import { readList } from '../../src/nodes/ansible-inventory.ts';
import { expandPattern } from '../../src/nodes/host-pattern.ts';
import { readIni } from '../../src/nodes/inventory-ini.ts';
import { groupOrder, hostsOf, loopIn, type Tree } from '../../src/nodes/inventory-tree.ts';
import {
  isList,
  pluginOf,
  readAnsibleYaml,
  readSettings,
  readYamlInventory,
} from '../../src/nodes/inventory-yaml.ts';
import { readLiteral } from '../../src/nodes/python-literal.ts';
import { must, orRefused, type Parser } from './parser.ts';

const ini = `# kubespray
[all]
cp[1:3] ansible_host=10.0.0.1 ip=10.0.0.1 ansible_user='ops' x="{'a': [1, 2.5, None, True]}"
w-[a:c] ansible_port=2222
[kube_control_plane]
cp1
[k8s_cluster:children]
kube_control_plane
[all:vars]
ansible_user=ubuntu
supplementary_addresses_in_ssl_keys=['a.example', "10.0.0.9"]
`;
const yaml = `all:
  hosts:
    cp1: {ansible_host: 10.0.0.1, ip: 10.0.0.1}
    cp2:
      ansible_host: "10.0.0.2"
      ansible_password: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        3132
  vars: &v
    ansible_user: ops
  children:
    kube_control_plane:
      vars: {<<: *v, x: 1}
      hosts: {"cp[1:2]": }
    k8s_cluster:
      children: {kube_control_plane: {}}
`;
const json = JSON.stringify({
  _meta: { hostvars: { cp1: { ansible_host: '10.0.0.1', ansible_port: 22 } } },
  all: { children: ['ungrouped', 'kube_control_plane'] },
  kube_control_plane: { hosts: ['cp1'], children: [] },
});
/** Nine times nine times nine … */
const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(9)}]`),
].join('\n');
const merges = `a: &a {k: 1}\n${Array.from({ length: 300 }, (_, at) => `m${at}: &m${at}\n  <<: ${at === 0 ? '*a' : `[*m${at - 1}, *m${at - 1}]`}\n`).join('')}`;

const iniPieces = [
  '[a:children]\n',
  '[b:vars]\n',
  '[all]\n',
  '[a]\n',
  'n[1:3]',
  'n[a:c:2]',
  'x=1',
  ' ',
  '\n',
  '=',
  "'",
  '"',
  '{',
  '}',
  '#',
  ';',
  'b',
  'ansible_host=10.0.0.1',
];
const yamlPieces = [
  'all:',
  '\n',
  ' ',
  '  ',
  '- ',
  'hosts:',
  'children:',
  'vars:',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '<<: ',
  '? ',
  ': ',
  '!vault |',
  '!!str ',
  '"',
  "'",
  '|',
  '>',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '#',
  'plugin: x',
];

function treeHolds(tree: Tree): void {
  if (loopIn(tree) !== undefined) return;
  const order = groupOrder(tree);
  for (const host of [...tree.hosts.keys()].slice(0, 50))
    must(order(host)[0] === 'all', 'all is not the first group');
  must((hostsOf(tree, 'all') ?? []).length <= tree.hosts.size, 'more hosts below all than there are');
}

export const inventoryParsers: readonly Parser[] = [
  {
    name: 'inventories in INI',
    seeds: [ini],
    pieces: iniPieces,
    inputs: 6000,
    read: (bytes) => {
      const tree = orRefused(() => readIni(bytes.toString('utf8'), 'hosts'));
      if (tree !== undefined) treeHolds(tree);
    },
  },
  {
    name: 'inventories in YAML',
    seeds: [yaml, bomb, merges],
    pieces: yamlPieces,
    inputs: 4000,
    read: (bytes) =>
      orRefused(() => {
        const reading = readAnsibleYaml(bytes.toString('utf8'), 'hosts.yml', 'the inventory');
        pluginOf(reading);
        isList(reading);
        orRefused(() => readSettings(reading, 'all.yml'));
        treeHolds(readYamlInventory(reading, 'hosts.yml'));
      }),
  },
  {
    name: 'YAML of all kinds',
    passes: 2,
    seeds: [yaml, bomb, merges, json],
    pieces: yamlPieces,
    inputs: 4000,
    read: (bytes) => {
      for (const merge of [false, true]) {
        const reading = readYaml(bytes.toString('utf8'), { merge });
        if (reading.ok) {
          const { line } = reading.placeOf(['all', 'hosts', 0, 'x']);
          must(line >= 1, 'a place before the first line');
          must(
            Object.getPrototypeOf({}) === Object.prototype && !('polluted' in {}),
            'the prototype was changed',
          );
        } else
          must(reading.line >= 1 && reading.column >= 1 && reading.fault !== '', 'a fault without a place');
      }
    },
  },
  {
    name: 'what ansible-inventory prints',
    seeds: [json],
    pieces: ['{', '}', '[', ']', '"_meta":', '"hostvars":', '"__proto__":', '"hosts":', ',', '"a"', 'null'],
    inputs: 4000,
    read: (bytes) => {
      const reading = readList(bytes.toString('utf8'));
      if (reading.state !== 'read') return;
      for (const { hosts, children } of reading.list.groups.values())
        must(
          [...hosts, ...children].every((one) => typeof one === 'string'),
          'a host that is no text',
        );
    },
  },
  {
    name: 'patterns of hosts',
    seeds: ['cp[1:3]', 'w-[a:c]', 'x[01:20:2].example', 'a[1:2]b[1:2]'],
    pieces: ['[', ']', ':', '1', '9', 'a', 'z', '-', '0', '[1:2]', '[1:99999]', '[0:9999999999]'],
    inputs: 10_000,
    read: (bytes) => {
      const reading = expandPattern(bytes.toString('utf8'));
      if (!reading.ok) must(reading.fault.length < 500, 'a fault without end');
      else must(reading.hosts.length <= 5000, 'more hosts than anybody has');
    },
  },
  {
    name: 'literals of Python',
    seeds: [
      "['a.example', \"10.0.0.9\", 1, 2.5, None, True, {'x': (1,)}]",
      "u'\\x41\\u0041\\N{DASH}'",
      '0x10',
      '1_000',
      '-1e5',
    ],
    pieces: [
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      ',',
      ':',
      "'",
      '"',
      '\\',
      'None',
      'True',
      '1',
      'e',
      "r'",
      "b'",
      '"""',
      '+',
      'j',
    ],
    inputs: 10_000,
    read: (bytes) => readLiteral(bytes.toString('utf8')),
  },
];
