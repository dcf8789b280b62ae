/** What is said before a rollback, and of the nodes that it does not touch: whose run, how old, which names go, and who keeps them. */
import { flags, here } from '../plan/after-run.ts';
import type { RunDetail } from '../inspect/runs/read-runs.ts';
import type { Certificate } from '../model/certificate.ts';
import { display } from '../model/display.ts';
import type { NextStep } from '../model/inspection.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { beginningOf, type RecordedRun } from '../model/runs.ts';
import { formatSan, looseSan, type San, sanKey } from '../model/san.ts';
import type { AllRuns } from './read-all-runs.ts';

type Details = ReadonlyMap<string, RunDetail>;

/** Names that the new certificates have and the old ones do not, on any of them; with `isBack`, the other way round. */
export function namesGoing(details: Details, isBack = false): readonly San[] {
  const all = [...details.values()].flatMap(({ old, made, wasDiscarded }) => {
    if (old === undefined || made === undefined || wasDiscarded) return [];
    const [from, to] = isBack ? [old, made] : [made, old];
    const kept = new Set(namesOf(to).map(sanKey));
    return namesOf(from).filter((san) => !kept.has(sanKey(san)));
  });
  return [...new Map(all.map((san) => [sanKey(san), san])).values()];
}

export function namesOf({ names }: Certificate): readonly San[] {
  return names.flatMap(({ value }) => looseSan(value) ?? []);
}

/** Lines for the person who is asked next. */
export function beforeTheQuestion(of: string, details: Details, now: Date): readonly string[] {
  const nodes = [...details.keys()].join(', ');
  const by = [...details.values()].find((one) => one.by !== undefined)?.by;
  const about = [ageOf(of, now), by === undefined ? '' : `by ${display(by, 200)}`].filter(
    (one) => one !== '',
  );
  const [gone, again] = [namesGoing(details), namesGoing(details, true)];
  return [
    `the run ${of}${about.length === 0 ? '' : ` (${about.join(', ')})`} is taken back on ${nodes}`,
    ...(gone.length === 0
      ? []
      : [`names that go out of the certificates: ${gone.map(formatSan).join(', ')}`]),
    ...(again.length === 0 ? [] : [`names that come back: ${again.map(formatSan).join(', ')}`]),
    ...(gone.length + again.length === 0
      ? ['no name goes out of the certificates, and none comes back']
      : []),
  ].map((line) => display(line, 1000));
}

function ageOf(run: string, now: Date): string {
  const began = beginningOf(run);
  if (began === undefined) return '';
  const minutes = Math.max(0, Math.round((now.getTime() - began.getTime()) / 60_000));
  const hours = Math.round(minutes / 60);
  const days = Math.round(hours / 24);
  if (minutes < 90) return count(minutes, 'minute');
  return hours < 48 ? count(hours, 'hour') : count(days, 'day');
}

function count(many: number, unit: string): string {
  return `${many} ${unit}${many === 1 ? '' : 's'} ago`;
}

export interface Keeps {
  readonly node: string;
  readonly run: string;
  readonly names: readonly San[];
}

/** Control planes that this run did not change and that have its names all the same, by a run before it: as after --only. */
export function keepersOf(
  of: string,
  gone: readonly San[],
  { all, planes }: { readonly all: AllRuns; readonly planes: readonly { readonly facts: NodeFacts }[] },
): readonly Keeps[] {
  return planes.flatMap(({ facts: { node, certificate } }): readonly Keeps[] => {
    const runs = all.nodes.find((one) => one.node === node)?.runs ?? [];
    if (runs.some(({ run }) => run === of)) return [];
    const run = newestDone(runs);
    const live = certificate?.reading?.ok === true ? certificate.reading.certificates[0] : undefined;
    if (run === undefined || live === undefined) return [];
    const held = new Set(namesOf(live).map(sanKey));
    const names = gone.filter((san) => held.has(sanKey(san)));
    return names.length === 0 ? [] : [{ node, run, names }];
  });
}

function newestDone(runs: readonly RecordedRun[]): string | undefined {
  return runs
    .filter(({ isEnded, state }) => isEnded && state === 'done')
    .map(({ run }) => run)
    .toSorted()
    .at(-1);
}

export function keepsClause({ run, names }: Keeps): string {
  return `that run changed nothing here; ${names.map(formatSan).join(', ')} stays, by the run ${run}`;
}

export function takeKeptBack(keepers: readonly Keeps[]): readonly NextStep[] {
  const runs = new Map(keepers.map((one) => [one.run, keepers.filter(({ run }) => run === one.run)]));
  return [...runs].map(([run, all]) =>
    here(
      `takes back what stays on ${all.map(({ node }) => display(node, 80)).join(', ')}`,
      `fix-sans rollback ${run}`,
    ),
  );
}

/** Where an old certificate is of no use: without what that run has added, signed anew; or back all the same. */
export function insteadOf(of: string, details: Details): readonly NextStep[] {
  const names = namesGoing(details);
  return [
    names.length === 0
      ? here('makes a pair anew where the one in use is bad', 'fix-sans apply')
      : here('signs anew without what that run has added', `fix-sans apply${flags('--remove', names)}`),
    here(
      'puts it back all the same; the rollback then most likely ends behind the first control plane',
      `fix-sans rollback ${of} --accept-unusable`,
    ),
  ];
}
