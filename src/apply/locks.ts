/** The locks of all control planes: taken before anything is changed anywhere, in one order for everybody, all or none. */
import type { ExitName } from '../model/exit-code.ts';
import type { ClusterNode } from '../model/node.ts';
import { beginningOf } from '../model/runs.ts';
import { isRefusal } from '../model/trouble.ts';
import { ReachError } from '../reach/transport.ts';
import { clauseOf, exitOfFault, undoClauses } from './faults.ts';
import { type Link, linkTo } from './link.ts';
import { type DeadHolder, readReleased, readTaken, type UnendedRun } from './lock-replies.ts';
import { release, take } from './lock-steps.ts';
import { adviceAfterUndo, commandsAfterUndo } from './node-result.ts';
import type { Ports, RunName } from './ports.ts';
import type { UndoResult } from './replies.ts';

import type { Place } from './task.ts';
import { undoOn } from './undo-on.ts';

export interface Locked {
  readonly run: RunName;
  readonly links: ReadonlyMap<string, Link>;
  /** Runs that were begun and did not end, of anybody, by node. */
  readonly unended: ReadonlyMap<string, readonly UnendedRun[]>;
  /** Renews the locks of nodes whose turn is not yet, until the answer is called, or whoever asked for it first has called theirs. */
  keep(): () => Promise<void>;
  /** Whose steps keep its lock by themselves; undefined between two nodes. */
  workOn(node: string | undefined): void;
  /** The node's own last step has let go of it. */
  letGo(node: string): void;
  /** Of what is still held. */
  release(): Promise<void>;
}

export interface NotLocked {
  readonly exit: ExitName;
  readonly node: string;
  readonly why: string;
}

export type Locking =
  | { readonly ok: true; readonly locked: Locked }
  | { readonly ok: false; readonly fault: NotLocked };

export async function lockAll(nodes: readonly ClusterNode[], run: RunName, ports: Ports): Promise<Locking> {
  const links = new Map<string, Link>();
  const unended = new Map<string, readonly UnendedRun[]>();
  for (const node of nodes.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const link = linkTo(node, run, ports);
    links.set(node.name, link);
    const fault = await lockOne(link, unended, ports);
    if (fault !== undefined) {
      await releaseAll(links);
      return { ok: false, fault: { ...fault, node: node.name } };
    }
  }
  return { ok: true, locked: held({ run, links, unended }, ports) };
}

async function lockOne(
  link: Link,
  unended: Map<string, readonly UnendedRun[]>,
  ports: Ports,
): Promise<Omit<NotLocked, 'node'> | undefined> {
  try {
    const answer = await link.ask(take, {}, readTaken);
    if (!answer.ok) return { exit: notBegun(exitOfFault(answer.fault)), why: clauseOf(answer.fault) };
    const { value } = answer;
    if (value.state === 'held') {
      const { run, by, secondsLeft } = value.holder;
      return {
        exit: 'locked',
        why: `the run ${run} of ${by} holds the lock${sinceOf(run)}, for ${secondsLeft} s more unless it is renewed`,
      };
    }
    const detail = value.dead === undefined ? {} : { detail: takenOverFrom(value.dead) };
    ports.tell({ event: 'locked', node: link.node.name, ...detail });
    unended.set(link.node.name, value.unended);
    return undefined;
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const { trouble } = error;
    return { exit: isRefusal(trouble) ? 'authentication' : 'temporary', why: trouble.message };
  }
}

/** Before anything of this run was begun nothing can have been rolled back. */
function notBegun(exit: ExitName): ExitName {
  return exit === 'rolledBack' ? 'refused' : exit;
}

