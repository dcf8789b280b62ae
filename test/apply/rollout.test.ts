/** A rollout with nodes that answer what they are told to: one at a time, each proven, and always a true account. */
import { expect, test } from 'vitest';
import { controlPlanesOf } from '../../src/apply/task.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { Probe } from '../../src/model/probe.ts';
import { leaf, served } from '../support/facts.ts';
import { lost, pemOf, runName, sums } from '../support/fake-cluster.ts';
import { valuesOf } from '../support/plans.ts';
import { dates, orderOf, roll, type Setting, setting, statesOf } from '../support/rollouts.ts';

function stepsOf(node: string): readonly string[] {
  return ['stage', 'swap', 'prove', 'finish'].map((step) => `${node} ${step}`);
}

test('every node by five steps, in the order of the plan, the last one with what makes the names last', async () => {
  const on = setting();
  const [first, second, third] = orderOf(on);
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'done', 'done']);
  expect(end.exits).toEqual([]);
  const locks = [first, second, third].toSorted().map((node) => `${node} take-lock`);
  expect(on.cluster.steps()).toEqual([...locks, ...stepsOf(first), ...stepsOf(second), ...stepsOf(third)]);
  expect(end.durable).toMatchObject([{ kind: 'kubeadm-config', state: 'written' }]);
  const finishes = on.cluster.asked.filter(({ step }) => step === 'finish');
  expect(finishes.map(({ data }) => data['patch'] !== '')).toEqual([false, false, true]);
  expect(finishes.map(({ data }) => data['release'])).toEqual(['1', '1', '1']);
  for (const { before, after, servedAfterMs, backup } of end.nodes) {
    expect(after?.fingerprint).not.toBe(before?.fingerprint);
    expect(servedAfterMs).toBe(12);
    expect(backup).toBe(`/var/lib/fix-sans/${runName.run}`);
  }
});

test('kubeadm is told the folder of this run, and the certificate that the plan was made for', async () => {
  const on = setting();
  const [first] = orderOf(on);
  await roll(on);
  const stage = on.cluster.asked.find(({ node, step }) => node === first && step === 'stage');
  expect(stage?.data).toMatchObject({
    certificate: '/etc/kubernetes/pki/apiserver.crt',
    key: '/etc/kubernetes/pki/apiserver.key',
    kubeadm: '/usr/bin/kubeadm',
    version: 'v1.34.1',
    run: runName.run,
    seconds: '300',
  });
  expect(stage?.data['config']).toContain(`certificatesDir: "/etc/kubernetes/pki/.fix-sans-${runName.run}"`);
  expect(stage?.data['config']).not.toContain('.fix-sans-stage');
  const prove = on.cluster.asked.find(({ step }) => step === 'prove');
  expect(prove?.data['names']?.split('\n')).toContain('new.example.com');
  expect(prove?.data['peers']?.split('\n')).toHaveLength(2);
});

