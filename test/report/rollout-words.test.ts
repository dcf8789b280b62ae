/** The page of a run says each thing once, contradicts itself nowhere, and calls nothing a failure that was left for later. */
import { expect, test } from 'vitest';
import type { NodeOutcome, Rollout } from '../../src/model/rollout.ts';
import type { RecordedRun } from '../../src/model/runs.ts';
import { rolloutReports, runsReports } from '../../src/report/index.ts';
import { sampleRollouts } from '../support/sample-rollouts.ts';

const { done } = sampleRollouts();
const bare = { commands: [], wasRestarted: false, healed: [] } as const;

function text(change: Partial<Rollout>): string {
  const rollout = { ...done, durable: [], left: [], events: [], ...change };
  const look = { colour: false, width: 400 };
  return (rolloutReports['text']?.(rollout, look) ?? '').replaceAll(/ +/g, ' ');
}

function untouched(node: string, why: string, waits = false): NodeOutcome {
  return { ...bare, node, state: 'untouched', why, ...(waits ? { waits: true } : {}) };
}

const config = {
  kind: 'kubeadm-config',
  where: 'ConfigMap kube-system/kubeadm-config',
  state: 'left-to-you',
  why: 'it is written after the last node, and not all are done',
} as const;
const inventory = {
  kind: 'inventory',
  where: '/inv/all.yml',
  state: 'left-to-you',
  why: 'it is written with --write only',
  command: 'the-command',
} as const;

test('a refusal: once for all nodes, and nothing of what is still to be done stands below it', () => {
  const why = 'refused: the plan is stale';
  const said = text({
    exitCode: 7,
    nodes: ['cp1', 'cp2', 'cp3'].map((node) => untouched(node, why)),
    durable: [config, inventory],
  });
  expect(said).toMatch(/^Refused; nothing was changed on any control plane\./);
  expect(said.split(why)).toHaveLength(2);
  expect(said).toContain(`cp1, cp2, cp3: ${why}`);
  for (const word of ['What went wrong', 'left to you', 'To type by hand', 'the-command'])
    expect(said).not.toContain(word);
});

test('a canary: nothing went wrong, and what makes it last comes later, not by hand', () => {
  const said = text({
    exitCode: 3,
    nodes: [
      { ...bare, node: 'cp1', state: 'done' },
      untouched('cp2', 'left for later by --only', true),
      untouched('cp3', 'left for later by --only', true),
    ],
    durable: [config, inventory],
  });
  expect(said).toMatch(/^The new certificate is in use and proven on cp1; left for later: cp2, cp3\./);
  expect(said).toContain('cp2, cp3: left for later by --only');
  expect(said).toContain('not yet');
  for (const word of ['What went wrong', 'left to you', 'the-command', 'not all is done'])
    expect(said).not.toContain(word);
});

test('all is done but the inventory: that is left to the user, with the command', () => {
  const said = text({ nodes: [{ ...bare, node: 'cp1', state: 'done' }], durable: [inventory] });
  expect(said).toContain('left to you');
  expect(said).toContain('the-command');
});

test('a rollback whose gate fails: the old certificate is served, and nobody says that it was no good end', () => {
  const said = text({
    kind: 'rollback',
    exitCode: 3,
    nodes: [
      {
        ...bare,
        node: 'cp1',
        state: 'done',
        why: 'its old certificate is served, and the cluster is not well: x',
      },
      untouched('cp2', 'not begun, since the cluster is not well after cp1'),
    ],
  });
  expect(said).toMatch(/^The old certificate is served on cp1, and the cluster is not well\./);
  expect(said).toContain('done; the cluster is not well');
  expect(said).not.toContain('done, proven');
  expect(said).not.toContain('did not come to a good end');
});

test.each<[string, Partial<Rollout>, RegExp]>([
  [
    'a rollback that finds nothing of that run',
    { kind: 'rollback', nodes: [{ ...bare, node: 'cp1', state: 'nothing', why: 'thrown away unused' }] },
    /^Nothing to take back: no certificate of that run is in use on any control plane\./,
  ],
  [
    'nothing to sign, and not all is well',
    { exitCode: 8, nodes: [{ ...bare, node: 'cp1', state: 'nothing' }] },
    /^No certificate is to be changed, and something else is not as it should be\./,
  ],
  [
    'another run that has the lock',
    { exitCode: 6, nodes: [untouched('cp1', 'locked')] },
    /^Another run has the lock; nothing was changed on any control plane\./,
  ],
  [
    'requests that were written',
    { exitCode: 3, nodes: [untouched('cp1', 'it waits', true)] },
    /^A request waits to be signed; nothing was changed on any control plane\./,
  ],
  [
    'a kubeadm that failed',
    { exitCode: 5, nodes: [untouched('cp1', 'kubeadm signed nothing')] },
    /^It failed before anything in use was touched; nothing was changed on any control plane\./,
  ],
  [
    'an earlier run that was ended, and nothing after it',
    {
      exitCode: 3,
      nodes: [untouched('cp1', 'not confirmed')],
      events: [{ at: '2026-11-21T12:00:00Z', node: 'cp1', event: 'healed' }],
    },
    /^Only what an earlier run had left unfinished was ended; nothing else was changed/,
  ],
  [
    'a line that was lost in a rollback',
    { kind: 'rollback', exitCode: 3, nodes: [{ ...bare, node: 'cp1', state: 'unknown', why: 'lost' }] },
    /^The line to cp1 was lost: whether the old pair is in place there is not known\./,
  ],
])('the first sentence after %s', (_, change, answer) => {
  expect(text(change)).toMatch(answer);
});

function run(state: string, isEnded = true): RecordedRun {
  return { run: '20261121T190923Z-1a2b3c4d', state, isEnded, steps: [], hasConfig: false };
}

test('runs says what its words mean, of those that stand there, and prints commands as they are to be typed', () => {
  const listing = {
    madeAt: '2026-11-21T19:10:00Z',
    exitCode: 2,
    nodes: [{ node: 'cp1', runs: [run('swapped', false), run('undone'), run('stuck-foreign')] }],
    unread: [],
  } as const;
  const look = { colour: false, width: 400, asTyped: (command: string) => `${command} --node cp1` };
  const said = runsReports['text']?.(listing, look) ?? '';
  expect(said).toMatch(/undone: the old certificate is in place again/);
  expect(said).toMatch(/unfinished: nobody is at work on it any more/);
  expect(said).toMatch(/stuck-foreign: its old certificate could not be put back/);
  expect(said).not.toContain('discarded:');
  expect(said).toContain('fix-sans rollback 20261121T190923Z-1a2b3c4d --node cp1');
});
