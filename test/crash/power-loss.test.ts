/** The power goes at each moment of a run: whatever the disk has kept by then, in whatever order, the node comes back to the old pair or is done. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ground, ground } from './ground.ts';
import { loseThePower } from './outage.ts';
import { sequences } from './sequences.ts';
import { isEvery } from '../support/runs.ts';
import { seed } from './sweep.ts';

let grounds: readonly Ground[];
beforeAll(async () => {
  grounds = await Promise.all(Array.from({ length: 4 }, ground));
});
afterAll(async () => {
  await Promise.all(grounds.map((one) => one.stop()));
});

test.each([
  ['apply', 60],
  ['put back', 16],
  ['rollback', 28],
])(
  '%s',
  async (name, count) => {
    const sequence = sequences.find((one) => one.name === name);
    if (sequence === undefined) throw new Error(`no ${name}`);
    const began = Date.now();
    const { found, of } = await loseThePower(grounds, sequence, { count: isEvery ? Infinity : count });
    const took = ((Date.now() - began) / 1000).toFixed(0);
    process.stderr.write(
      `figures: ${found.length} of ${of} losses of power during ${name} in ${took} s, seed ${seed}\n`,
    );
    expect(found.filter(({ faults }) => faults.length > 0)).toEqual([]);
    expect(of).toBeGreaterThan(30);
  },
  1_200_000,
);
