/** What is said at the first signal and at the second: the switch is armed only while a pair is in work, and locks stay behind. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { ClusterReading } from '../../src/cli/facts.ts';
import type { Io } from '../../src/cli/io.ts';
import { openSession } from '../../src/cli/run-session.ts';
import type { Change } from '../../src/reach/changer.ts';
import { buildFacts, leaf } from '../support/facts.ts';
import { type FakeCluster, fakeCluster, type Frames, lost } from '../support/fake-cluster.ts';

type Step = readonly [
  step: string,
  answer?: Frames | Error | undefined,
  data?: Readonly<Record<string, string>>,
];

async function after(
  ...steps: readonly Step[]
): Promise<{ readonly first: string; readonly second: string }> {
  const facts = buildFacts();
  const [one] = facts.nodes;
  if (one === undefined) throw new Error('no node');
  const { node } = one;
  const stop = new AbortController();
  const cluster: FakeCluster = fakeCluster(new Map([[node.name, leaf(['a.example'])]]));
  let [first, lastWords] = ['', () => 'nobody listens'];
  const io: Io = {
    stdin: Object.assign(Readable.from([]), {}),
    stdout: { write: () => true },
    stderr: { write: (text) => (first += text) },
    env: {},
    openChanger: (name) => cluster.ports.open(name),
    atSecondStop: (words) => {
      lastWords = words;
    },
  };
  const session = await openSession('apply', {
    options: { quiet: true },
    io,
    cluster: { facts, means: { signal: stop.signal }, reach: {} } as unknown as ClusterReading,
    settings: {
      timing: { reloadSeconds: 1, settleSeconds: 1, deadManSeconds: 100 },
      probeIntervalMs: 20,
      hooks: {},
    },
  });
  session.guard();
  const changer = await session.ports.open(node);
  for (const [step, answer, data = {}] of steps) {
    if (answer !== undefined) cluster.answer(node.name, step, answer);
    await changer.change({ name: step, script: '' } as unknown as Change, data).catch(() => undefined);
  }
  stop.abort(new Error('stopped by SIGINT'));
  return { first, second: lastWords() };
}

const taken: Step = ['take-lock'];

test.each<[string, readonly Step[]]>([
  ['after the swap', [taken, ['stage'], ['swap']]],
  ['where the answer to the swap was lost', [taken, ['swap', lost()]]],
  ['where the end could not be written down', [taken, ['swap'], ['finish', { fault: 'no-space' }]]],
  ['where the way back failed', [taken, ['swap'], ['undo', { result: 'half' }]]],
  ['where the way back was not begun', [taken, ['swap'], ['undo', { fault: 'busy' }]]],
])('%s the switch is armed', async (_, steps) => {
  const { first, second } = await after(...steps);
  expect(first).toContain('stopping: the node in work is brought to its end first, proven or undone');
  expect(second).toMatch(
    /^fix-sans: left in the middle; the dead-man switch stays armed: the node in work puts its old certificate back by itself within 100 s \(run \S+\)\n$/,
  );
});

test.each<[string, readonly Step[]]>([
  ['before anything was begun', [taken]],
  ['while it is signed', [taken, ['stage']]],
  ['where the swap was not begun', [taken, ['stage'], ['swap', { fault: 'stale' }]]],
  ['once the node is done', [taken, ['swap'], ['finish']]],
  ['once the old pair is back', [taken, ['swap'], ['undo']]],
  ['where a lock could not be let go of', [taken, ['release', lost(), { seconds: '' }]]],
])('%s nothing is armed, and the locks stay', async (_, steps) => {
  const { first, second } = await after(...steps);
  expect(first).toContain('stopping: no node has a pair in work, and none is begun');
  expect(first).toContain('a second signal leaves at once; then the locks of this run run out by themselves');
  expect(second).toMatch(
    /^fix-sans: left, with no pair in work, so nothing is armed; the locks of this run run out by themselves within 100 s \(run \S+\), and no other run begins before\n$/,
  );
});

test.each<[string, readonly Step[]]>([
  ['let go of', [taken, ['release', undefined, { seconds: '' }]]],
  ['let go of with the last step', [taken, ['swap'], ['finish', undefined, { release: '1' }]]],
])('a lock that was %s does not stay behind', async (_, steps) => {
  expect((await after(...steps)).second).toBe(
    'fix-sans: left, with no pair in work, so nothing is armed; no lock stays behind\n',
  );
});
