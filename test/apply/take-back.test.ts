/** A run is taken back: node by node, and only what is that run's. */
import { expect, test } from 'vitest';
import { lockAll } from '../../src/apply/locks.ts';
import { type ConfigBack, takeBack, type TakeBackEnd } from '../../src/apply/take-back.ts';
import { controlPlanesOf, placeOf } from '../../src/apply/task.ts';
import { buildFacts, leaf } from '../support/facts.ts';
import { type FakeCluster, fakeCluster, lost, proofOf, runName } from '../support/fake-cluster.ts';

const facts = buildFacts();
const planes = controlPlanesOf(facts);
const of = '20261120T000000Z-00000000';

async function back(
  cluster: FakeCluster,
  config?: ConfigBack,
  hasFile = false,
  wasDiscarded: readonly string[] = [],
): Promise<TakeBackEnd> {
  const locking = await lockAll(
    planes.map(({ read }) => read.node),
    runName,
    cluster.ports,
  );
  if (!locking.ok) throw new Error(locking.fault.why);
  const nodes = planes.flatMap(({ facts: node }) => {
    const place = placeOf(node, facts);
    return place === undefined
      ? []
      : [{ place, hasFile, old: leaf(['old.example']), wasDiscarded: wasDiscarded.includes(place.node) }];
  });
  return takeBack({
    of,
    nodes,
    locked: locking.locked,
    ports: cluster.ports,
    ...(config === undefined ? {} : { config }),
  });
}

function states({ nodes }: TakeBackEnd): readonly string[] {
  return nodes.map(({ state }) => state);
}

const config: ConfigBack = { node: 'cp3', old: 'old text\n', resourceVersion: '9', state: 'ours' };

test('every node is asked for the old pair of that run under a run of its own, then kubeadm-config is', async () => {
  const cluster = fakeCluster(new Map());
  const end = await back(cluster, config);
  expect(states(end)).toEqual(['done', 'done', 'done']);
  expect(end).toMatchObject({ exits: [], durable: [{ state: 'written' }] });
  expect(end.nodes[0]?.after?.names.map(({ value }) => value)).toEqual(['old.example']);
  const undos = cluster.asked.filter(({ step }) => step === 'undo');
  expect(undos.map(({ data }) => [data['of'], data['isBack'], data['run']])).toEqual(
    Array.from({ length: 3 }, () => [of, '1', runName.run]),
  );
  const finish = cluster.asked.filter(({ step }) => step === 'finish');
  expect(finish.map(({ node }) => node)).toEqual(['cp3']);
  expect(finish[0]?.data['patch']).toContain('"value":"9"');
});

test('each node has to find the cluster well again before the next is touched; who waits for its turn is not asked', async () => {
  const cluster = fakeCluster(new Map());
  await back(cluster);
  expect(cluster.steps().slice(3)).toEqual(
    ['cp1', 'cp2', 'cp3'].flatMap((node) => [`${node} undo`, `${node} gate`]),
  );
  const gates = cluster.asked.filter(({ step }) => step === 'gate');
  expect(
    gates.map(({ data }) => (data['peers'] ?? '').split('\n').filter((peer) => peer !== '').length),
  ).toEqual([0, 1, 2]);
  expect(gates[0]?.data).toMatchObject({ settle: '60', names: '' });
});

test.each([
  [
    'is not ready',
    { ...proofOf(undefined, ''), good: '1', samples: '10.0.0.2:6443 [-]etcd failed\n' },
    'not ready three times in a row: 10.0.0.2:6443 [-]etcd failed',
  ],
  [
    'renews no lease',
    { ...proofOf(undefined, ''), leases: 'kube-scheduler "1"\n\n--\nkube-scheduler "2"\n' },
    'the lease of kube-controller-manager was not renewed',
  ],
  ['answers no more', lost(), 'the line was lost'],
] as const)('a cluster that %s after a node: the next is not begun', async (_, answer, words) => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'gate', answer);
  const end = await back(cluster, config);
  expect(states(end)).toEqual(['done', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toContain(words);
  expect(end.nodes[1]?.why).toBe('not begun, since the cluster is not well after cp1');
  expect(end).toMatchObject({ exits: ['partial'], durable: [{ state: 'left-to-you' }] });
  expect(cluster.steps()).not.toContain('cp2 undo');
});

