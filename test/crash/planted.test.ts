/** What the sweep is worth: bugs that are planted in the node's scripts, each of which it has to find. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Change, change } from '../../src/reach/changer.ts';
import { casesOf, record } from './cases.ts';
import { type Ground, ground } from './ground.ts';
import { loseThePower } from './outage.ts';
import { type Sequence, sequences } from './sequences.ts';
import { sweep } from './sweep.ts';

let grounds: readonly Ground[];
beforeAll(async () => {
  grounds = await Promise.all(Array.from({ length: 4 }, ground));
});
afterAll(async () => {
  await Promise.all(grounds.map((one) => one.stop()));
});

/** In place of each of these texts another; `swap` has to have all of them. */
function planting(...bugs: readonly (readonly [right: string, wrong: string])[]): (asked: Change) => Change {
  return ({ name, script }) => {
    for (const [right] of bugs)
      if (name === 'swap' && !script.includes(right))
        throw new Error(`swap has no ${JSON.stringify(right)} any more`);
    return change(
      name,
      bugs.reduce((text, [right, wrong]) => text.replaceAll(right, wrong), script),
    );
  };
}

const renames = `mv -f -- "$stage/apiserver.key" "$key" && mv -f -- "$stage/apiserver.crt" "$crt"`;
const journalFlush = `mv -f -- "$R/journal.new" "$R/journal" && flush "$R"`;

function stepsTo(last: string): Sequence {
  const apply = sequences.find(({ name }) => name === 'apply');
  if (apply === undefined) throw new Error('no apply');
  const steps = apply.steps.slice(0, apply.steps.findIndex(({ name }) => name === last) + 1);
  return { ...apply, steps };
}

test.each([
  ['of the folder of the journal', [journalFlush, `mv -f -- "$R/journal.new" "$R/journal"`], 'swap'],
  [
    'of the folder of the pair',
    [`flush "\${key%/*}" "\${crt%/*}" && journal swapped`, 'journal swapped'],
    'finish',
  ],
] as const)(
  'the fsync %s left out is found by losses of power',
  async (what, bug, last) => {
    const plant = { plant: planting(bug) };
    const broken = await loseThePower(grounds, stepsTo(last), { count: 40, plant, during: last });
    const faults = broken.found.filter((one) => one.faults.length > 0);
    process.stderr.write(
      `figures: planted: the fsync ${what} left out: ${faults.length} of ${broken.found.length} losses of power show it, as ${faults[0]?.moment}: ${faults[0]?.faults[0]}\n`,
    );
    expect(faults.length).toBeGreaterThan(0);
  },
  240_000,
);

test('key and certificate renamed in the other order, with the journal written late, are found by a kill between the two', async () => {
  const [first] = grounds;
  if (first === undefined) throw new Error('no node');
  const plant = {
    plant: planting(
      ['journal intent || drop no-space\n', ''],
      [
        renames,
        `mv -f -- "$stage/apiserver.crt" "$crt" && mv -f -- "$stage/apiserver.key" "$key" && journal intent`,
      ],
    ),
  };
  const struck = async (how: typeof plant | object): Promise<readonly string[]> => {
    const sequence = stepsTo('swap');
    const cases = casesOf(first, sequence, await record(first, sequence, how)).filter(
      ({ at, call, blow }) =>
        at === 2 && blow === 'KILL' && call.kind === 'rename' && call.path.includes('/pki/'),
    );
    expect(cases).toHaveLength(2);
    const outcomes = await sweep(grounds, cases, how);
    expect(outcomes.filter(({ hasStruck }) => !hasStruck)).toEqual([]);
    return outcomes.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
  };
  expect(await struck({})).toEqual([]);
  const found = await struck(plant);
  process.stderr.write(
    `figures: planted: renamed in the other order, journal late: ${found.length} faults, as ${found[0]}\n`,
  );
  expect(found.join('\n')).toContain('key and certificate do not belong together');
}, 240_000);
