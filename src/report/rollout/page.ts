/** The page of a run: how each node ended, what lasts, what clients saw meanwhile, and what is left to type. */
import type { DurableOutcome, NodeOutcome, Rollout, RunEvent } from '../../model/rollout.ts';
import { formatSan, type San, sanKey } from '../../model/san.ts';
import { nextBlocks } from './next.ts';
import {
  type Block,
  type Cell,
  cell,
  type Item,
  join,
  listed,
  type Page,
  type Phrase,
  plain,
  said,
  type Tone,
} from '../page.ts';

export function rolloutPage(rollout: Rollout): Page {
  const { run, by, startedAt, endedAt, nodes, durable, probe, events, left, cluster } = rollout;
  const bad = nodes.filter(({ state, why }) => why !== undefined && state !== 'nothing');
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
      { title: 'To type by hand', depth: 'always', blocks: byHand(rollout) },
      { title: 'Left behind', depth: 'always', blocks: lines(left.map((one) => [{ code: one }])) },
      { title: 'Control planes', depth: 'always', blocks: nodeTable(nodes) },
      { title: 'What went wrong', depth: 'always', blocks: items(bad.map(nodeItem)) },
      { title: 'Names', depth: 'always', blocks: nameBlocks(nodes) },
      { title: 'What makes it last', depth: 'always', blocks: items(durable.map(durableItem)) },
      { title: 'Handshakes meanwhile', depth: 'always', blocks: probeTable(probe) },
      { title: 'Next, with the same options', depth: 'always', blocks: nextBlocks(rollout) },
      { title: 'Certificates', depth: 'ticket', blocks: certificateTable(nodes) },
      { title: 'What happened', depth: 'ticket', blocks: eventTable(events) },
    ],
  };
}

function toneOf({ exitCode }: Rollout): Tone {
  if (exitCode === 0) return 'good';
  return exitCode === 9 || exitCode === 5 ? 'bad' : 'careful';
}

function answerOf({ kind, nodes, exitCode, durable }: Rollout): Phrase {
  const of = (state: NodeOutcome['state']): readonly string[] =>
    nodes.filter((one) => one.state === state).map(({ node }) => node);
  const [done, stuck, unknown, undone] = [of('done'), of('stuck'), of('unknown'), of('undone')];
  const what = kind === 'apply' ? 'the new certificate' : 'the old certificate';
  if (stuck.length > 0)
    return join(plain('a human is needed on '), listed(stuck), plain(': see what to type'));
  if (unknown.length > 0)
    return join(
      plain('the line to '),
      listed(unknown),
      plain(' was lost: the node puts the old pair back by itself'),
    );
  const others = done.length === 0 ? [] : join(plain('; done: '), listed(done));
  if (undone.length > 0)
    return join(
      plain('it failed and was put back on '),
      listed(undone),
      plain(', where the old certificate is served'),
      others,
    );
  if (nodes.length > 0 && nodes.every(({ state }) => state === 'nothing'))
    return plain(
      durable.some(({ state }) => state === 'written')
        ? `no certificate had to change; what makes the names last is ${kind === 'apply' ? 'written' : 'as it was before'}`
        : 'nothing to do: every control plane is as it should be',
    );
  if (done.length === 0) return plain('nothing was changed on any control plane');
  const all = join(plain(`${what} is in use and proven on `), listed(done));
  return exitCode === 0 ? all : join(all, plain('; not all is done'));
}

const stateWords = {
  done: ['done, proven by handshake', 'good'],
  nothing: ['nothing to do', 'quiet'],
  untouched: ['not touched', 'quiet'],
  undone: ['put back: the old one is served', 'careful'],
  stuck: ['a human is needed', 'bad'],
  unknown: ['not known: the line was lost', 'bad'],
} as const satisfies Record<NodeOutcome['state'], readonly [string, Tone]>;

