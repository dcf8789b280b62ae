/** The page of a run: how each node ended, what lasts, what clients saw meanwhile, and what is left to type. */
import type { DurableOutcome, NodeOutcome, Rollout } from '../../model/rollout.ts';
import { stepsBlock } from '../next-steps.ts';
import {
  type Block,
  type Cell,
  cell,
  type Item,
  itemBlocks,
  join,
  listed,
  type Page,
  type Phrase,
  plain,
  said,
  type Tone,
} from '../page.ts';
import { answerOf } from './answer.ts';
import { certificateTable, eventTable, nameBlocks, probeTable } from './tables.ts';

export function rolloutPage(rollout: Rollout): Page {
  const { run, by, startedAt, endedAt, nodes, probe, events, left, cluster, next } = rollout;
  const told = nodes.filter(({ state, why }) => why !== undefined && state !== 'nothing');
  const durable = rollout.durable.filter((one) => isWorthSaying(one, nodes));
  return {
    title: rollout.kind === 'apply' ? 'API server certificate: apply' : 'API server certificate: rollback',
    answer: answerOf(rollout),
    tone: toneOf(rollout),
    about: [
      join(
        cluster === undefined ? [] : said`cluster ${cluster}, `,
        said`run ${run} by ${by}, ${startedAt} to ${endedAt}, exit code ${rollout.exitCode}`,
      ),
    ],
    sections: [
      { title: 'To type by hand', depth: 'always', blocks: byHand(nodes, durable) },
      { title: 'Left behind', depth: 'always', blocks: lines(left.map((one) => [{ code: one }])) },
      { title: 'Control planes', depth: 'always', blocks: nodeTable(nodes) },
      {
        title: 'What went wrong',
        depth: 'always',
        blocks: nodeItems(told.filter(({ state }) => state !== 'untouched')),
      },
      {
        title: 'Not touched, and why',
        depth: 'always',
        blocks: nodeItems(told.filter(({ state }) => state === 'untouched')),
      },
      { title: 'Names', depth: 'always', blocks: nameBlocks(nodes) },
      {
        title: 'What makes it last',
        depth: 'always',
        blocks: itemBlocks(durable.map((one) => durableItem(one, nodes))),
      },
      { title: 'Handshakes meanwhile', depth: 'always', blocks: probeTable(probe) },
      { title: 'Next', depth: 'always', blocks: stepsBlock(next) },
      { title: 'Certificates', depth: 'ticket', blocks: certificateTable(nodes) },
      { title: 'What happened', depth: 'ticket', blocks: eventTable(events) },
    ],
  };
}

function toneOf({ exitCode }: Rollout): Tone {
  if (exitCode === 0) return 'good';
  return exitCode === 9 || exitCode === 5 ? 'bad' : 'careful';
}

const stateWords = {
  done: ['done, proven by handshake', 'good'],
  nothing: ['nothing to do', 'quiet'],
  untouched: ['not touched', 'quiet'],
  undone: ['put back: the old one is served', 'careful'],
  stuck: ['a human is needed', 'bad'],
  unknown: ['not known: the line was lost', 'bad'],
} as const satisfies Record<NodeOutcome['state'], readonly [string, Tone]>;

/** One that is done and says why holds itself, and the cluster behind it does not. */
function wordsOf({ state, why, waits }: NodeOutcome): readonly [string, Tone] {
  if (state === 'done' && why !== undefined) return ['done; the cluster is not well', 'bad'];
  return waits === true ? ['left for later', 'quiet'] : stateWords[state];
}

function nodeTable(nodes: readonly NodeOutcome[]): readonly Block[] {
  if (nodes.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'How each control plane ended, in the order of the plan',
      columns: ['node', 'state', 'served after', ''],
      rows: nodes.map((one) => {
        const [words, tone] = wordsOf(one);
        return [cell([{ code: one.node }]), cell(words, tone), servedCell(one), cell(remarksOn(one))];
      }),
    },
  ];
}

function servedCell({ servedAfterMs }: NodeOutcome): Cell {
  return cell(servedAfterMs === undefined ? '' : `${servedAfterMs} ms`);
}

function remarksOn({ state, why, wasRestarted, healed, backup }: NodeOutcome): Phrase {
  const remarks: readonly Phrase[] = [
    ...(state === 'nothing' && why !== undefined ? [[{ code: why }]] : []),
    ...(wasRestarted ? [plain('restarted')] : []),
    ...(healed.length === 0 ? [] : [join(plain('healed first: '), listed(healed, 3))]),
    ...(backup === undefined ? [] : [said`backup ${backup}`]),
  ];
  return remarks.flatMap((phrase, index) => (index === 0 ? phrase : [', ', ...phrase]));
}

/** What is the same on several is said once. */
function nodeItems(all: readonly NodeOutcome[]): readonly Block[] {
  const groups = new Map<string, readonly NodeOutcome[]>();
  for (const one of all) {
    const key = JSON.stringify([wordsOf(one)[0], one.why]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return itemBlocks(
    [...groups.values()].flatMap((group): readonly Item[] => {
      const [first] = group;
      if (first === undefined) return [];
      const [label, tone] = wordsOf(first);
      const names = listed(group.map(({ node }) => node));
      const head = join(names, plain(': '), [{ code: first.why ?? '' }]);
      return [{ label, tone, id: first.state, head, below: [] }];
    }),
  );
}

/** Before anything was begun it is all still to be done, and the plan says so; after a failure nothing is made to last. */
function isWorthSaying({ state }: DurableOutcome, nodes: readonly NodeOutcome[]): boolean {
  if (state === 'written' || state === 'failed') return true;
  return nodes.every((one) => one.state === 'nothing') || nodes.some((one) => one.state === 'done');
}

/** Only then it is the user's turn. */
function isWhole(nodes: readonly NodeOutcome[]): boolean {
  return nodes.every(({ state, why }) => state === 'nothing' || (state === 'done' && why === undefined));
}

function byHand(nodes: readonly NodeOutcome[], durable: readonly DurableOutcome[]): readonly Block[] {
  const steps = [
    ...nodes.flatMap(({ node, commands }) =>
      commands.map((command) => ({ where: 'as root', why: said`on ${node}`, command })),
    ),
    ...durable.flatMap(({ where, state, command }) =>
      command === undefined ||
      state === 'written' ||
      state === 'nothing' ||
      (state === 'left-to-you' && !isWhole(nodes))
        ? []
        : [
            {
              where: where.startsWith('/') ? 'here' : 'as root, on a control plane',
              why: said`finishes ${where}`,
              command,
            },
          ],
    ),
  ];
  return steps.length === 0 ? [] : [{ kind: 'steps', steps }];
}

const durableWords = {
  written: ['written', 'good'],
  nothing: ['nothing to do', 'quiet'],
  failed: ['failed', 'bad'],
  'left-to-you': ['left to you', 'careful'],
} as const satisfies Record<DurableOutcome['state'], readonly [string, Tone]>;

function durableItem({ kind, where, state, why }: DurableOutcome, nodes: readonly NodeOutcome[]): Item {
  const isLater = state === 'left-to-you' && kind !== 'advice' && !isWhole(nodes);
  const [label, tone] = isLater ? (['not yet', 'careful'] as const) : durableWords[state];
  return {
    label,
    tone,
    id: kind,
    head: [{ code: where }],
    below: why === undefined ? [] : [[{ code: why }]],
  };
}

function lines(phrases: readonly Phrase[]): readonly Block[] {
  return phrases.length === 0 ? [] : [{ kind: 'list', phrases }];
}
