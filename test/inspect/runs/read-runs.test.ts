/** What a node remembers of earlier runs, read as strictly as the node itself reads it. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readJournal, runsIn } from '../../../src/inspect/runs/read-runs.ts';
import type { LockHolder } from '../../../src/model/runs.ts';
import { replyWith } from '../../support/fake-cluster.ts';

function journal(...steps: readonly string[]): string {
  const body = `fix-sans-journal 1\n${steps.map((step) => `${step} 100 2026-11-21T12:00:00Z\n`).join('')}`;
  return `${body}sum ${createHash('sha256').update(body).digest('hex')}\n`;
}

const run = '20261121T120000Z-1a2b3c4d';

test('a run that ended, and one that did not, with the text of kubeadm-config or without', () => {
  const { runs } = runsIn(
    'cp1',
    replyWith({
      [`ended.${run}`]: journal('staged', 'swapped', 'proven', 'done'),
      [`config.${run}`]: 'yes',
      'journal.20261121T130000Z-00000000': journal('staged', 'intent'),
      'journal.$(id)': journal('staged'),
    }),
  );
  expect(runs.map(({ run: name, state, isEnded, hasConfig }) => [name, state, isEnded, hasConfig])).toEqual([
    [run, 'done', true, true],
    ['20261121T130000Z-00000000', 'intent', false, false],
  ]);
  expect(runs[0]?.steps[0]).toEqual({ step: 'staged', at: '2026-11-21T12:00:00Z' });
});

test.each([
  ['cut off', journal('staged', 'swapped').slice(0, -10), 'damaged'],
  ['with a flipped byte', journal('staged').replace('staged', 'stagee'), 'damaged'],
  ['of a newer version', journal('staged').replace('journal 1', 'journal 2'), 'newer'],
  ['that is empty', '', 'damaged'],
])('a journal %s is not believed', (_, text, state) => {
  expect(readJournal(text)).toEqual({ state, steps: [] });
});

function held(boot: string, until: string): string {
  return `${run}\n${boot}\n${until}\nops@bastion\n`;
}

function lockOf(lock: string): LockHolder | undefined {
  return runsIn('cp1', replyWith({ up: '1000', boot: 'b1\n', lock })).lock;
}

test('a lock is live by the node’s own clock and boot alone', () => {
  expect(lockOf(held('b1', '1060'))).toEqual({ run, by: 'ops@bastion', isLive: true, secondsLeft: 60 });
  expect(lockOf(held('b0', '1060'))?.isLive).toBe(false);
  expect(lockOf(held('b1', '999'))?.isLive).toBe(false);
  expect(lockOf(held('b1', 'soon'))?.isLive).toBe(false);
  expect(lockOf('')?.isLive).toBe(false);
});