function nodeTable(nodes: readonly NodeOutcome[]): readonly Block[] {
  if (nodes.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'How each control plane ended, in the order of the plan',
      columns: ['node', 'state', 'served after', ''],
      rows: nodes.map((one) => {
        const [words, tone] = stateWords[one.state];
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

function nodeItem({ node, state, why = '' }: NodeOutcome): Item {
  const [label, tone] = stateWords[state];
  return { label, tone, id: state, head: join(said`${node}: `, [{ code: why }]), below: [] };
}

function byHand({ nodes, durable }: Rollout): readonly Block[] {
  const steps = [
    ...nodes.flatMap(({ node, commands }) =>
      commands.map((command) => ({ where: 'as root', why: said`on ${node}`, command })),
    ),
    ...durable.flatMap(({ where, state, command }) =>
      command === undefined || state === 'written' || state === 'nothing'
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

function nameBlocks(nodes: readonly NodeOutcome[]): readonly Block[] {
  const rows = nodes.flatMap(({ node, before, after }) => {
    if (after === undefined) return [];
    const [gained, lost] = [
      missing(after.names, before?.names ?? []),
      missing(before?.names ?? [], after.names),
    ];
    return [[cell([{ code: node }]), namesCell(gained), namesCell(lost), cell(String(after.names.length))]];
  });
  const columns = ['node', 'new', 'gone', 'all'];
  return rows.length === 0 ? [] : [{ kind: 'table', about: 'Names before and after', columns, rows }];
}

function namesCell(all: readonly San[]): Cell {
  return cell(all.length === 0 ? plain('none') : listed(all.map(formatSan), 8));
}

function missing(all: readonly San[], from: readonly San[]): readonly San[] {
  const keys = new Set(from.map(sanKey));
  return all.filter((san) => !keys.has(sanKey(san)));
}

const durableWords = {
  written: ['written', 'good'],
  nothing: ['nothing to do', 'quiet'],
  failed: ['failed', 'bad'],
  'left-to-you': ['left to you', 'careful'],
} as const satisfies Record<DurableOutcome['state'], readonly [string, Tone]>;

function durableItem({ kind, where, state, why }: DurableOutcome): Item {
  const [label, tone] = durableWords[state];
  return {
    label,
    tone,
    id: kind,
    head: [{ code: where }],
    below: why === undefined ? [] : [[{ code: why }]],
  };
}

function probeTable({ endpoints }: Rollout['probe']): readonly Block[] {
  if (endpoints.length === 0) return [];
  return [
    {
      kind: 'table',
      about: 'Handshakes with each endpoint while it ran',
      columns: ['endpoint', 'from', 'handshakes', 'failed', 'longest gap', 'first failure'],
      rows: endpoints.map(({ endpoint, from, handshakes, failed, longestGapMs, firstFailure }) => [
        cell([{ code: endpoint }]),
        cell(from === 'here' ? 'here' : 'a node'),
        cell(String(handshakes)),
        cell(String(failed), failed === 0 ? 'good' : 'bad'),
        cell(`${longestGapMs} ms`),
        cell(firstFailure === undefined ? [] : [{ code: firstFailure }]),
      ]),
    },
  ];
}

function certificateTable(nodes: readonly NodeOutcome[]): readonly Block[] {
  const rows = nodes.flatMap(({ node, before, after }) =>
    [['before', before] as const, ['after', after] as const].flatMap(([when, one]) =>
      one === undefined
        ? []
        : [
            [
              cell([{ code: node }]),
              cell(when),
              cell([{ code: one.serial }]),
              cell([{ code: one.fingerprint }]),
              cell([{ code: one.notAfter }]),
            ],
          ],
    ),
  );
  const columns = ['node', '', 'serial', 'SHA-256', 'valid until'];
  return rows.length === 0 ? [] : [{ kind: 'table', about: 'Certificates before and after', columns, rows }];
}

function eventTable(events: readonly RunEvent[]): readonly Block[] {
  if (events.length === 0) return [];
  const columns = ['when', 'node', 'what', ''];
  const rows = events.map(({ at, node = '', event, detail = '' }) => [
    cell(said`${at}`),
    cell([{ code: node }]),
    cell(event),
    cell([{ code: detail }]),
  ]);
  return [{ kind: 'table', about: 'Each step, by the clock here', columns, rows }];
}

function items(all: readonly Item[]): readonly Block[] {
  return all.length === 0 ? [] : [{ kind: 'items', items: all }];
}

function lines(phrases: readonly Phrase[]): readonly Block[] {
  return phrases.length === 0 ? [] : [{ kind: 'list', phrases }];
}
