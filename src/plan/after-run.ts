/** What to type after a run: who else has it, what became of a node, what is left, the way back, and the proof. Never what was just refused. Pure. */
import { type ExitName, exitCodes } from '../model/exit-code.ts';
import type { NextStep } from '../model/inspection.ts';
import type { NodeOutcome, Rollout } from '../model/rollout.ts';
import type { San } from '../model/san.ts';
import { shellWord } from './signing.ts';

export interface Asked {
  /** Of `apply`: what was asked for, so that the next one asks for it too. */
  readonly names: readonly San[];
  readonly removals: readonly San[];
  /** Of `rollback`: the run that is taken back. */
  readonly of?: string;
}

type Ended = Pick<Rollout, 'run' | 'kind' | 'nodes' | 'durable' | 'exitCode'>;

export function nextAfter(ended: Ended, asked: Asked): readonly NextStep[] {
  const { run, kind, nodes, durable, exitCode } = ended;
  const names = flags('--san', asked.names);
  const isOnlyLasting =
    nodes.every(({ state }) => state === 'nothing') && durable.some(({ state }) => state === 'written');
  const wasDone = has(nodes, 'done') || isOnlyLasting;
  const steps: NextStep[] = [];
  if (has(nodes, 'unknown', 'stuck'))
    steps.push(here('tells what became of it on each control plane', 'fix-sans runs'));
  steps.push(...(isBegun(nodes) ? leftOver(ended, asked) : afterNothing(ended, asked)));
  if (kind === 'apply' && wasDone) steps.push(here('takes this run back', `fix-sans rollback ${run}`));
  if (wasDone)
    steps.push(
      here(
        'proves it from here, from each node and from a pod',
        `fix-sans verify${kind === 'apply' ? names : ''}`,
      ),
    );
  else if (exitCode === exitCodes.notSan.code || exitCode === exitCodes.changesNeeded.code)
    steps.push(here('says what else is wrong, and what to do about it', 'fix-sans inspect'));
  return steps;
}

export function here(why: string, command: string): NextStep {
  return { where: 'here', why: `${why}; with the same options`, command, takesOptions: true };
}

/** `shellWord` takes care of names that came out of a certificate. */
export function flags(flag: '--san' | '--remove', names: readonly San[]): string {
  return names.map(({ value }) => ` ${flag} ${shellWord(value)}`).join('');
}

function has(nodes: readonly NodeOutcome[], ...states: readonly NodeOutcome['state'][]): boolean {
  return nodes.some(({ state }) => states.includes(state));
}

function isBegun(nodes: readonly NodeOutcome[]): boolean {
  return has(nodes, 'done', 'undone', 'stuck', 'unknown');
}

function leftOver({ kind, nodes, exitCode }: Ended, { of, ...asked }: Asked): readonly NextStep[] {
  if (exitCode === exitCodes.ok.code) return [];
  if (kind === 'rollback') {
    const isLeft = nodes.some(
      ({ state, why }) => state !== 'nothing' && (state !== 'done' || why !== undefined),
    );
    return isLeft && of !== undefined
      ? [here('takes back what is left, once the cluster is well again', `fix-sans rollback ${of}`)]
      : [];
  }
  if (!has(nodes, 'untouched', 'undone', 'unknown')) return [];
  const isOnlyLater = nodes.every(({ state, waits }) => state !== 'untouched' || waits === true);
  const why =
    isOnlyLater && has(nodes, 'done')
      ? 'does the others, and then what makes the names last'
      : 'plans anew and does what is left, once it is known why this one stopped';
  return [here(why, applyOf(asked))];
}

/** Nothing was changed: what would end in the same way is not advised. */
function afterNothing({ kind, nodes, exitCode }: Ended, asked: Asked): readonly NextStep[] {
  const name = (Object.keys(exitCodes) as ExitName[]).find((one) => exitCodes[one].code === exitCode);
  switch (name) {
    case 'locked':
      return [here('says who has the lock, and for how long', 'fix-sans runs')];
    case 'authentication':
    case 'temporary':
      return [here('says which control plane does not answer, and why; changes nothing', 'fix-sans inspect')];
    case 'refused':
      return kind === 'rollback'
        ? [here('lists the runs that each control plane remembers', 'fix-sans runs')]
        : [
            here(
              'once that is mended: says whether anything still speaks against it; changes nothing',
              `fix-sans plan${flags('--san', asked.names)}${flags('--remove', asked.removals)}`,
            ),
          ];
    case 'failed':
    case 'rolledBack':
    case 'interrupted':
    case 'terminated':
    case 'partial':
      if (nodes.length === 0) return [];
      if (kind === 'apply')
        return [here('plans anew, once it is known why this one stopped', applyOf(asked))];
      return asked.of === undefined
        ? [here('lists the runs that can be taken back', 'fix-sans runs')]
        : [here('takes it back, once it is known why this one stopped', `fix-sans rollback ${asked.of}`)];
    default:
      return [];
  }
}

function applyOf({ names, removals }: Pick<Asked, 'names' | 'removals'>): string {
  return `fix-sans apply${flags('--san', names)}${flags('--remove', removals)}`;
}
