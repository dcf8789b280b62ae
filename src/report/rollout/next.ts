/** What to type after a run: what is left, what became of a node that is not known, the way back, and the proof. */
import type { NodeOutcome, Rollout } from '../../model/rollout.ts';
import { type Block, plain } from '../page.ts';

export function nextBlocks({ run, kind, nodes, durable, exitCode }: Rollout): readonly Block[] {
  const has = (...states: readonly NodeOutcome['state'][]): boolean =>
    nodes.some(({ state }) => states.includes(state));
  const isApply = kind === 'apply';
  const isOnlyLasting =
    nodes.every(({ state }) => state === 'nothing') && durable.some(({ state }) => state === 'written');
  const wasDone = has('done') || isOnlyLasting;
  const steps = [
    ...(has('unknown', 'stuck')
      ? [{ why: plain('tells what became of it on each control plane'), command: 'fix-sans runs' }]
      : []),
    ...(exitCode !== 0 && has('untouched', 'undone', 'unknown')
      ? [
          isApply
            ? {
                why: plain('plans anew and does what is left, once it is known why this one stopped'),
                command: 'fix-sans apply',
              }
            : { why: plain('takes back what is left'), command: 'fix-sans rollback' },
        ]
      : []),
    ...(isApply && wasDone
      ? [{ why: plain('takes this run back'), command: `fix-sans rollback ${run}` }]
      : []),
    ...(wasDone
      ? [{ why: plain('proves it from here, from each node and from a pod'), command: 'fix-sans verify' }]
      : []),
  ];
  return steps.length === 0
    ? []
    : [{ kind: 'steps', steps: steps.map((step) => ({ where: 'here', ...step })) }];
}
