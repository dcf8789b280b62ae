import { describe, expect, test } from 'vitest';
import { type InventoryAsk, patchInventory, type VariableFile } from '../../src/plan/inventory-patch.ts';

const sample = `---
# Kubernetes configuration dirs and system namespace.
kube_service_addresses: 10.233.0.0/18

## Supplementary addresses that can be added in kubernetes ssl keys.
## That can be useful for example to setup a keepalived virtual IP
# supplementary_addresses_in_ssl_keys: [10.0.0.1, 10.0.0.2, 10.0.0.3]

# Running on top of openstack vms
kube_mode: 0644
`;

const belongs = { path: 'group_vars/k8s_cluster/k8s-cluster.yml', text: sample };

function file(level: VariableFile['level'], text: string, host?: string): VariableFile {
  return {
    level,
    text,
    path: host === undefined ? `group_vars/${level}.yml` : `host_vars/${host}.yml`,
    ...(host === undefined ? {} : { host }),
  };
}

function patch(files: readonly VariableFile[], change: Partial<InventoryAsk> = {}) {
  return patchInventory({
    files,
    belongs,
    controlPlanes: ['cp1', 'cp2'],
    names: ['192.168.56.42'],
    ...change,
  });
}

test('where it is nowhere, it goes behind the commented sample line', () => {
  const [first, ...rest] = patch([file('all', 'a: 1\n'), { level: 'k8s_cluster', ...belongs }]);
  expect(rest).toEqual([]);
  expect(first).toMatchObject({ kind: 'edit', path: belongs.path, added: ['192.168.56.42'] });
  expect(first?.kind === 'edit' && first.diff).toBe(`--- a/${belongs.path}
+++ b/${belongs.path}
@@ -5,6 +5,8 @@
 ## Supplementary addresses that can be added in kubernetes ssl keys.
 ## That can be useful for example to setup a keepalived virtual IP
 # supplementary_addresses_in_ssl_keys: [10.0.0.1, 10.0.0.2, 10.0.0.3]
+supplementary_addresses_in_ssl_keys:
+  - "192.168.56.42"
 
 # Running on top of openstack vms
 kube_mode: 0644
`);
});

describe('the value in effect is patched, not one that it hides', () => {
  const list = 'supplementary_addresses_in_ssl_keys: [10.0.0.9]\n';
  test.each([
    [
      'group_vars/k8s_cluster before group_vars/all',
      [file('all', list), file('k8s_cluster', list)],
      ['group_vars/k8s_cluster.yml'],
      ['group_vars/all.yml'],
    ],
    [
      'group_vars/kube_control_plane before k8s_cluster',
      [file('k8s_cluster', list), file('kube_control_plane', list)],
      ['group_vars/kube_control_plane.yml'],
      ['group_vars/k8s_cluster.yml'],
    ],
    ['group_vars/all alone', [file('all', list), file('k8s_cluster', 'b: 1\n')], ['group_vars/all.yml'], []],
    [
      'host_vars for the hosts that have them',
      [file('all', list), file('host', list, 'cp2')],
      ['group_vars/all.yml', 'host_vars/cp2.yml'],
      [],
    ],
    [
      'host_vars of a worker do not matter',
      [file('all', list), file('host', list, 'worker')],
      ['group_vars/all.yml'],
      [],
    ],
  ] as const)('%s', (_what, files, paths, hidden) => {
    const patches = patch(files);
    expect(patches.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
    const [first] = patches;
    expect(first?.kind === 'edit' && first.hides).toEqual(hidden);
    expect(first?.kind === 'edit' && first.after).toBe(
      'supplementary_addresses_in_ssl_keys: [10.0.0.9, "192.168.56.42"]\n',
    );
  });
});

test('a second patch has nothing to do, however the address is spelled', () => {
  const text = 'supplementary_addresses_in_ssl_keys: ["2001:DB8:0::1", API.example.com]\n';
  expect(patch([file('all', text)], { names: ['2001:db8::1', 'api.example.com'] })).toEqual([
    { kind: 'nothing', path: 'group_vars/all.yml' },
  ]);
});

test.each([
  [
    'supplementary_addresses_in_ssl_keys: "{{ vips }}"\n',
    'the value is a Jinja template, which is never evaluated here',
    1,
    38,
  ],
  ['a: 1\nsupplementary_addresses_in_ssl_keys: !vault |\n  6162\n', 'the value is encrypted', 2, 45],
  ['supplementary_addresses_in_ssl_keys: 10.0.0.1\n', '10.0.0.1 is one value, not a list', 1, 38],
])('what cannot be edited safely is printed: %s', (text, why, line, column) => {
  expect(patch([file('all', text)])).toEqual([
    {
      kind: 'advice',
      path: 'group_vars/all.yml',
      line,
      column,
      why,
      text: 'supplementary_addresses_in_ssl_keys:\n  - "192.168.56.42"\n',
    },
  ]);
});

test('a sample line inside of a text is no place', () => {
  const text = 'a: |\n# supplementary_addresses_in_ssl_keys: [1]\nb: 1\n';
  const [first] = patch([], {
    belongs: { path: 'x', text: 'a: |\n  text\n# supplementary_addresses_in_ssl_keys: [1]\nb: 1\n' },
  });
  expect(first?.kind === 'edit' && first.after).toContain(
    '[1]\nsupplementary_addresses_in_ssl_keys:\n  - "192.168.56.42"\nb: 1',
  );
  expect(patch([], { belongs: { path: 'x', text } })[0]?.kind).toBe('edit');
});
