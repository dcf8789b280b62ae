/** The page of `runs`: one row for each run on each control plane, newest first. */
import type { NodeRuns, RecordedRun, RunsListing } from '../../model/runs.ts';
import type { Look } from '../look.ts';
import {
  type Block,
  cell,
  type Item,
  join,
  type Page,
  type Phrase,
  plain,
  said,
  type Step,
  type Tone,
} from '../page.ts';

export function runsPage(
  { cluster, madeAt, exitCode, nodes, unread }: RunsListing,
  { asTyped = (command) => command }: Look,
): Page {
  const isUnderWay = nodes.some((node) => node.runs.some((run) => stateOf(run, node) === 'under way'));
  const open = nodes.flatMap((node) => node.runs.filter((run) => stateOf(run, node) === 'unfinished'));
  return {
    title: 'API server certificate: runs',
    answer: answerOf(nodes, open),
    tone: exitCode === 0 ? 'good' : 'careful',
    about: [
      join(
        cluster === undefined ? [] : said`cluster ${cluster}, `,
        said`seen at ${madeAt}; nothing was changed`,
      ),
    ],
    sections: [
      { title: 'Locks', depth: 'always', blocks: items(nodes.flatMap(lockItem)) },
      { title: 'Runs', depth: 'always', blocks: [...table(nodes), ...legend(nodes)] },
      {
        title: 'Next',
        depth: 'always',
        blocks: typed(stepsAfter(open, isUnderWay), asTyped),
      },
      {
        title: 'Not read',
        depth: 'always',
        blocks: items(
          unread.map(({ node, why }) => ({
            label: 'not read',
            tone: 'careful',
            id: 'not-read',
            head: join(said`${node}: `, [{ code: why }]),
            below: [],
          })),
        ),
      },
    ],
  };
}

function typed(steps: readonly Step[], asTyped: (command: string) => string): readonly Block[] {
  if (steps.length === 0) return [];
  return [{ kind: 'steps', steps: steps.map((step) => ({ ...step, command: asTyped(step.command) })) }];
}

function stepsAfter(open: readonly RecordedRun[], isUnderWay: boolean): readonly Step[] {
  if (open.length > 0) return [heal, ...open.slice(0, 1).map(back)];
  return isUnderWay ? [again] : [];
}

const again = {
  where: 'here',
  why: plain('look again, once its lock is free; nothing else may begin before that'),
  command: 'fix-sans runs',
} as const;

const heal = {
  where: 'here',
  why: plain('ends what was begun, by putting the old certificate back, and then does what is planned'),
  command: 'fix-sans apply',
} as const;

function back({ run }: RecordedRun): Step {
  return {
    where: 'here',
    why: plain('only puts the old certificate back'),
    command: `fix-sans rollback ${run}`,
  };
}

function answerOf(nodes: readonly NodeRuns[], open: readonly RecordedRun[]): Phrase {
  const count = new Set(nodes.flatMap(({ runs }) => runs.map(({ run }) => run))).size;
  if (open.length > 0)
    return plain(
      `a run did not come to its end on ${open.length === 1 ? 'one control plane' : `${open.length} control planes`}`,
    );
  if (nodes.some((node) => node.runs.some((run) => stateOf(run, node) === 'under way')))
    return plain(
      'a run is under way, or whoever ran it is gone: then its node puts the old certificate back by itself, and the next run says so',
    );
  if (nodes.length === 0)
    return plain(
      'no control plane was asked: none is known here, or none answered; name them with --node, or see fix-sans inspect',
    );
  if (count === 0) return plain('no run is remembered on any control plane');
  return plain(
    count === 1
      ? 'one run is remembered, and it came to its end'
      : `${count} runs are remembered, and each came to its end`,
  );
}

/** What has not ended while its lock is held is at work. */
function stateOf({ run, isEnded, state }: RecordedRun, { lock }: NodeRuns): string {
  if (isEnded) return state;
  return lock?.isLive === true && lock.run === run ? 'under way' : 'unfinished';
}

const tones: Readonly<Record<string, Tone>> = {
  done: 'good',
  undone: 'quiet',
  discarded: 'quiet',
  'under way': 'quiet',
};

function table(nodes: readonly NodeRuns[]): readonly Block[] {
  const rows = nodes
    .flatMap((node) => node.runs.map((run) => ({ node, run })))
    .toSorted((one, other) => (one.run.run < other.run.run ? 1 : -1))
    .map(({ node, run }) => {
      const state = stateOf(run, node);
      const last = run.steps.at(-1);
      return [
        cell([{ code: run.run }]),
        cell([{ code: node.node }]),
        cell([{ code: state }], tones[state] ?? 'bad'),
        cell([{ code: last === undefined ? run.state : `${last.step} ${last.at}` }]),
      ];
    });
  const columns = ['run', 'node', 'state', 'last step'];
  return rows.length === 0 ? [] : [{ kind: 'table', about: 'Runs, newest first', columns, rows }];
}

/** Only what stands in the table. */
function legend(nodes: readonly NodeRuns[]): readonly Block[] {
  const seen = new Set(nodes.flatMap((node) => node.runs.map((run) => stateOf(run, node))));
  const phrases = [...seen].toSorted().flatMap((state): readonly Phrase[] => {
    const about = state.startsWith('stuck-') ? stuck : meanings.get(state);
    return about === undefined ? [] : [join([{ code: state }], plain(`: ${about}`))];
  });
  return phrases.length === 0 ? [] : [{ kind: 'list', phrases }];
}

const meanings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    done: 'the new certificate was proven, and stayed',
    undone:
      'the old certificate is in place again: taken back by a rollback, or put back, by the run or by the node itself, since the new one was not proven',
    discarded: 'it ended before anything in use was touched',
    'under way': 'it holds the lock and has not ended',
    unfinished:
      'nobody is at work on it any more and it has not ended: the node, or the next run, puts the old certificate back',
    damaged:
      'its journal cannot be read: nothing goes on there before a human has looked at it, in /var/lib/fix-sans there',
    newer: 'a newer version of fix-sans made it: look at it with that version',
  }),
);
const stuck =
  'its old certificate could not be put back: somebody else had changed the pair, or its backup was gone';

function lockItem({ node, lock }: NodeRuns): readonly Item[] {
  if (lock === undefined) return [];
  const rest = lock.isLive
    ? plain(` for ${lock.secondsLeft} s more, unless it is renewed`)
    : plain(', which is gone: the next run takes it over');
  return [
    {
      label: lock.isLive ? 'locked' : 'left behind',
      tone: 'careful',
      id: 'lock',
      head: join(said`${node}: the run ${lock.run} of ${lock.by} holds the lock`, rest),
      below: [],
    },
  ];
}

function items(all: readonly Item[]): readonly Block[] {
  return all.length === 0 ? [] : [{ kind: 'items', items: all }];
}
