/** One control plane first, the others later, and back again: a dry run writes nothing, and what a rollback does not take back is said. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { namesOnDisk } from '../simulator/damage.ts';
import type { SimulatedNode } from '../simulator/simulate.ts';
import { runCli } from '../support/run-cli.ts';
import { openSimulatedChanger, openSimulatedNode } from '../support/simulated-cli.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';
import { configOf, newRun, stageData, stepsOn } from '../support/steps.ts';

let on: SimulatedRuns;
beforeAll(async () => {
  on = await simulatedRuns();
});
afterAll(() => on[Symbol.asyncDispose]());

const name = 'new.example.com';
const san = `--san=${name}`;

/** The journals of all runs that have ended there. */
function endedOf(node: SimulatedNode): readonly string[] {
  return stateOf(node)
    .map((one) => path.join(node.root, 'var/lib/fix-sans', one, 'ended'))
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'));
}

function commandsOf({ next }: Rollout): readonly string[] {
  return next.map(({ command }) => command);
}

test('a dry run of a saved plan says what would be left for later, refuses what is stale, and writes nothing', async () => {
  const { simulation, home, run } = on;
  const file = path.join(home, 'plan.json');
  expect((await run('plan', san, `--out=${file}`)).code).toBe(2);
  const before = simulation.nodes.map(filesOf);
  const dry = await run('apply', '--dry-run', `--plan=${file}`, '--only=cp1', '--write');
  expect(dry.code, dry.stderr).toBe(2);
  expect(dry.stdout).toContain(name);
  expect(dry.stderr).toContain('--only: left for later: cp2');
  expect(dry.stderr).toContain('nothing was changed: this was a dry run');
  expect((await run('apply', '--dry-run', `--plan=${file}`, '--only=cp9')).code).toBe(64);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(name, 'bad.example.com'));
  expect((await run('apply', '--dry-run', `--plan=${file}`)).code).toBe(7);
  expect(simulation.nodes.map(filesOf)).toEqual(before);
  expect(simulation.nodes.flatMap(stateOf)).toEqual([]);
});

test('a name of --remove that nobody has is nothing to do, and is said', async () => {
  const { code, stderr } = await on.run('apply', '--yes', '--remove=mistyped.example');
  expect({
    code,
    said: stderr.includes('--remove dns:mistyped.example') || stderr.includes('--remove mistyped.example'),
  }).toEqual({
    code: 0,
    said: true,
  });
});

test('rollback with nothing to take back, and of a run that nobody knows: 1, said once, also with --quiet', async () => {
  for (const [args, words] of [
    [[], 'there is no run to take back'],
    [['20200101T000000Z-00000000'], 'no control plane remembers the run 20200101T000000Z-00000000'],
  ] as const) {
    const { code, stdout, stderr } = await on.run('rollback', '--yes', '--quiet', ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.replaceAll(/\s+/g, ' ').split(words)).toHaveLength(2);
    expect(stdout).toMatch(/^ +fix-sans runs --node /m);
    expect(stdout).not.toContain('fix-sans rollback');
  }
});

test('a canary, the rest, and the rollback: who keeps the name is said, with the command; twice changes nothing', async () => {
  const { simulation, rolled, run } = on;
  const canary = await rolled('apply', san, '--only=cp1');
  expect(canary.exitCode, JSON.stringify(canary.nodes)).toBe(3);
  expect(Object.fromEntries(canary.nodes.map(({ node, state, waits }) => [node, [state, waits]]))).toEqual({
    cp1: ['done', undefined],
    cp2: ['untouched', true],
  });
  expect(commandsOf(canary)[0]).toBe(`fix-sans apply --san ${name}`);
  const rest = await rolled('apply', san);
  expect(rest.exitCode, JSON.stringify(rest.nodes)).toBe(0);

  const asked = await runCli(
    ['rollback', ...targetsOf(simulation).map((target) => `--node=${target}`), ...loginFlags(simulation)],
    {
      openNode: openSimulatedNode,
      openChanger: openSimulatedChanger,
      env: { PATH: process.env['PATH'] },
      terminal: true,
      stdin: '\n',
    },
  );
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(
    new RegExp(`the run ${rest.run} \\(\\d+ minutes? ago, by .+@.+\\) is taken back on cp2`),
  );
  expect(asked.stderr).toMatch(/names that go out of the certificates: (?:dns:)?new\.example\.com/);
  expect(asked.stderr).toMatch(new RegExp(`cp1: .*new\\.example\\.com stays, by the run ${canary.run}`));

  const back = await rolled('rollback');
  expect(back.exitCode).toBe(0);
  expect(back.nodes.map(({ node, state }) => [node, state])).toContainEqual(['cp1', 'nothing']);
  expect(back.nodes.find(({ node }) => node === 'cp1')?.why).toContain('stays');
  expect(commandsOf(back)).toContain(`fix-sans rollback ${canary.run}`);
  expect(simulation.nodes.map((node) => namesOnDisk(node).includes(name))).toEqual([true, false]);

  const journals = simulation.nodes.map(endedOf);
  const again = await run('rollback', '--yes');
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toMatch(/^Nothing to take back: no certificate of that run is in use/);
  // When it was taken back stays written down as it was.
  expect(simulation.nodes.map(endedOf)).toEqual(journals);
  expect((await rolled('rollback', canary.run)).exitCode).toBe(0);
  expect(simulation.nodes.map((node) => namesOnDisk(node).includes(name))).toEqual([false, false]);
}, 240_000);

test('somebody’s own pair over an unfinished run: what to type ends it, and then apply goes on', async () => {
  const { simulation, rolled } = on;
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const other = stepsOn(first, newRun());
  await other.ask('take-lock');
  const { sums = '' } = await other.ask('stage', stageData(first, configOf(first, other.run)));
  expect((await other.ask('swap', { sums }))['fault']).toBeUndefined();
  const crt = path.join(first.root, 'etc/kubernetes/pki/apiserver.crt');
  // In one step: whoever samples the pair must not see half of it.
  writeFileSync(`${crt}.new`, `${readFileSync(crt, 'utf8')}\n`);
  renameSync(`${crt}.new`, crt);
  await other.ask('release', { seconds: '' });
  const blocked = await rolled('apply', san);
  expect(blocked.exitCode).toBe(7);
  const typed = blocked.nodes.find(({ node }) => node === first.name)?.commands ?? [];
  // Both certificates are shown, and one line ends that run where the pair in use belongs together.
  expect(typed.map((command) => command.split(' ')[0])).toEqual(['openssl', 'openssl', expect.anything()]);
  expect(typed[2]).toContain(
    `&& mv -f -- /var/lib/fix-sans/${other.run}/journal /var/lib/fix-sans/${other.run}/ended && rm -rf -- `,
  );
  expect(blocked.nodes.find(({ node }) => node !== first.name)?.commands).toEqual([]);
  for (const command of typed)
    execFileSync('sh', ['-c', command.replaceAll(/(["( ])(\/(?:var|etc)\/)/g, `$1${first.root}$2`)]);
  const runs = await on.run('runs');
  expect(runs.code, runs.stdout).toBe(0);
  expect((await rolled('apply', san)).exitCode).toBe(0);
}, 240_000);
