/** Commands to run next, with the place where each belongs. */
import type { NextStep } from '../model/inspection.ts';
import { plain, type Section } from './page.ts';

const places: Readonly<Record<NextStep['where'], string>> = {
  here: 'here',
  'control-plane': 'on a control plane, as root',
  anywhere: 'anywhere',
};

export function stepsBlock(next: readonly NextStep[]): Section['blocks'] {
  if (next.length === 0) return [];
  return [
    {
      kind: 'steps',
      steps: next.map(({ where, why, command }) => ({ where: places[where], why: plain(why), command })),
    },
  ];
}