test('what was not changed has broken nothing: a second rollback goes on behind it', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', { result: 'nothing', served: '1' });
  expect(states(await back(cluster))).toEqual(['nothing', 'done', 'done']);
  expect(cluster.steps()).not.toContain('cp1 gate');
});

test('a run that changed no pair on a node: only what it wrote into kubeadm-config is taken back', async () => {
  const cluster = fakeCluster(new Map());
  for (const { facts: node } of planes) cluster.answer(node.node, 'undo', { result: 'no-pair' });
  const end = await back(cluster, config);
  expect(states(end)).toEqual(['nothing', 'nothing', 'nothing']);
  expect(end).toMatchObject({ exits: [], durable: [{ state: 'written' }] });
  expect(cluster.asked.find(({ step }) => step === 'finish')?.data).toMatchObject({ of, run: runName.run });
});

test('kubespray’s file is put back last, and what somebody else wrote there stays', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'put-file-back', { result: 'foreign' });
  cluster.answer('cp3', 'put-file-back', { result: 'failed' });
  const end = await back(cluster, undefined, true);
  expect(end.durable).toMatchObject([
    { kind: 'node-file', where: 'cp1:/etc/kubernetes/kubeadm-config.yaml', state: 'written' },
    { state: 'left-to-you', why: expect.stringContaining('changed it since') as string },
    { state: 'failed', command: expect.stringContaining(`/var/lib/fix-sans/${of}/file.old`) as string },
  ]);
  expect(end.exits).toEqual(['partial']);
  expect(cluster.steps().at(-1)).toBe('cp3 put-file-back');
});

test('a second time there is nothing to do', async () => {
  const cluster = fakeCluster(new Map());
  for (const { facts: node } of planes) cluster.answer(node.node, 'undo', { result: 'nothing', served: '1' });
  const end = await back(cluster, { ...config, state: 'nothing' });
  expect(states(end)).toEqual(['nothing', 'nothing', 'nothing']);
  expect(end).toMatchObject({ exits: [], durable: [{ state: 'nothing' }] });
});

test('a pair that is not that run’s is left alone, and the nodes behind it too', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', { result: 'foreign', served: 'no' });
  const end = await back(cluster, config);
  expect(states(end)).toEqual(['untouched', 'untouched', 'untouched']);
  expect(end.exits).toEqual(['refused']);
  expect(end.durable).toMatchObject([{ state: 'left-to-you' }]);
  expect(cluster.steps().filter((step) => step.endsWith('undo'))).toEqual(['cp1 undo']);
});

test('in the middle it is partial, since something was taken back', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'undo', { result: 'foreign', served: 'no' });
  expect(await back(cluster)).toMatchObject({
    exits: ['partial'],
    nodes: [{ state: 'done' }, { state: 'untouched' }, {}],
  });
});

test('a backup that is gone, and a server that does not take the old pair, need a human, who is told what to type (fault 58)', async () => {
  const gone = fakeCluster(new Map());
  gone.answer('cp1', 'undo', { result: 'no-backup', served: 'no' });
  const end = await back(gone);
  expect(end.exits).toEqual(['needsHuman']);
  expect(end.nodes[0]?.commands.join('\n')).toContain(`/var/lib/fix-sans/${of}/old.crt`);
  const frozen = fakeCluster(new Map());
  frozen.answer('cp1', 'undo', { result: 'back', served: 'no' });
  frozen.answer('cp1', 'restart', { served: 'no' });
  const stuck = await back(frozen);
  expect(stuck).toMatchObject({ exits: ['needsHuman'], nodes: [{ state: 'stuck' }, {}, {}] });
  expect(stuck.nodes[0]?.commands.join('\n')).toContain('crictl');
});

