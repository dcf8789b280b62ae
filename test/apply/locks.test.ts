/** The locks of all control planes, all or none; and what an earlier run left is put back before anything else. */
import { expect, test } from 'vitest';
import { healAll, lockAll, type Locked } from '../../src/apply/locks.ts';
import type { Place } from '../../src/apply/task.ts';
import { controlPlanesOf } from '../../src/apply/task.ts';
import { ReachError } from '../../src/reach/transport.ts';
import { buildFacts } from '../support/facts.ts';
import { type FakeCluster, fakeCluster, type Frames, lost, runName } from '../support/fake-cluster.ts';

const nodes = controlPlanesOf(buildFacts()).map(({ read }) => read.node);
const places: ReadonlyMap<string, Place> = new Map();

async function locking(cluster: FakeCluster): ReturnType<typeof lockAll> {
  return lockAll(nodes.toReversed(), runName, cluster.ports);
}

async function lockedOn(cluster: FakeCluster): Promise<Locked> {
  const answer = await locking(cluster);
  if (!answer.ok) throw new Error(answer.fault.why);
  return answer.locked;
}

function releasedOn({ asked }: FakeCluster): readonly string[] {
  return asked
    .filter(({ step, data }) => step === 'release' && data['seconds'] === '')
    .map(({ node }) => node);
}

test('they are taken in the order of their names, whatever order is asked for, and let go of at the end', async () => {
  const cluster = fakeCluster(new Map());
  const locked = await lockedOn(cluster);
  expect(cluster.steps()).toEqual(['cp1 take-lock', 'cp2 take-lock', 'cp3 take-lock']);
  expect(cluster.asked[0]?.data).toMatchObject({ by: 'ops@bastion', run: runName.run, seconds: '300' });
  locked.letGo('cp2');
  await locked.release();
  expect(releasedOn(cluster)).toEqual(['cp1', 'cp3']);
});

test('one is held: those that were taken are let go of, nobody else is asked, and it is said who holds it', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'take-lock', {
    holder: '20261121T110000Z-00000000\n120\neve@laptop\n',
    fault: 'held',
  });
  const answer = await locking(cluster);
  expect(answer).toEqual({
    ok: false,
    fault: {
      exit: 'locked',
      node: 'cp2',
      why: 'the run 20261121T110000Z-00000000 of eve@laptop holds the lock since 2026-11-21 11:00 UTC, for 120 s more unless it is renewed',
    },
  });
  expect(cluster.steps()).toEqual(['cp1 take-lock', 'cp2 take-lock']);
  expect(releasedOn(cluster)).toContain('cp1');
});

test.each([
  ['temporary', lost()],
  [
    'authentication',
    new ReachError({ code: 'authentication', message: 'refused', hint: 'x', retryable: false }),
  ],
] as const)('one that cannot be reached ends it as %s', async (exit, error) => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp3', 'take-lock', error);
  const answer = await locking(cluster);
  expect(answer).toMatchObject({ ok: false, fault: { exit, node: 'cp3' } });
  expect(releasedOn(cluster)).toEqual(expect.arrayContaining(['cp1', 'cp2']));
});

test.each(['no-space', 'damaged', 'busy'] as const)(
  'a lock that cannot be taken: %s; nothing was begun, so nothing is called rolled back',
  async (fault) => {
    const cluster = fakeCluster(new Map());
    cluster.answer('cp2', 'take-lock', { fault });
    const exit = { 'no-space': 'refused', damaged: 'needsHuman', busy: 'locked' }[fault];
    expect(await locking(cluster)).toMatchObject({ ok: false, fault: { exit, node: 'cp2' } });
    expect(releasedOn(cluster)).toContain('cp1');
  },
);

test.each([
  ['', ''],
  ['none', ''],
  ['undone', '; its old pair was put back'],
])('a lock that is taken over from a dead holder says so: %s', async (state, more) => {
  const cluster = fakeCluster(new Map());
  const dead = `20261120T000000Z-00000000\neve\n${state}\n`;
  cluster.answer('cp1', 'take-lock', { dead, runs: '', lock: 'taken' });
  await lockedOn(cluster);
  expect(cluster.events[0]?.detail).toBe(
    `taken over from 20261120T000000Z-00000000 of eve, which is gone${more}`,
  );
});

const old = '20261120T000000Z-00000000';

async function healed(
  answer: Frames | Error,
  restarted: Frames = { served: 'no' },
): Promise<Awaited<ReturnType<typeof healAll>>[number] | undefined> {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'take-lock', { runs: `${old} swapped\n`, lock: 'taken' });
  cluster.answer('cp2', 'undo', answer);
  cluster.answer('cp2', 'restart', restarted);
  const [one] = await healAll(await lockedOn(cluster), places, cluster.ports);
  const undone = cluster.asked.find(({ step }) => step === 'undo');
  expect(undone).toMatchObject({ node: 'cp2', data: { of: old, run: runName.run, isBack: '' } });
  return one;
}

test('a run that did not end is put back, and whether the pair is another one now is told', async () => {
  expect(await healed({ result: 'back', served: '5' })).toMatchObject({
    isHealed: true,
    isChanged: true,
    result: 'back',
  });
  expect(await healed({ result: 'nothing' })).toMatchObject({ isHealed: true, isChanged: false });
  // It is served after a restart of the API server.
  expect(await healed({ result: 'back', served: 'no' }, { served: '5' })).toMatchObject({ isHealed: true });
});

test.each([
  [{ result: 'foreign', served: 'no' }, 'refused'],
  [{ result: 'newer' }, 'refused'],
  [{ result: 'damaged' }, 'needsHuman'],
  [{ result: 'failed' }, 'needsHuman'],
  [{ result: 'half' }, 'needsHuman'],
  [{ result: 'back', served: 'no' }, 'needsHuman'],
  [{ result: 'back' }, 'needsHuman'],
  [{ fault: 'no-space' }, 'refused'],
] as const)('what cannot be healed ends the run: %j', async (answer, exit) => {
  expect(await healed(answer)).toMatchObject({ isHealed: false, exit });
});
