/** Which run `rollback` takes back where none is named, and which nodes it must not pass over. */
import { expect, test } from 'vitest';
import { controlPlanesOf } from '../../src/apply/task.ts';
import { lastRun } from '../../src/cli/read-all-runs.ts';
import { withoutPlace } from '../../src/cli/rollback.ts';
import type { RecordedRun } from '../../src/model/runs.ts';
import { buildFacts } from '../support/facts.ts';

function recorded(run: string, ...steps: readonly string[]): RecordedRun {
  const state = steps.at(-1) ?? 'none';
  return {
    run,
    state,
    isEnded: true,
    hasConfig: false,
    steps: steps.map((step) => ({ step, at: '2026-11-21T12:00:00Z' })),
  };
}

const begun = ['staged', 'intent', 'swapped'] as const;
const older = recorded('20261119T000000Z-00000000', ...begun, 'proven', 'done');
const newer = '20261120T000000Z-00000000';

function last(...runs: readonly RecordedRun[]): string | undefined {
  return lastRun({ nodes: [{ node: 'cp1', runs }], unread: [] });
}

test('the newest that came to a good end is taken back, and none that failed after it', () => {
  expect(last(recorded(newer, ...begun, 'undoing', 'undone'), older)).toBe(older.run);
  expect(last(recorded(newer, ...begun, 'proven', 'done'), older)).toBe(newer);
});

test('asked for a second time it is the same run still, and not the one before it, whose names are wanted', () => {
  expect(last(recorded(newer, ...begun, 'proven', 'done', 'undoing', 'undone'), older)).toBe(newer);
});

test('a run that did not come to its end is what is taken back, and not the one before it that did', () => {
  const cut = { ...recorded(newer, ...begun), isEnded: false };
  expect(last(cut, older)).toBe(newer);
  expect(last()).toBeUndefined();
});

test('a node that remembers the run and cannot be gone to is named', () => {
  const facts = buildFacts();
  const names = controlPlanesOf(facts).map(({ read }) => read.node.name);
  expect(withoutPlace(names, facts)).toEqual([]);
  const [first, ...others] = facts.nodes;
  if (first?.result.state !== 'read') throw new Error('not read');
  const { apiserver: _, ...rest } = first.result.facts;
  const blind = { ...first, result: { ...first.result, facts: rest } };
  expect(withoutPlace(names, { ...facts, nodes: [blind, ...others] })).toEqual([first.node.name]);
});
