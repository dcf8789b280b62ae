/**
 * plan, apply, rollback, crashes, other people and time in any order: after each command a small model of the cluster and the nodes agree. FIX_SANS_SEED
 * repeats a run, FIX_SANS_PATH and FIX_SANS_REPLAY its one failure, FIX_SANS_THOROUGH=all tries ten times as many, FIX_SANS_TRACE=1 tells each command.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEvery } from '../support/runs.ts';
import * as accidents from './model/accidents.ts';
import { seenOn } from './model/agree.ts';
import { certSansIn, type Ground, openGround } from './model/ground.ts';
import { type Model, modelOf } from './model/model.ts';
import * as operators from './model/operators.ts';
import type { Counted, Step } from './model/operators.ts';

const seed = Number(process.env['FIX_SANS_SEED'] ?? randomInt(1, 2 ** 31 - 1));
const path = process.env['FIX_SANS_PATH'];
const replayPath = process.env['FIX_SANS_REPLAY'];

const names = fc.subarray(['one.example.com', 'two.example.com', '192.0.2.7'], {
  minLength: 1,
  maxLength: 2,
});
const name = fc.constantFrom('api.example.com', 'one.example.com', 'by-hand.example.com');
const when = fc.constantFrom('before' as const, 'after' as const);

function arbitraries(counted: Counted, count: number): readonly fc.Arbitrary<Step>[] {
  const node = fc.nat({ max: count - 1 });
  const at = fc.integer({ min: 1, max: 60 });
  const apply = names.map((some) => operators.applies(counted, some));
  const crash = fc.tuple(node, at, when).map((given) => accidents.crashes(counted, ...given));
  const sign = fc.tuple(node, name).map((given) => accidents.signsAnother(counted, ...given));
  const time = fc.constant(accidents.timePasses(counted));
  const cut = fc
    .tuple(fc.constantFrom(...accidents.cuts), fc.constantFrom(...accidents.cutSteps), names)
    .map((given) => accidents.cutOff(counted, ...given));
  return [
    apply,
    apply,
    names.map((some) => operators.plans(counted, some)),
    fc.constantFrom(0, 0, 1, 2).map((which) => operators.rollsBack(counted, which)),
    fc.constant(operators.listsRuns(counted)),
    crash,
    crash,
    crash,
    cut,
    fc.tuple(node, at, names).map((given) => accidents.appliesThroughKill(counted, ...given)),
    fc.tuple(names, names).map((both) => operators.appliesTwice(counted, ...both)),
    node.map((index) => operators.takesLock(counted, index)),
    node.map((index) => operators.letsGo(counted, index)),
    sign,
    name.map((one) => accidents.editsConfig(counted, one)),
    fc
      .tuple(node, fc.constantFrom(-7200, -120, 0, 120, 7200))
      .map((given) => accidents.setsClock(counted, ...given)),
    fc.tuple(node, fc.boolean()).map((given) => accidents.freezes(counted, ...given)),
    node.map((index) => accidents.restartsServer(counted, index)),
    time,
    time,
    node.map((index) => accidents.reboots(counted, index)),
  ];
}

async function begin(ground: Ground): Promise<Model> {
  await ground.reset();
  const config = ground.config();
  return modelOf([...seenOn(ground)], config, certSansIn(config));
}

test.concurrent.each([
  { count: 1, runs: 10, most: 14 },
  { count: 2, runs: 4, most: 12 },
])(
  'the nodes are what the model says, with $count',
  async ({ count, runs, most }) => {
    await using ground = await openGround(count);
    const counted: Counted = { commands: 0, kinds: new Map() };
    const commands = fc.commands([...arbitraries(counted, count)], {
      maxCommands: most,
      size: 'max',
      ...(replayPath === undefined ? {} : { replayPath }),
    });
    let tried = 0;
    const details = await fc.check(
      fc.asyncProperty(commands, async (some) => {
        tried += 1;
        await fc.asyncModelRun(async () => ({ model: await begin(ground), real: ground }), some);
      }),
      {
        seed,
        numRuns: isEvery ? runs * 10 : runs,
        ...(path === undefined ? {} : { path, endOnFailure: true }),
        // What has failed is made smaller for as long, then it is told as it is; on a busy machine fewer runs are tried, and their number is printed.
        interruptAfterTimeLimit: isEvery ? 3_600_000 : 400_000,
      },
    );
    const kinds = [...counted.kinds].map(([kind, number]) => `${kind} ${number}`).join(', ');
    process.stderr.write(
      `figures: ${tried} model runs, ${counted.commands} commands, seed ${seed}: ${kinds}\n`,
    );
    expect(faultOf(details)).toBe('');
    expect(tried).toBeGreaterThan(1);
  },
  4_000_000,
);

/** The commands that are left after shrinking, what did not agree, and how to have it once more. */
function faultOf<T>(details: fc.RunDetails<T>): string {
  if (!details.failed) return '';
  const report = fc.defaultReportMessage(details) ?? '';
  const [, replay = ''] = /replayPath="([^"]*)"/.exec(report) ?? [];
  const again = `FIX_SANS_SEED=${seed} FIX_SANS_PATH=${details.counterexamplePath} FIX_SANS_REPLAY=${replay}`;
  const { errorInstance } = details;
  return `${again}\n${report}\n${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}`;
}
