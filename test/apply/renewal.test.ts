/** The renewing of locks beside everything else: never two commands at once on one line, and also while a person thinks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { linkTo } from '../../src/apply/link.ts';
import { lockAll, type Locked } from '../../src/apply/locks.ts';
import { release, take } from '../../src/apply/lock-steps.ts';
import type { Ports } from '../../src/apply/ports.ts';
import { readReleased, readTaken } from '../../src/apply/lock-replies.ts';
import { controlPlanesOf } from '../../src/apply/task.ts';
import { buildFacts } from '../support/facts.ts';
import { type FakeCluster, fakeCluster, lost, replyWith, runName } from '../support/fake-cluster.ts';

const nodes = controlPlanesOf(buildFacts()).map(({ read }) => read.node);

/** Lines that take their time: how many were open, and how many commands ran on one at once. */
function slowLines(fails: (asked: number) => boolean = () => false): {
  readonly ports: Ports;
  readonly seen: { opened: number; closed: number; running: number; most: number; asked: number };
} {
  const seen = { opened: 0, closed: 0, running: 0, most: 0, asked: 0 };
  const { ports } = fakeCluster(new Map());
  const open: Ports['open'] = async (node) => {
    await sleep(5);
    seen.opened += 1;
    return {
      node,
      change: async () => {
        seen.asked += 1;
        seen.running += 1;
        seen.most = Math.max(seen.most, seen.running);
        const isFailing = fails(seen.asked);
        await sleep(5);
        seen.running -= 1;
        if (isFailing) throw lost();
        return replyWith({ lock: 'taken', runs: '' });
      },
      [Symbol.asyncDispose]: async () => {
        expect(seen.running).toBe(0);
        seen.closed += 1;
        return Promise.resolve();
      },
    };
  };
  return { ports: { ...ports, open }, seen };
}

test('two that are asked for at once run one after the other, on one line', async () => {
  const { ports, seen } = slowLines();
  const [node] = nodes;
  if (node === undefined) throw new Error('no node');
  const link = linkTo(node, runName, ports);
  await Promise.all([
    link.ask(take, {}, readTaken),
    link.ask(release, { seconds: '9' }, readReleased),
    link.insist(take, {}, readTaken),
  ]);
  expect(seen).toMatchObject({ opened: 1, most: 1, asked: 3 });
  const last = link.ask(take, {}, readTaken);
  await link.close();
  expect(seen).toMatchObject({ closed: 1, asked: 4 });
  await last;
});

test('one that fails takes the line of none beside it away, and the next gets a new one', async () => {
  const { ports, seen } = slowLines((asked) => asked === 1);
  const [node] = nodes;
  if (node === undefined) throw new Error('no node');
  const link = linkTo(node, runName, ports);
  const [first, second] = await Promise.allSettled([
    link.ask(release, { seconds: '9' }, readReleased),
    link.ask(take, {}, readTaken),
  ]);
  expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  expect(seen).toMatchObject({ opened: 2, closed: 1, most: 1 });
});

async function lockedOn({ ports }: FakeCluster): Promise<Locked> {
  const answer = await lockAll(nodes, runName, ports);
  if (!answer.ok) throw new Error(answer.fault.why);
  return answer.locked;
}

/** As if so much time went by while nobody did anything. */
async function wait({ ports }: FakeCluster, seconds: number): Promise<void> {
  for (let time = 0; time < seconds; time += 10) {
    await ports.sleep(10_000);
    for (let turn = 0; turn < 20; turn += 1) await ports.sleep(1);
  }
}

function renewals({ asked }: FakeCluster, node: string): number {
  return asked.filter((one) => one.node === node && one.step === 'release' && one.data['seconds'] === '300')
    .length;
}

test('from when somebody keeps them until they are let go of, whoever else keeps them for a while', async () => {
  const cluster = fakeCluster(new Map());
  const locked = await lockedOn(cluster);
  locked.keep();
  try {
    await wait(cluster, 600);
    const before = renewals(cluster, 'cp1');
    expect(before).toBeGreaterThanOrEqual(5);
    expect(before).toBeLessThanOrEqual(6);
    const stop = locked.keep();
    await wait(cluster, 300);
    await stop();
    // Not twice as often, and on afterwards.
    expect(renewals(cluster, 'cp1') - before).toBeLessThanOrEqual(4);
    const then = renewals(cluster, 'cp1');
    await wait(cluster, 300);
    expect(renewals(cluster, 'cp1')).toBeGreaterThan(then);
  } finally {
    await locked.release();
  }
  const after = renewals(cluster, 'cp1');
  await wait(cluster, 300);
  expect(renewals(cluster, 'cp1')).toBe(after);
});

test('one that ran out, since this machine slept, is taken again; one that does not answer costs the others nothing', async () => {
  const cluster = fakeCluster(new Map());
  cluster.answer('cp2', 'release', { fault: 'lock-lost' });
  cluster.answer('cp3', 'release', lost());
  const locked = await lockedOn(cluster);
  locked.keep();
  try {
    await wait(cluster, 210);
    expect(cluster.steps().filter((step) => step === 'cp2 take-lock').length).toBeGreaterThan(1);
    expect(cluster.steps().filter((step) => step === 'cp1 take-lock')).toHaveLength(1);
    expect(renewals(cluster, 'cp1')).toBeGreaterThanOrEqual(2);
    expect(renewals(cluster, 'cp3')).toBeGreaterThanOrEqual(2);
  } finally {
    await locked.release();
  }
});

test('one that is let go of while its renewal waits in line is not taken again', async () => {
  const cluster = fakeCluster(new Map());
  const locked = await lockedOn(cluster);
  let isHeld = true;
  cluster.answer('cp2', 'release', () => {
    if (!isHeld) return { fault: 'lock-lost' };
    // As the last step does, which lets go of the lock on the node itself.
    isHeld = false;
    locked.letGo('cp2');
    return { fault: 'lock-lost' };
  });
  locked.keep();
  await wait(cluster, 210);
  await locked.release();
  expect(isHeld).toBe(false);
  expect(cluster.steps().filter((step) => step === 'cp2 take-lock')).toHaveLength(1);
});