test('a server that does not take the old pair by itself is restarted, once, and the next node comes after it', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', { result: 'back', served: 'no' });
  const end = await back(cluster);
  expect(states(end)).toEqual(['done', 'done', 'done']);
  expect(end.nodes.map(({ wasRestarted }) => wasRestarted)).toEqual([true, false, false]);
  expect(cluster.steps().slice(3)).toEqual([
    'cp1 undo',
    'cp1 restart',
    'cp1 gate',
    'cp2 undo',
    'cp2 gate',
    'cp3 undo',
    'cp3 gate',
  ]);
  expect(cluster.asked.find(({ step }) => step === 'restart')?.data['of']).toBe(of);
});

test('a line that is lost in that restart: what is served is asked again, and nothing is restarted twice', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', { result: 'back', served: 'no' }, { result: 'nothing', served: '1' });
  cluster.answer('cp1', 'restart', lost());
  const end = await back(cluster);
  expect(states(end)).toEqual(['nothing', 'done', 'done']);
  expect(cluster.steps().slice(3, 6)).toEqual(['cp1 undo', 'cp1 restart', 'cp1 undo']);
});

test('a run that only made names last has changed no pair: the one in use is asked for, and kubeadm-config is taken back', async () => {
  const cluster = fakeCluster(new Map());
  for (const { facts: node } of planes) cluster.answer(node.node, 'undo', { result: 'nothing', served: '1' });
  expect(await back(cluster, config)).toMatchObject({ exits: [], durable: [{ state: 'written' }] });
  const undos = cluster.asked.filter(({ step }) => step === 'undo');
  expect(undos.map(({ data }) => data['certificate'])).toEqual(
    planes.map(({ facts: node }) => node.certificate?.file?.realPath ?? node.certificate?.path),
  );
  // The way back is not a run that could be taken back.
  expect(cluster.asked.find(({ step }) => step === 'finish')?.data['isBack']).toBe('1');
});

test('kubeadm-config that somebody has changed since stays as it is, and that is said', async () => {
  const cluster = fakeCluster(new Map());
  const end = await back(cluster, { ...config, state: 'foreign' });
  expect(end.exits).toEqual(['partial']);
  expect(end.durable[0]).toMatchObject({
    state: 'left-to-you',
    why: expect.stringContaining('changed it since') as string,
  });
  expect(cluster.steps().some((step) => step.endsWith('finish'))).toBe(false);
});

test('kubespray’s file that somebody has changed since: not all is taken back', async () => {
  const cluster = fakeCluster(new Map());
  for (const { facts: node } of planes) cluster.answer(node.node, 'put-file-back', { result: 'foreign' });
  const end = await back(cluster, undefined, true);
  expect(states(end)).toEqual(['done', 'done', 'done']);
  expect(end.exits).toEqual(['partial']);
});

test('where that run came to nothing the pair in use is another run’s: it is let be, said, and the next goes on', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', { result: 'nothing', served: 'no' });
  cluster.answer('cp1', 'restart', { served: 'no' });
  cluster.answer('cp2', 'undo', { result: 'foreign', served: 'no' });
  const end = await back(cluster, undefined, false, ['cp1']);
  expect(states(end)).toEqual(['nothing', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toContain('that run has changed nothing there');
  expect(end.nodes[2]?.why).toBe('not begun, since cp2 did not come to a good end');
  expect(end.exits).toEqual(['refused']);
  expect(cluster.steps().filter((step) => step.startsWith('cp1'))).toEqual(['cp1 take-lock']);
});

test('kubeadm-config that cannot be read is not passed over: not all is taken back', async () => {
  const cluster = fakeCluster(new Map());
  const end = await back(cluster, { ...config, resourceVersion: '', state: 'unread' });
  expect(states(end)).toEqual(['done', 'done', 'done']);
  expect(end).toMatchObject({ exits: ['partial'], durable: [{ state: 'failed' }] });
  expect(cluster.steps().some((step) => step.endsWith('finish'))).toBe(false);
});

test('a line that does not come back: it is not known, and said how it ends', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp1', 'undo', lost());
  const end = await back(cluster);
  expect(states(end)).toEqual(['unknown', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toContain(`rollback ${of} once more`);
});
