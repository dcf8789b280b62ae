/** One row for each release: the list of its own task, `aggregate all SANs`. */
import { describe, expect, test } from 'vitest';
import { kubesprayCommand, type KubesprayInput, kubesprayNames } from '../../src/flavours/kubespray.ts';

const host = (number: number) => ({
  inventoryName: `inv${number}`,
  hostname: `host${number}`,
  fqdn: `host${number}.example`,
  ip: `192.168.56.${number}`,
  accessIp: `203.0.113.${number}`,
  defaultIpv4: '10.0.2.15',
  defaultIpv6: `fd00::${number}`,
});
const input: KubesprayInput = {
  dnsDomain: 'cluster.local',
  serviceAddress: '10.233.0.1',
  supplementary: ['api.example', '192.168.56.42'],
  controlPlanes: [host(1), host(2)],
};

const always = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  '10.233.0.1',
  'api.example',
  '192.168.56.42',
  '203.0.113.1',
  '203.0.113.2',
  '192.168.56.1',
  '192.168.56.2',
  'host1',
  'host2',
  'host1.example',
  'host2.example',
];
const inventoryNames = ['lb-apiserver.kubernetes.local', 'inv1', 'inv2'];
const v6 = ['fd00::1', 'fd00::2'];

function values(version: string | undefined, changes: Partial<KubesprayInput> = {}): readonly string[] {
  return kubesprayNames({ ...input, version, ...changes })
    .map(({ san }) => san.value)
    .toSorted();
}

describe('each release', () => {
  const old = [...always, ...inventoryNames, '10.0.2.15'];
  test.each([
    ...['v2.20.0', 'v2.21.0', 'v2.22.0', 'v2.23.3', 'v2.24.3', 'v2.25.1', 'v2.26.1', 'v2.27.1'].map(
      (version) => [version, old] as const,
    ),
    // Its IPv4 default addresses got lost.
    ['v2.28.0', [...always, ...inventoryNames, '::1']],
    ['v2.28.1', [...old, '::1', ...v6]],
    ['2.29.0', [...old, '::1', ...v6]],
    ['v2.29.1', [...old, '::1', ...v6]],
    // Inventory names and the implicit name of local load balancers are gone.
    ['v2.30.0', [...always, '10.0.2.15', '::1', ...v6]],
    ['v2.31.0', [...always, '10.0.2.15', '::1', ...v6]],
  ] as const)('%s', (version, names) => {
    expect(values(version)).toEqual(names.toSorted());
    expect(kubesprayNames({ ...input, version }).every(({ isCertain }) => isCertain)).toBe(true);
  });
});

test('an unknown version gives the union, and only what all versions write is certain', () => {
  const names = kubesprayNames(input);
  expect(names.map(({ san }) => san.value).toSorted()).toEqual(
    [...always, ...inventoryNames, '10.0.2.15', '::1', ...v6].toSorted(),
  );
  expect(
    names
      .filter(({ isCertain }) => isCertain)
      .map(({ san }) => san.value)
      .toSorted(),
  ).toEqual(always.toSorted());
});

test('a load balancer of the site takes the place of the implicit name', () => {
  const names = values('v2.27.0', {
    loadBalancerDomain: 'api.corp.example',
    loadBalancerAddress: '192.168.56.9',
    kubeVipAddress: '192.168.56.10',
    overrideHostname: 'override',
  });
  expect(names).toEqual(
    expect.arrayContaining(['api.corp.example', '192.168.56.9', '192.168.56.10', 'override']),
  );
  expect(names).not.toContain('lb-apiserver.kubernetes.local');
});

test('each name says by which variable it comes', () => {
  const rules = new Map(
    kubesprayNames({ ...input, version: 'v2.29.0' }).map(({ san, rule }) => [san.value, rule]),
  );
  expect(['localhost', '10.0.2.15', 'api.example', 'inv1'].map((value) => rules.get(value))).toEqual([
    'always',
    'ansible_default_ipv4',
    'supplementary_addresses_in_ssl_keys',
    'inventory_hostname',
  ]);
});

test('the command names both tags, one of which every version has, and no single host', () => {
  expect(kubesprayCommand('inventory/hosts.yml')).toBe(
    'ansible-playbook -i inventory/hosts.yml -b cluster.yml --tags master,control-plane,facts --limit kube_control_plane',
  );
});
