/** The ways back of a rollout: what does not hold is put back, a lost line is asked again, and a signal ends nothing in the middle. */
import { expect, test } from 'vitest';
import { waitAfterRestart } from '../../src/apply/ports.ts';
import { leaf } from '../support/facts.ts';
import { lost, pemOf, proofOf, runName, sums } from '../support/fake-cluster.ts';
import { dates, orderOf, roll, setting, statesOf, type Setting } from '../support/rollouts.ts';

test.each([
  ['is not served after a restart either', { served: 'no' }],
  ['has no process to restart', { fault: 'no-process' }],
])('a pair that %s: the old one is put back, later nodes are not touched', async (_, answer) => {
  const on = setting();
  const [first, second] = orderOf(on);
  on.cluster.answer(second, 'swap', { served: 'no', swapped: 'x' });
  on.cluster.answer(second, 'restart', answer);
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'undone', 'untouched']);
  expect(end.exits).toEqual(['rolledBack']);
  expect(end.durable).toMatchObject([{ state: 'left-to-you' }]);
  expect(on.cluster.steps().filter((step) => step === `${first} undo`)).toEqual([]);
});

test('an API server that was started anew has the time that takes, however soon a reload has to be seen', () => {
  expect([1, 75].map((reloadSeconds) => waitAfterRestart({ reloadSeconds }))).toEqual([40, 75]);
});

test.each([
  [
    'another certificate is served',
    () => proofOf(leaf(['other.example'], dates), ''),
    'another certificate is served',
  ],
  [
    'a name is served by nothing',
    (on: Setting, first: string) => ({ ...proofOf(on.made.get(first), 'cp1') }),
    'no certificate that covers it',
  ],
  [
    'an API server is not ready',
    (on: Setting, first: string, names: string) => ({
      ...proofOf(on.made.get(first), names),
      good: '1',
      samples: '10.0.0.2:6443 [-]etcd failed\n',
    }),
    '[-]etcd failed',
  ],
  [
    'a lease is not renewed',
    (on: Setting, first: string, names: string) => ({
      ...proofOf(on.made.get(first), names),
      leases: 'kube-scheduler 1\n\n--\nkube-scheduler 2\n',
    }),
    'the lease of kube-controller-manager',
  ],
  [
    'one that elects no leader is not well',
    (on: Setting, first: string, names: string) => ({
      ...proofOf(on.made.get(first), names),
      leases: alone('no answer at 127.0.0.1:10259'),
    }),
    'kube-scheduler elects no leader, and of its health it says: no answer at 127.0.0.1:10259',
  ],
] as const)('%s: the node is put back', async (_, answer, words) => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', ({ data }) => answer(on, first, data['names'] ?? ''));
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['undone', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toContain(words);
  expect(end.exits).toEqual(['rolledBack']);
});

function alone(scheduler: string): string {
  const look = `kube-controller-manager alone ok\nkube-scheduler alone ${scheduler}\n`;
  return `${look}\n--\n${look}`;
}

test('where no leader is elected no lease has to be renewed, but both have to be well', async () => {
  const on = setting();
  for (const node of orderOf(on))
    on.cluster.answer(node, 'prove', ({ data }) => ({
      ...proofOf(on.made.get(node), data['names'] ?? ''),
      leases: alone('ok'),
    }));
  expect(statesOf(await roll(on))).toEqual(['done', 'done', 'done']);
});

test.each([
  ['is served after a restart', { served: '900' }, 'undone', []],
  ['is not served after a restart either', { served: 'no' }, 'stuck', [expect.stringContaining('crictl')]],
  ['has no kubelet for a restart', { fault: 'no-kubelet' }, 'stuck', [expect.stringContaining('crictl')]],
])(
  'an old pair that the API server does not take by itself and that %s',
  async (_, answer, state, commands) => {
    const on = setting();
    const [first] = orderOf(on);
    on.cluster.answer(first, 'prove', { fault: 'no-space' });
    on.cluster.answer(first, 'undo', { result: 'back', served: 'no' });
    on.cluster.answer(first, 'restart', answer);
    const [end] = (await roll(on)).nodes;
    expect(end).toMatchObject({ state, commands, wasRestarted: !('fault' in answer) });
    const restart = on.cluster.asked.find(({ step }) => step === 'restart');
    expect(restart?.data).toMatchObject({ of: runName.run, run: runName.run });
  },
);

test('a way back that does not work: a human is told what to type', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'no-space' });
  on.cluster.answer(first, 'undo', { result: 'failed' });
  const end = await roll(on);
  expect(end.exits).toEqual(['needsHuman']);
  expect(end.nodes[0]?.state).toBe('stuck');
  const backup = `/var/lib/fix-sans/${runName.run}`;
  const [chain = '', restart] = end.nodes[0]?.commands ?? [];
  expect(chain.split(' && ')).toEqual([
    `p=$(openssl x509 -noout -pubkey -in ${backup}/old.crt)`,
    `[ "$p" = "$(openssl pkey -pubout -in ${backup}/old.key)" ]`,
    `cp -a -- ${backup}/old.key /etc/kubernetes/pki/apiserver.key.back`,
    `cp -a -- ${backup}/old.crt /etc/kubernetes/pki/apiserver.crt.back`,
    'mv -f -- /etc/kubernetes/pki/apiserver.key.back /etc/kubernetes/pki/apiserver.key',
    'mv -f -- /etc/kubernetes/pki/apiserver.crt.back /etc/kubernetes/pki/apiserver.crt',
    'sync',
    // What the API server watches is the old file, which has another name there.
    `rm -rf -- /etc/kubernetes/pki/.fix-sans-${runName.run}`,
  ]);
  expect(restart).toContain('crictl');
});