function sinceOf(run: string): string {
  const at = beginningOf(run)?.toISOString();
  return at === undefined ? '' : ` since ${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

function takenOverFrom({ run, by, isUndone }: DeadHolder): string {
  const whose = by === '' ? run : `${run} of ${by}`;
  return `taken over from ${whose}, which is gone${isUndone ? '; its old pair was put back' : ''}`;
}

function held({ run, links, unended }: Pick<Locked, 'run' | 'links' | 'unended'>, ports: Ports): Locked {
  const ours = new Set(links.keys());
  let inWork: string | undefined;
  let stop: (() => Promise<void>) | undefined;
  const seconds = String(run.timing.deadManSeconds);
  const pauseMs = (run.timing.deadManSeconds * 1000) / 3;
  const keepOne = async ([node, link]: readonly [string, Link], over: AbortSignal): Promise<void> => {
    let next = ports.clock() + pauseMs;
    while (!over.aborted) {
      await ports.sleep(500);
      if (over.aborted || !ours.has(node)) return;
      if (node === inWork || ports.clock() < next) continue;
      next = ports.clock() + pauseMs;
      await renew(link, seconds, () => !over.aborted && ours.has(node));
    }
  };
  return {
    run,
    links,
    unended,
    keep: () => {
      if (stop !== undefined) return () => Promise.resolve();
      const over = new AbortController();
      // Each by itself: one that does not answer must not cost the others their locks.
      const keeping = [...links].map((one) => keepOne(one, over.signal));
      stop = async () => {
        stop = undefined;
        over.abort();
        await Promise.all(keeping);
      };
      return stop;
    },
    workOn: (node) => {
      inWork = node;
    },
    letGo: (node) => void ours.delete(node),
    release: async () => {
      await stop?.();
      await releaseAll(new Map([...links].filter(([node]) => ours.has(node))));
      ours.clear();
      await Promise.all([...links.values()].map((link) => link.close()));
    },
  };
}

/**
 * A machine that slept may have lost it: then it is taken again where nobody has it. What others did meanwhile the steps find, and whether
 * another has it now, too.
 */
async function renew(link: Link, seconds: string, isOurs: () => boolean): Promise<void> {
  try {
    const answer = await link.ask(release, { seconds }, readReleased);
    // It may have waited in line behind the step that let go of it.
    if (!answer.ok && answer.fault.word === 'lock-lost' && isOurs()) await link.ask(take, {}, readTaken);
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
  }
}

/** A lock that cannot be let go of runs out by itself. */
async function releaseAll(links: ReadonlyMap<string, Link>): Promise<void> {
  await Promise.allSettled(
    [...links.values()].map(async (link) => {
      await link.ask(release, { seconds: '' }, readReleased);
    }),
  );
  await Promise.all([...links.values()].map((link) => link.close()));
}

export interface Healed {
  readonly node: string;
  readonly run: string;
  readonly isHealed: boolean;
  /** Whether the pair in use is another one now. */
  readonly isChanged: boolean;
  readonly why: string;
  readonly exit: ExitName;
  /** Where only a human can end it: what to type there. */
  readonly commands: readonly string[];
  /** What the way back said; undefined where it said nothing that could be understood. */
  readonly result?: UndoResult;
}

/** What earlier runs left unfinished: the old pair, wherever it was not proven that the new one may stay. */
export async function healAll(
  { links, unended, run }: Locked,
  places: ReadonlyMap<string, Place>,
  ports: Ports,
): Promise<readonly Healed[]> {
  const all: Healed[] = [];
  for (const [node, runs] of unended) {
    for (const one of runs) {
      const link = links.get(node);
      if (link === undefined || one.run === run.run) continue;
      const healed = await healOne(link, one.run, places.get(node), { run, ports });
      ports.tell({ event: healed.isHealed ? 'healed' : 'failed', node, detail: `${one.run}: ${healed.why}` });
      all.push(healed);
    }
  }
  return all;
}

async function healOne(
  link: Link,
  of: string,
  place: Place | undefined,
  { run: { timing }, ports }: { readonly run: RunName; readonly ports: Ports },
): Promise<Healed> {
  const about = { node: link.node.name, run: of };
  try {
    const ask = { of, isBack: false, endpoint: place?.endpoint ?? '' };
    const answer = await undoOn(link, ask, { timing, ports });
    if (!answer.ok)
      return {
        ...about,
        isHealed: false,
        isChanged: false,
        why: clauseOf(answer.fault),
        exit: notBegun(exitOfFault(answer.fault)),
        commands: [],
      };
    const { result, served, whyNotServed } = answer.value;
    const isHealed = result === 'back' || result === 'nothing';
    const isServed = served === undefined ? result !== 'back' : served.isServed;
    return {
      ...about,
      result,
      isHealed: isHealed && isServed,
      isChanged: result === 'back',
      why:
        isHealed && !isServed
          ? `the old pair is in place again, but it is not served: ${whyNotServed}`
          : `${undoClauses[result]}${adviceAfterUndo(result)}`,
      exit: result === 'foreign' || result === 'newer' ? 'refused' : 'needsHuman',
      commands: place === undefined ? [] : commandsAfterUndo(result, isServed, { place, of }),
    };
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    const exit = isRefusal(error.trouble) ? 'authentication' : 'temporary';
    return { ...about, isHealed: false, isChanged: false, why: error.trouble.message, exit, commands: [] };
  }
}
