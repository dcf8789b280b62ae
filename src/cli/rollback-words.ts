/** What is said before a rollback, and of the nodes that it does not touch: whose run, how old, which names go, and who keeps them. */
import { flags, here } from '../plan/after-run.ts';
import type { RunDetail } from '../inspect/runs/read-runs.ts';
import type { Certificate } from '../model/certificate.ts';
import type { ReadNode } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import type { NextStep } from '../model/inspection.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { beginningOf, type RecordedRun } from '../model/runs.ts';
import { formatSan, looseSan, type San, sanKey } from '../model/san.ts';
import type { AllRuns } from './read-all-runs.ts';
import type { Unasked } from './unusable.ts';

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
  readonly names: readonly San[];
  /** The run that gave them to it, where the node's own record says so. */
  readonly run?: string;
}

interface Plane {
  readonly read: ReadNode;
  readonly facts: NodeFacts;
}

export interface KeepersAsk {
  readonly all: AllRuns;
  readonly planes: readonly Plane[];
  readonly detailOf: (plane: Plane, run: string) => Promise<RunDetail | Unasked>;
}

/** Control planes that this run did not change and that have its names all the same: since ever, by hand, or by a run before it, as after --only. */
export async function keepersOf(
  of: string,
  gone: readonly San[],
  { all, planes, detailOf }: KeepersAsk,
): Promise<readonly Keeps[]> {
  const keepers: Keeps[] = [];
  for (const plane of planes) {
    const { node, certificate } = plane.facts;
    const runs = all.nodes.find((one) => one.node === node)?.runs ?? [];
    const live = certificate?.reading?.ok === true ? certificate.reading.certificates[0] : undefined;
    if (live === undefined || runs.some(({ run }) => run === of)) continue;
    const kept = sharedBy(gone, live);
    if (kept.length === 0) continue;
    const run = newestDone(runs);
    const detail = run === undefined ? undefined : await detailOf(plane, run);
    const given = kept.filter((san) => isGivenBy(detail, live, san));
    const others = kept.filter((san) => !given.includes(san));
    if (others.length > 0) keepers.push({ node, names: others });
    if (run !== undefined && given.length > 0) keepers.push({ node, names: given, run });
  }
  return keepers;
}

function sharedBy(names: readonly San[], certificate: Certificate): readonly San[] {
  const held = new Set(namesOf(certificate).map(sanKey));
  return names.filter((san) => held.has(sanKey(san)));
}

/** A run that only renewed takes no name with it, and brings back what was about to expire; and what was signed since is not its own. */
function isGivenBy(detail: RunDetail | Unasked | undefined, live: Certificate, san: San): boolean {
  if (detail === undefined || 'why' in detail || detail.old === undefined) return false;
  return detail.made?.fingerprint === live.fingerprint && sharedBy([san], detail.old).length === 0;
}

function newestDone(runs: readonly RecordedRun[]): string | undefined {
  return runs
    .filter(({ isEnded, state }) => isEnded && state === 'done')
    .map(({ run }) => run)
    .toSorted()
    .at(-1);
}

export function byNode(keepers: readonly Keeps[]): ReadonlyMap<string, readonly Keeps[]> {
  return new Map(keepers.map(({ node }) => [node, keepers.filter((one) => one.node === node)]));
}

/** Of one node, all that it keeps. */
export function keepsClause(keeps: readonly Keeps[]): string {
  const stays = keeps.map(({ names, run }) => {
    const what = `${names.map(formatSan).join(', ')} ${names.length === 1 ? 'stays' : 'stay'}`;
    return run === undefined ? what : `${what}, by the run ${run}`;
  });
  return `that run changed nothing here; ${stays.join('; ')}`;
}

export function takeKeptBack(keepers: readonly Keeps[]): readonly NextStep[] {
  const runs = new Set(keepers.flatMap(({ run }) => run ?? []));
  return [...runs].map((run) => {
    const nodes = keepers.filter((one) => one.run === run).map(({ node }) => display(node, 80));
    return here(`takes back what stays on ${nodes.join(', ')} by that run`, `fix-sans rollback ${run}`);
  });
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
