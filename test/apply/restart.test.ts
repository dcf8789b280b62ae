/** A control plane that does not take the pair on its disk: one restart, proven like a new pair, and nothing that could be put back. */
import { expect, test } from 'vitest';
import { controlPlanesOf } from '../../src/apply/task.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import { leaf } from '../support/facts.ts';
import { lost, pemOf, proofOf } from '../support/fake-cluster.ts';
import { orderOf, roll, setting, statesOf, type Setting } from '../support/rollouts.ts';

/** The first of the plan has the right pair on its disk. */
function waiting(): Setting & {
  readonly first: string;
  readonly second: string;
  readonly disk: Certificate;
} {
  const on = setting();
  const [first, second] = orderOf(on);
  const plane = controlPlanesOf(on.facts).find(({ read }) => read.node.name === first);
  const reading = plane?.facts.certificate?.reading;
  if (reading?.ok !== true) throw new Error('no certificate');
  const [disk] = reading.certificates;
  const nodes = on.plan.nodes.map((node) =>
    node.node === first
      ? {
          ...node,
          action: 'restart' as const,
          reasons: ['not-reloaded' as const],
          names: node.names.filter(({ fate }) => fate === 'kept'),
        }
      : node,
  );
  (on.made as Map<string, Certificate>).set(first, disk);
  return { ...on, plan: { ...on.plan, nodes }, first, second, disk };
}

test('it is restarted, proven for the names on its disk, and ended; nothing is signed or swapped there', async () => {
  const on = waiting();
  const old = leaf(['old.example']);
  on.cluster.answer(on.first, 'reload', { was: pemOf(old), stopped: 'yes', served: '900' });
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'done', 'done']);
  expect(end.exits).toEqual([]);
  const own = on.cluster.steps().filter((step) => step.startsWith(`${on.first} `));
  expect(own).toEqual(['take-lock', 'reload', 'prove', 'finish'].map((step) => `${on.first} ${step}`));
  expect(end.nodes[0]).toMatchObject({
    wasRestarted: true,
    before: { fingerprint: old.fingerprint },
    after: { fingerprint: on.disk.fingerprint },
  });
  expect(end.nodes[0]?.backup).toBeUndefined();
  const reload = on.cluster.asked.find(({ step }) => step === 'reload');
  expect(reload?.data).toMatchObject({
    certificate: '/etc/kubernetes/pki/apiserver.crt',
    key: '/etc/kubernetes/pki/apiserver.key',
    seen: on.disk.fingerprint,
  });
});

test('it has taken the pair in the meantime: that is no restart', async () => {
  const on = waiting();
  on.cluster.answer(on.first, 'reload', { served: '0' });
  const end = await roll(on);
  expect(end.nodes[0]).toMatchObject({ state: 'done', wasRestarted: false });
});

test.each([
  ['no-pair', 'refused', 'do not belong together'],
  ['stale', 'refused', 'no longer the one that was planned for'],
  ['expired', 'refused', 'has expired'],
  ['no-process', 'failed', 'no kube-apiserver listens'],
  ['no-kubelet', 'failed', 'no kubelet runs there'],
] as const)(
  '%s is found before anything is stopped, and no other node is begun',
  async (fault, exit, words) => {
    const on = waiting();
    on.cluster.answer(on.first, 'reload', { fault });
    const end = await roll(on);
    expect(statesOf(end)).toEqual(['untouched', 'untouched', 'untouched']);
    expect(end.nodes[0]?.why).toContain(words);
    expect(end.exits).toEqual([exit]);
    expect(on.cluster.steps()).not.toContain(`${on.second} stage`);
  },
);

test.each([
  [
    'does not come back',
    'reload',
    () => ({ stopped: 'yes', served: 'no' }),
    'does not serve the certificate',
  ],
  [
    'does not become ready',
    'prove',
    (names: string, disk: Certificate) => ({ ...proofOf(disk, names), good: '0' }),
    'not ready',
  ],
  ['cannot be reached any more', 'prove', () => lost(), 'the line was lost and did not come back'],
] as const)(
  'an API server that %s needs a human, who is told where to look',
  async (_, step, answer, words) => {
    const on = waiting();
    on.cluster.answer(on.first, step, ({ data }) => answer(data['names'] ?? '', on.disk));
    const end = await roll(on);
    expect(statesOf(end)).toEqual(['stuck', 'untouched', 'untouched']);
    expect(end.exits).toEqual(['needsHuman']);
    expect(end.nodes[0]?.why).toContain(words);
    expect(end.nodes[0]?.commands.join('\n')).toContain('crictl');
    expect(end.nodes[0]?.commands.join('\n')).not.toMatch(/ stop|mv /);
    // There is no old pair.
    expect(on.cluster.steps()).not.toContain(`${on.first} undo`);
  },
);

test('the last node of a plan writes kubeadm-config, also where it was only restarted', async () => {
  const on = waiting();
  const [node, ...others] = on.plan.nodes;
  if (node === undefined) throw new Error('no node');
  const plan = {
    ...on.plan,
    nodes: [node, ...others.map((one) => ({ ...one, action: 'nothing' as const }))],
  };
  const end = await roll({ ...on, plan });
  expect(end).toMatchObject({ exits: [], durable: [{ kind: 'kubeadm-config', state: 'written' }] });
  expect(on.cluster.asked.find(({ step }) => step === 'finish')?.node).toBe(on.first);
});
