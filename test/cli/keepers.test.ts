/** Who keeps a name when a run is taken back, and when another rollback is named for it: only where that takes the name away. */
import { expect, test } from 'vitest';
import { controlPlanesOf } from '../../src/apply/task.ts';
import { byNode, keepersOf, type Keeps, keepsClause, takeKeptBack } from '../../src/cli/rollback-words.ts';
import type { Unasked } from '../../src/cli/unusable.ts';
import type { RunDetail } from '../../src/inspect/runs/read-runs.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { RecordedRun } from '../../src/model/runs.ts';
import { buildFacts, leaf, reissue } from '../support/facts.ts';
import { named } from '../support/plans.ts';

const [earlier, of] = ['20261119T000000Z-00000000', '20261120T000000Z-00000000'];
const [live, other] = [
  leaf(['a.example', 'b.example']),
  leaf(['a.example', 'b.example'], { notAfter: '20290101000000Z' }),
];

function recorded(run: string, state = 'done'): RecordedRun {
  return { run, state, isEnded: true, hasConfig: false, steps: [] };
}

function detail(old: Certificate | undefined, made: Certificate = live): RunDetail {
  return { made, hasFile: false, wasDiscarded: false, ...(old === undefined ? {} : { old }) };
}

/** cp1 was changed by the run that is taken back, and cp2 by one before it. */
async function kept(
  told: RunDetail | Unasked,
  runs: readonly RecordedRun[] = [recorded(earlier)],
  names: readonly string[] = ['a.example'],
): Promise<readonly Keeps[]> {
  const planes = controlPlanesOf(reissue(buildFacts(), 'cp2', live));
  const nodes = [
    { node: 'cp1', runs: [recorded(of)] },
    { node: 'cp2', runs },
  ];
  return keepersOf(of, names.map(named), {
    all: { nodes, unread: [] },
    planes,
    detailOf: ({ facts: { node } }, run) =>
      node === 'cp2' && run === earlier ? Promise.resolve(told) : Promise.reject(new Error('not asked')),
  });
}

function said(keepers: readonly Keeps[]): readonly string[] {
  return [...byNode(keepers)].map(([node, all]) => `${node}: ${keepsClause(all)}`);
}

function commands(keepers: readonly Keeps[]): readonly string[] {
  return takeKeptBack(keepers).map(({ command }) => command);
}

test('the run that gave the name is said, and the rollback that takes it away', async () => {
  const keepers = await kept(detail(leaf(['b.example'])));
  expect(said(keepers)).toEqual([
    `cp2: that run changed nothing here; dns:a.example stays, by the run ${earlier}`,
  ]);
  expect(commands(keepers)).toEqual([`fix-sans rollback ${earlier}`]);
});

test.each([
  ['a run that only renewed', detail(leaf(['a.example', 'b.example']))],
  ['a run whose pair is not the one in use', detail(leaf(['b.example']), other)],
  ['a run of which the old certificate is gone', detail(undefined)],
  ['a node that does not answer', { why: 'the connection broke' }],
])('%s is not said to have given the name, and no rollback is named', async (_, told) => {
  const keepers = await kept(told);
  expect(said(keepers)).toEqual(['cp2: that run changed nothing here; dns:a.example stays']);
  expect(commands(keepers)).toEqual([]);
});

test('a node that remembers no run has its names since ever', async () => {
  const keepers = await kept(detail(undefined), []);
  expect(said(keepers)).toEqual(['cp2: that run changed nothing here; dns:a.example stays']);
  expect(await kept(detail(undefined), [recorded(earlier, 'undone')])).toEqual(keepers);
});

test('of two names each is told for itself', async () => {
  const keepers = await kept(detail(leaf(['b.example'])), undefined, ['a.example', 'b.example', 'c.example']);
  expect(said(keepers)).toEqual([
    `cp2: that run changed nothing here; dns:b.example stays; dns:a.example stays, by the run ${earlier}`,
  ]);
  expect(commands(keepers)).toEqual([`fix-sans rollback ${earlier}`]);
  const both = await kept(detail(leaf(['c.example'])), undefined, ['a.example', 'b.example']);
  expect(said(both)).toEqual([
    `cp2: that run changed nothing here; dns:a.example, dns:b.example stay, by the run ${earlier}`,
  ]);
});
