/** A clock that is off makes a new certificate not valid yet somewhere: whose it is, the node's or that of this machine. Pure. */
import type { Inspection } from '../model/inspection.ts';
import type { Refusal } from '../model/plan.ts';

export const setClocks = 'set the clocks (chronyc tracking, timedatectl)';

/** Two clocks that differ by less agree. */
const toleranceSeconds = 300;

export function clockFaults(
  node: string,
  skewSeconds: number,
  { findings, facts }: Pick<Inspection, 'findings' | 'facts'>,
): readonly Pick<Refusal, 'code' | 'detail' | 'remedy'>[] {
  if (!findings.some((one) => one.code === 'clock-skew' && one.node === node)) return [];
  const seconds = `${Math.abs(Math.round(skewSeconds))} seconds off`;
  const skews = facts.nodes.flatMap(({ result }) =>
    result.state === 'read' ? [result.facts.clockSkewSeconds] : [],
  );
  // Of one node alone nobody can tell.
  const isOurs = skews.length > 1 && Math.max(...skews) - Math.min(...skews) <= toleranceSeconds;
  return [
    isOurs
      ? {
          code: 'clock-skew',
          detail: `its clock agrees with those of the other nodes, and the clock of this machine is ${seconds}`,
          remedy: 'set the clock of this machine (chronyc tracking, timedatectl)',
        }
      : {
          code: 'clock-skew',
          detail: `its clock is ${seconds}, so a new certificate may not be valid yet elsewhere`,
          remedy: setClocks,
        },
  ];
}
