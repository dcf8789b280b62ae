/** What an earlier run left and could not be ended: which nodes the report calls untouched, and which it must not. */
import { expect, test } from 'vitest';
import type { Healed } from '../../src/apply/locks.ts';
import { notHealed } from '../../src/cli/lock-and-heal.ts';
import { rolloutReports } from '../../src/report/index.ts';
import { sampleRollouts } from '../support/sample-rollouts.ts';

const sick: Healed = {
  node: 'cp2',
  run: '20261120T000000Z-00000000',
  isHealed: false,
  isChanged: false,
  why: 'it could not be ended',
  exit: 'needsHuman',
  commands: ['the-command'],
};

function page(healed: Healed): string {
  const end = notHealed(['cp1', 'cp2', 'cp3'], [healed]);
  const rollout = { ...sampleRollouts().done, ...end, exitCode: 9, durable: [], events: [] } as const;
  return rolloutReports['text']?.(rollout, { colour: false, width: 200 }) ?? '';
}

test.each(['back', 'nothing', 'failed', 'half'] as const)(
  'after %s its pair was changed or its server started anew, so a human is needed there',
  (result) => {
    const { nodes } = notHealed(['cp1', 'cp2', 'cp3'], [{ ...sick, result }]);
    expect(nodes.map(({ state }) => state)).toEqual(['untouched', 'stuck', 'untouched']);
    expect(nodes.map(({ commands }) => commands)).toEqual([[], ['the-command'], []]);
    const said = page({ ...sick, result });
    expect(said).toMatch(/^A human is needed on cp2: see what to type\./);
    expect(said).not.toContain('nothing was changed');
  },
);

test.each(['foreign', 'newer', 'damaged', 'no-backup', undefined] as const)(
  'after %s nothing was touched there',
  (result) => {
    const one = result === undefined ? sick : { ...sick, result };
    const { nodes, exits } = notHealed(['cp1', 'cp2', 'cp3'], [one]);
    expect(nodes.map(({ state }) => state)).toEqual(['untouched', 'untouched', 'untouched']);
    expect(nodes[1]?.commands).toEqual(['the-command']);
    expect(exits).toEqual(['needsHuman']);
  },
);
