/** The tables of a run's page: names and certificates before and after, what clients saw meanwhile, each step by the clock. */
import type { NodeOutcome, Rollout, RunEvent } from '../../model/rollout.ts';
import { formatSan, type San, sanKey } from '../../model/san.ts';
import { type Block, type Cell, cell, listed, plain, said } from '../page.ts';

export function nameBlocks(nodes: readonly NodeOutcome[]): readonly Block[] {
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

export function probeTable({ endpoints }: Rollout['probe']): readonly Block[] {
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

export function certificateTable(nodes: readonly NodeOutcome[]): readonly Block[] {
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

export function eventTable(events: readonly RunEvent[]): readonly Block[] {
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