test.each([
  ['leaves a name out', (names: readonly string[]) => leaf(names.slice(1), dates), 'its kubeadm left out'],
  [
    'adds one',
    (names: readonly string[]) => leaf([...names, 'more.example'], dates),
    'its kubeadm added dns:more.example',
  ],
  [
    'dates it wrongly',
    (names: readonly string[]) => leaf(names, { notBefore: '20250101000000Z', notAfter: '20261101000000Z' }),
    'it has expired already',
  ],
])('a kubeadm that %s: the staged pair is thrown away and nothing is swapped', async (_, make, words) => {
  const on = setting();
  const [first] = orderOf(on);
  const [node] = on.plan.nodes;
  if (node === undefined) throw new Error('no node');
  (on.made as Map<string, Certificate>).set(first, make(valuesOf(node)));
  on.cluster.answer(first, 'undo', { result: 'nothing' });
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['untouched', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toContain(words);
  expect(end.exits).toEqual(['rolledBack']);
  expect(on.cluster.steps().filter((step) => step.endsWith('swap'))).toEqual([]);
  expect(on.cluster.steps()).toContain(`${first} undo`);
});

test('a key that is not the certificate’s is found before anything is swapped', async () => {
  const on = setting();
  const [first] = orderOf(on);
  const { made, cluster } = on;
  const other = leaf(['x'], dates);
  cluster.answer(first, 'stage', ({ node }) => {
    const certificate = made.get(node) ?? other;
    return {
      staged: pemOf(certificate),
      key: '0'.repeat(64),
      sums,
    };
  });
  const end = await roll(on);
  expect(end.nodes[0]?.why).toContain('key and certificate do not belong together');
  expect(cluster.steps()).not.toContain(`${first} swap`);
});

test.each([
  ['stale', 'refused', 'no longer the one that was planned for'],
  ['other-kubeadm', 'refused', 'of another version'],
  ['kubeadm-failed', 'rolledBack', 'kubeadm signed nothing: error: no room'],
  ['no-space', 'rolledBack', 'no room'],
  ['lock-lost', 'locked', 'the lock of this run is gone'],
] as const)('a stage that answers %s ends the run as %s', async (fault, exit, words) => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'stage', {
    fault,
    said: fault === 'kubeadm-failed' ? 'error: no room\nTo see the stack\n' : '',
  });
  const end = await roll(on);
  expect(end.exits).toEqual([exit]);
  expect(end.nodes[0]).toMatchObject({ state: 'untouched' });
  expect(end.nodes[0]?.why).toContain(words);
  expect(end.nodes[1]?.why).toContain(`${first} did not come to a good end`);
});

test('a swap that drops what was staged leaves the node untouched; one that cannot rename is put back', async () => {
  const dropped = setting();
  const [first] = orderOf(dropped);
  dropped.cluster.answer(first, 'swap', { fault: 'no-dead-man' });
  expect(await roll(dropped)).toMatchObject({
    exits: ['rolledBack'],
    nodes: [{ state: 'untouched' }, {}, {}],
  });
  expect(dropped.cluster.steps()).not.toContain(`${first} undo`);
  const broken = setting();
  broken.cluster.answer(first, 'swap', { undone: 'back', fault: 'rename-failed' });
  broken.cluster.answer(first, 'undo', { result: 'nothing', served: '4' });
  expect(await roll(broken)).toMatchObject({ exits: ['rolledBack'], nodes: [{ state: 'undone' }, {}, {}] });
});

test('an API server that does not take the pair is restarted, and that is said', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'swap', { served: 'no', swapped: 'x' });
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'done', 'done']);
  expect(end.nodes.map(({ wasRestarted }) => wasRestarted)).toEqual([true, false, false]);
});

test('kubeadm-config that cannot be written: the certificates stay, exit 3, and the command to finish is there', async () => {
  const on = setting();
  const [, , third] = orderOf(on);
  on.cluster.answer(third, 'finish', {
    'config-fault': 'the request is invalid',
    config: 'other',
    ended: 'done',
  });
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'done', 'done']);
  expect(end.exits).toEqual(['partial']);
  expect(end.durable).toMatchObject([{ state: 'failed', why: 'the request is invalid' }]);
  expect(end.durable[0]?.command).toContain('kubectl --kubeconfig /etc/kubernetes/admin.conf');
});

test('its answer was lost, and it was written all the same: that is seen by what is there now', async () => {
  const on = setting();
  const [, , third] = orderOf(on);
  const change = on.plan.durable.find((one) => one.kind === 'kubeadm-config');
  const config = change?.kind === 'kubeadm-config' ? change.after : '';
  on.cluster.answer(third, 'finish', lost(), {
    'config-fault': 'the request is invalid',
    config,
    ended: 'done',
  });
  expect(await roll(on)).toMatchObject({ exits: [], durable: [{ state: 'written' }] });
});

