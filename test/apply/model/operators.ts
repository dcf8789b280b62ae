/** What somebody at a terminal does: plan, apply, rollback, runs; two of them at once; and one who has the lock and thinks. */
import type fc from 'fast-check';
import type { RunsListing } from '../../../src/model/runs.ts';
import { newRun, stepsOn } from '../../support/steps.ts';
import { agree, Disagreement, seenOn } from './agree.ts';
import { certSansIn, type Ground } from './ground.ts';
import { dropEmpty, isWhole, type Model, type ModelNode, openRuns } from './model.ts';
import { expectExit, namesArgs, type Said, told } from './told.ts';
import { applied, planExit, rolledBack } from './transitions.ts';

export type Step = fc.AsyncCommand<Model, Ground>;

export interface Counted {
  commands: number;
  readonly kinds: Map<string, number>;
}

/** Counts, and holds the nodes to the model afterwards. */
export function step(
  counted: Counted,
  text: string,
  run: (model: Model, ground: Ground) => Promise<void>,
  check: (model: Model) => boolean = () => true,
): Step {
  return {
    check,
    run: async (model, ground) => {
      counted.commands += 1;
      const [kind = ''] = text.split(' ');
      counted.kinds.set(kind, (counted.kinds.get(kind) ?? 0) + 1);
      if (process.env['FIX_SANS_TRACE'] === '1') process.stderr.write(`- ${text}\n`);
      await run(model, ground);
      await agree(model, ground, text);
    },
    toString: () => text,
  };
}

export function nodeAt<T>(nodes: readonly T[], index: number): T {
  const node = nodes[index % nodes.length];
  if (node === undefined) throw new Error('no node');
  return node;
}

export const allWhole = (model: Model): boolean => model.nodes.every((node) => isWhole(model, node));

export function plans(counted: Counted, names: readonly string[]): Step {
  const text = `plan ${names.join(' ')}`;
  return step(
    counted,
    text,
    async (model, ground) => {
      const said = await told(ground, ['plan', ...namesArgs(names)]);
      expectExit(text, said, [planExit(model, names)]);
    },
    allWhole,
  );
}

/** The run of an apply is one more, where it was begun at all. */
export function afterApply(model: Model, ground: Ground, names: readonly string[], said: Said): number {
  const { run = '' } = said.json;
  return applied(model, names, { run, seen: seenOn(ground), config: ground.config() });
}

export function applies(counted: Counted, names: readonly string[]): Step {
  const text = `apply ${names.join(' ')}`;
  return step(counted, text, async (model, ground) => {
    const said = await told(ground, ['apply', ...namesArgs(names)]);
    expectExit(text, said, [afterApply(model, ground, names, said)]);
  });
}

/** The newest, or one of those that the nodes remember. */
export function rollsBack(counted: Counted, which: number): Step {
  const text = `rollback ${which === 0 ? '' : `of number ${which}`}`;
  return step(counted, text, async (model, ground) => {
    const all = [...new Set(model.nodes.flatMap(rememberedOn))].toSorted();
    const asked = which === 0 || all.length === 0 ? undefined : nodeAt(all, which);
    const said = await told(ground, ['rollback', ...(asked === undefined ? [] : [asked])]);
    expectExit(text, said, rolledBack(model, asked));
    // Whether it was our own edit the program judges, and it is held to what it says.
    const isWritten = said.json.durable?.some(({ state }) => state === 'written') === true;
    if (isWritten) model.config = ground.config();
    model.certSans = certSansIn(model.config);
  });
}

function rememberedOn({ runs }: ModelNode): readonly string[] {
  return [...runs].filter(([, { state }]) => state !== 'none').map(([run]) => run);
}

export function listsRuns(counted: Counted): Step {
  return step(counted, 'runs', async (model, ground) => {
    const said = await told(ground, ['runs']);
    expectExit('runs', said, [model.nodes.some((node) => openRuns(node).length > 0) ? 2 : 0]);
    const { nodes } = said.json as unknown as RunsListing;
    for (const { node, lock, runs } of nodes) {
      const own = model.nodes.find(({ name }) => name === node);
      const rows = [...(own?.runs ?? [])].filter(([, { state }]) => state !== 'none').map(rowOf);
      const is = runs.map(({ run, state, isEnded }) => `${run} ${state} ${isEnded}`).toSorted();
      const holder = lock?.isLive === true ? lock.run : undefined;
      if (is.join() !== rows.toSorted().join() || holder !== own?.lock)
        throw new Disagreement(
          `${node}: runs lists ${is.join()} and ${holder}, not ${rows.join()} and ${own?.lock}`,
        );
    }
  });
}

function rowOf([run, { state, isEnded }]: readonly [string, { state: string; isEnded: boolean }]): string {
  return `${run} ${state} ${isEnded}`;
}

/** One of them has the locks first; the other is told, or comes when all is done, or finds that its plan is stale. */
export function appliesTwice(counted: Counted, one: readonly string[], other: readonly string[]): Step {
  const text = `both apply ${one.join(' ')} and ${other.join(' ')}`;
  return step(
    counted,
    text,
    async (model, ground) => {
      const both = await Promise.all([
        told(ground, ['apply', ...namesArgs(one)]),
        told(ground, ['apply', ...namesArgs(other)]),
      ]);
      const [first, second] = both;
      const wasFirst = first.code === 0 && endedAt(first) <= endedAt(second);
      const turns = [
        { said: first, names: one },
        { said: second, names: other },
      ];
      for (const { said, names } of wasFirst || second.code !== 0 ? turns : turns.toReversed()) {
        const exit = [3, 6, 7].includes(said.code) ? said.code : afterApply(model, ground, names, said);
        expectExit(text, said, [exit]);
      }
      if (!both.some(({ code }) => code === 0))
        throw new Disagreement(
          `${text} ended with ${first.code} and ${second.code}:\n${first.stderr}\n${second.stderr}`,
        );
    },
    // What else may be in the way has its own commands.
    (model) => model.nodes.every(isQuiet) && allWhole(model) && planExit(model, [...one, ...other]) !== 7,
  );
}

function endedAt({ json }: Said): string {
  return json.endedAt ?? '';
}

function isQuiet({ lock, runs, isFrozen }: ModelNode): boolean {
  return lock === undefined && !isFrozen && [...runs.values()].every(({ isEnded }) => isEnded);
}

/** For longer than this test takes. */
export function takesLock(counted: Counted, index: number): Step {
  const text = `somebody takes the lock of node ${index}`;
  return step(
    counted,
    text,
    async (model, ground) => {
      const node = nodeAt(model.nodes, index);
      const run = newRun();
      const answer = await stepsOn(nodeAt(ground.nodes, index), run).ask('take-lock', { seconds: '3000' });
      if (answer['lock'] !== 'taken') throw new Disagreement(`${text}: ${JSON.stringify(answer)}`);
      node.lock = run;
      dropEmpty(node);
    },
    (model) => nodeAt(model.nodes, index).lock === undefined,
  );
}

export function letsGo(counted: Counted, index: number): Step {
  return step(
    counted,
    `somebody lets go of the lock of node ${index}`,
    async (model, ground) => {
      const node = nodeAt(model.nodes, index);
      await stepsOn(nodeAt(ground.nodes, index), node.lock).ask('release', { seconds: '' });
      node.lock = undefined;
    },
    (model) => nodeAt(model.nodes, index).lock !== undefined,
  );
}
