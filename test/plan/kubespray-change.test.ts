/** S3: which names the next run of kubespray would drop, and the patch of the inventory that keeps them. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts, InventoryFacts } from '../../src/model/cluster-facts.ts';
import type { InventorySource } from '../../src/model/inventory-source.ts';
import { applyEdit, editOf } from '../../src/plan/kubespray-change.ts';
import { addressOf, buildFacts, type FactsOptions } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';

const others = [2, 3].flatMap((number) => [`cp${number}`, addressOf(number)]);
const options: FactsOptions = {
  isKubespray: true,
  // As kubespray does it: each certificate has the names of all.
  certSans: ['localhost', '127.0.0.1', '::1', 'cp1', addressOf(1), ...others],
};

const password = 'hunter2';
const text = `ansible_become_password: ${password}\n# supplementary_addresses_in_ssl_keys: [10.0.0.1]\nkube_mode: 0644\n`;
const source: InventorySource = {
  files: [],
  belongs: { path: '/inv/group_vars/k8s_cluster/k8s-cluster.yml', text },
  controlPlanes: ['cp1', 'cp2', 'cp3'],
};

function withInventory(inventory: Partial<InventoryFacts> = {}): ClusterFacts {
  return {
    ...buildFacts(options),
    inventory: { path: "/inv/it's.yaml", readBy: 'subset', kubesprayVersion: '2.28.1', ...inventory },
  };
}

test('the VIP goes into the inventory behind the sample line, and the exact command is there', () => {
  const plan = planFor(withInventory(), asking(['192.168.56.42'], { inventory: source }));
  expect(plan.exitCode).toBe(2);
  const change = plan.durable.find(({ kind }) => kind === 'inventory');
  if (change?.kind !== 'inventory') throw new Error('no patch');
  expect(change.names.map(({ value }) => value)).toEqual(['192.168.56.42']);
  expect(change.command).toBe(
    `ansible-playbook -i '/inv/it'\\''s.yaml' -b cluster.yml --tags master,control-plane,facts --limit kube_control_plane`,
  );
  expect(applyEdit(text, change.edit)).toContain('  - "192.168.56.42"\n');
  expect(applyEdit(`${text}\n`, change.edit)).toBeUndefined();
  expect(plan.durable.map((one) => (one.kind === 'advice' ? one.about : one.kind))).toEqual([
    'kubeadm-config',
    'inventory',
    'kubespray-file',
  ]);
});

test('what else is in that file stays out of the plan', () => {
  const plan = planFor(withInventory(), asking(['192.168.56.42'], { inventory: source }));
  expect(JSON.stringify(plan)).not.toContain(password);
});

test('the names that this version would drop are those that nothing gives it', () => {
  const facts = {
    ...buildFacts({ ...options, extraNames: ['by-hand.example'] }),
    inventory: withInventory().inventory,
  };
  const plan = planFor(facts as ClusterFacts, asking([], { inventory: source }));
  const change = plan.durable.find(({ kind }) => kind === 'inventory');
  expect(change?.kind === 'inventory' && change.wouldDrop.map(({ value }) => value)).toEqual([
    'by-hand.example',
  ]);
});

test('with the version unknown, only what all of them write counts as written', () => {
  const { inventory: before } = withInventory();
  const { kubesprayVersion: _, ...inventory } = before ?? { path: '', readBy: 'subset' };
  const plan = planFor({ ...buildFacts(options), inventory }, asking([], { inventory: source }));
  const change = plan.durable.find(({ kind }) => kind === 'inventory');
  const names = change?.kind === 'inventory' ? change.names.map(({ value }) => value) : [];
  // ::1 came with v2.28, and until v2.29 the name in the inventory was one.
  expect(names).toContain('::1');
  expect(names).not.toContain('localhost');
  const told = planFor(
    { ...buildFacts(options), inventory },
    asking([], { inventory: source, kubesprayVersion: 'v2.28.1' }),
  );
  // With it there is nothing that kubespray would not write by itself.
  expect(told.durable.some(({ kind }) => kind === 'inventory')).toBe(false);
});

describe('what is not edited is printed', () => {
  test('without an inventory', () => {
    expect(planFor(buildFacts(options), asking(['192.168.56.42'])).durable).toContainEqual(
      expect.objectContaining({
        about: 'inventory',
        text: expect.stringContaining('- "192.168.56.42"') as string,
      }),
    );
  });

  test('where it is set in a place of the site', () => {
    const fault = {
      where: '/inv/hosts.ini:3',
      why: 'it is set in a place that is not edited here; change it there',
    };
    const plan = planFor(withInventory(), asking(['192.168.56.42'], { inventory: { ...source, fault } }));
    expect(plan.durable).toContainEqual(
      expect.objectContaining({ kind: 'advice', about: 'inventory', ...fault }),
    );
    expect(plan.durable.some(({ kind }) => kind === 'inventory')).toBe(false);
  });
});

test('a cluster of plain kubeadm has no word of kubespray', () => {
  expect(planFor(buildFacts(), asking(['192.168.56.42'])).durable.map(({ kind }) => kind)).toEqual([
    'kubeadm-config',
  ]);
});

test('an edit is only what was put in', () => {
  const edit = editOf('a\nb\n', 'a\nx\nb\n');
  expect(edit).toMatchObject({ at: 2, inserted: 'x\n' });
  expect(applyEdit('a\nb\n', edit)).toBe('a\nx\nb\n');
  expect(applyEdit('a\nc\n', edit)).toBeUndefined();
});