test('--only: one node, and what makes the names last waits for the others; exit 3 says that not all is done', async () => {
  const on = setting();
  const [first, second] = orderOf(on);
  const end = await roll(on, second);
  expect(statesOf(end)).toEqual(['untouched', 'done', 'untouched']);
  expect(end.nodes[0]?.why).toBe('left for later by --only');
  expect(end.durable).toMatchObject([{ state: 'left-to-you' }]);
  expect(end.exits).toEqual(['partial']);
  expect(on.cluster.steps().some((step) => step === `${first} stage`)).toBe(false);
});

test('a program that says no before a node, or after one, ends the run there', async () => {
  const before = setting((name) => Promise.resolve(name === 'preNode' ? 'not now' : undefined));
  const none = await roll(before);
  expect(statesOf(none)).toEqual(['untouched', 'untouched', 'untouched']);
  expect(none.nodes[0]?.why).toMatch(/^the program of --pre-node says no for cp\d: not now$/);
  expect(none.exits).toEqual(['failed']);
  expect(before.cluster.steps().some((step) => step.endsWith('stage'))).toBe(false);
  const told: string[] = [];
  const after = setting((name, facts) => {
    told.push(`${name} ${facts.node}`);
    return Promise.resolve(name === 'postNode' ? 'stop here' : undefined);
  });
  const [first] = orderOf(after);
  const end = await roll(after);
  expect(statesOf(end)).toEqual(['done', 'untouched', 'untouched']);
  expect(end.exits).toEqual(['partial']);
  expect(told).toEqual([`preNode ${first}`, `postNode ${first}`]);
});

test('an API server whose certificate is out of date is not waited for, until it has its own turn', async () => {
  const on = setting();
  const nodes = on.plan.nodes.map((node) => ({ ...node, reasons: ['expired' as const] }));
  await roll({ ...on, plan: { ...on.plan, nodes } });
  const peers = on.cluster.asked
    .filter(({ step }) => step === 'prove')
    .map(({ data }) => (data['peers'] ?? '').split('\n').filter((peer) => peer !== '').length);
  expect(peers).toEqual([0, 1, 2]);
});

function peersOf({ cluster }: Setting): readonly number[] {
  return cluster.asked
    .filter(({ step }) => step === 'prove')
    .map(({ data }) => (data['peers'] ?? '').split('\n').filter((peer) => peer !== '').length);
}

test('nor is one that only serves what is out of date, as the node itself sees it: it was not ready before either', async () => {
  const on = setting();
  const old = leaf(['kubernetes'], { notAfter: '20200101000000Z' });
  const probes = (isOwn: boolean): readonly Probe[] =>
    controlPlanesOf(on.facts).map(({ facts: { node, apiserver } }) =>
      served(old, { from: isOwn ? node : 'here', host: apiserver?.advertiseAddress ?? '' }),
    );
  await roll({ ...on, facts: { ...on.facts, probes: probes(true) } });
  expect(peersOf(on)).toEqual([0, 1, 2]);
  // From elsewhere somebody else may have answered.
  const other = setting();
  await roll({ ...other, facts: { ...other.facts, probes: probes(false) } });
  expect(peersOf(other)).toEqual([2, 2, 2]);
});

test('a pair that could not be proven is not begun: admin.conf has expired too, as on a cluster that is a year old', async () => {
  const on = setting();
  const nodes = on.facts.nodes.map((one) => {
    if (one.result.state !== 'read') return one;
    const { facts } = one.result;
    const kubeconfigs = facts.kubeconfigs.map((file) => ({
      ...file,
      clientCertificate: { subject: 'kubernetes-admin', notAfter: '2020-01-01T00:00:00.000Z' },
    }));
    return { ...one, result: { ...one.result, facts: { ...facts, kubeconfigs } } };
  });
  const end = await roll({ ...on, facts: { ...on.facts, nodes } });
  expect(end.exits).toEqual(['refused']);
  expect(end.nodes[0]?.why).toContain('kubeadm certs renew admin.conf');
  expect(on.cluster.steps().some((step) => step.endsWith('stage'))).toBe(false);
});