test('the lock was taken by another run while this one slept: nothing is to be typed into that one', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'lock-lost' });
  on.cluster.answer(first, 'undo', { fault: 'lock-lost' });
  on.cluster.answer(
    first,
    'take-lock',
    { runs: '', lock: 'taken' },
    { holder: '20261121T130000Z-00000000\n200\neve@laptop\n', fault: 'held' },
  );
  const end = await roll(on);
  expect(end.nodes[0]).toMatchObject({ state: 'unknown', commands: [] });
  expect(end.nodes[0]?.why).toContain('another run’s');
  expect(end.exits).toEqual(['rolledBack']);
});

test('an old pair that nobody saw served is not called served', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'no-space' });
  on.cluster.answer(first, 'undo', { result: 'back' });
  expect(await roll(on)).toMatchObject({ exits: ['needsHuman'], nodes: [{ state: 'stuck' }, {}, {}] });
});

test('a pair that somebody else wrote meanwhile is not overwritten, by us or by what is to be typed', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'no-space' });
  on.cluster.answer(first, 'undo', { result: 'foreign' });
  const [outcome] = (await roll(on)).nodes;
  expect(outcome?.state).toBe('stuck');
  // Only the journal gets the name of one that has ended: else no other run could ever begin.
  const writing = outcome?.commands.filter((command) => /cp |mv /.test(command));
  expect(writing).toHaveLength(1);
  expect(writing?.[0]?.match(/(?:cp|mv) [^&]*/g)).toEqual([
    `mv -f -- /var/lib/fix-sans/${runName.run}/journal /var/lib/fix-sans/${runName.run}/ended `,
  ]);
  expect(outcome?.why).toContain('leaves the pair in use as it is');
});

test('the line breaks in the swap and comes back: it is asked again, and all is proven (fault 36)', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'swap', lost());
  on.cluster.answer(first, 'prove', lost(), lost(), ({ data }) =>
    proofOf(on.made.get(first), data['names'] ?? ''),
  );
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['done', 'done', 'done']);
  expect(on.cluster.steps().filter((step) => step === `${first} swap`)).toHaveLength(1);
});

test('the line breaks and does not come back: it is said that the node puts the old pair back, and by when (fault 35)', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'swap', lost());
  on.cluster.answer(first, 'prove', lost());
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['unknown', 'untouched', 'untouched']);
  expect(end.nodes[0]?.why).toMatch(
    /puts the old pair back by itself, by 2026-11-21T12:10:\d\dZ at the latest/,
  );
  expect(end.exits).toEqual(['rolledBack']);
});

test('the dead-man switch was faster: the node is undone, and nothing is claimed to be done', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'undone' });
  on.cluster.answer(first, 'undo', { result: 'nothing', served: '3' });
  expect(await roll(on)).toMatchObject({ exits: ['rolledBack'], nodes: [{ state: 'undone' }, {}, {}] });
  const late = setting();
  late.cluster.answer(first, 'finish', { ended: 'undone' });
  late.cluster.answer(first, 'undo', { result: 'nothing', served: '3' });
  expect(await roll(late)).toMatchObject({ exits: ['rolledBack'], nodes: [{ state: 'undone' }, {}, {}] });
});

test('the lock ran out while the line was down: it is taken again, and only then is asked again', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'prove', { fault: 'lock-lost' }, ({ data }) =>
    proofOf(on.made.get(first), data['names'] ?? ''),
  );
  expect(statesOf(await roll(on))).toEqual(['done', 'done', 'done']);
  expect(on.cluster.steps().filter((step) => step === `${first} take-lock`)).toHaveLength(2);
});

test('a swap that never began is thrown away: no certificate is said to be served again', async () => {
  const on = setting();
  const [first] = orderOf(on);
  on.cluster.answer(first, 'swap', { fault: 'busy' });
  on.cluster.answer(first, 'undo', { result: 'nothing' });
  const end = await roll(on);
  expect(statesOf(end)).toEqual(['untouched', 'untouched', 'untouched']);
  expect(end).toMatchObject({ exits: ['rolledBack'] });
  expect(end.nodes[0]?.why).toContain('another step is running there');
  expect(end.nodes[0]).not.toHaveProperty('backup');
});

test('a signal before a node: it is not begun; after staging: thrown away; after the swap: proven to its end', async () => {
  const early = setting();
  early.cluster.stop.abort();
  expect(await roll(early)).toMatchObject({ exits: ['interrupted'] });
  expect(early.cluster.steps().some((step) => step.endsWith('stage'))).toBe(false);

  const staged = setting();
  const [first] = orderOf(staged);
  staged.cluster.answer(first, 'stage', ({ node }) => {
    staged.cluster.stop.abort();
    const certificate = staged.made.get(node);
    if (certificate === undefined) throw new Error('none');
    return {
      staged: pemOf(certificate),
      key: certificate.keyFingerprint,
      sums,
    };
  });
  staged.cluster.answer(first, 'undo', { result: 'nothing' });
  expect(await roll(staged)).toMatchObject({
    exits: ['interrupted'],
    nodes: [{ state: 'untouched' }, {}, {}],
  });
  expect(staged.cluster.steps()).not.toContain(`${first} swap`);

  const swapped = setting();
  swapped.cluster.answer(first, 'swap', () => {
    swapped.cluster.stop.abort();
    return { served: '3', swapped: 'x' };
  });
  const end = await roll(swapped);
  expect(statesOf(end)).toEqual(['done', 'untouched', 'untouched']);
  expect(end.exits).toEqual(['interrupted']);
});
