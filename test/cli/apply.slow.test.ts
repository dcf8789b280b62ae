/** `apply`, `rollback` and `runs` against simulated nodes, by SSH: from a missing name to a proven one, and back byte for byte. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rollout, RunEvent } from '../../src/model/rollout.ts';
import type { RunsListing } from '../../src/model/runs.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { expire, freezeReload, namesOnDisk } from '../simulator/damage.ts';
import type { Simulation } from '../simulator/simulate.ts';
import { runCli } from '../support/run-cli.ts';
import { openSimulatedChanger, openSimulatedNode } from '../support/simulated-cli.ts';
import { filesOf, type SimulatedRuns, simulatedRuns, stateOf } from '../support/simulated-runs.ts';
import { configOf, newRun, stageData, stepsOn } from '../support/steps.ts';

let on: SimulatedRuns;
let simulation: Simulation;
let home: string;
let run: SimulatedRuns['run'];
let rolled: SimulatedRuns['rolled'];
let kubeadmConfig: SimulatedRuns['kubeadmConfig'];

beforeAll(async () => {
  on = await simulatedRuns();
  ({ simulation, home, run, rolled, kubeadmConfig } = on);
});
afterAll(() => on[Symbol.asyncDispose]());

const san = '--san=new.example.com';

test('a missing name: inspect 2, apply 0, served; then nothing to do; then taken back, byte for byte', async () => {
  const before = { pki: simulation.nodes.map(filesOf), config: kubeadmConfig() };
  expect((await run('inspect', san)).code).toBe(2);
  expect(simulation.nodes.flatMap(stateOf)).toEqual([]);

  const events = path.join(home, 'events.ndjson');
  const done = await rolled('apply', san, `--events=${events}`);
  expect(done).toMatchObject({ command: 'apply', exitCode: 0 });
  expect(done.nodes.map(({ state }) => state)).toEqual(['done', 'done']);
  expect(done.durable).toMatchObject([{ kind: 'kubeadm-config', state: 'written' }]);
  for (const node of simulation.nodes) {
    expect(new X509Certificate(node.api.served()).subjectAltName).toContain('DNS:new.example.com');
  }
  for (const { after } of done.nodes)
    expect(after?.names.map(({ value }) => value)).toContain('new.example.com');
  expect(kubeadmConfig()).toContain('new.example.com');
  expect(done.probe.endpoints).toHaveLength(2);
  for (const { handshakes, failed } of done.probe.endpoints) {
    expect(handshakes).toBeGreaterThan(5);
    expect(failed).toBe(0);
  }
  const told = readFileSync(events, 'utf8').trim().split('\n');
  expect(told.map((line) => (JSON.parse(line) as RunEvent).event)).toEqual(
    done.events.map(({ event }) => event),
  );
  expect(statSync(events).mode & 0o777).toBe(0o600);
  const audit = path.join(home, 'fix-sans/audit.ndjson');
  expect(statSync(audit).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(audit, 'utf8'))).toMatchObject({
    run: done.run,
    exitCode: 0,
    kind: 'apply',
  });
  expect(readFileSync(events, 'utf8') + readFileSync(audit, 'utf8')).not.toContain('PRIVATE KEY');

  expect((await run('plan', san)).code).toBe(0);
  const after = { pki: simulation.nodes.map(filesOf), state: simulation.nodes.map(stateOf) };
  const again = await rolled('apply', san);
  expect(again.exitCode).toBe(0);
  expect(again.nodes.map(({ state }) => state)).toEqual(['nothing', 'nothing']);
  expect(again.events.map(({ event }) => event)).toEqual(['ended']);
  expect({ pki: simulation.nodes.map(filesOf), state: simulation.nodes.map(stateOf) }).toEqual(after);

  const listed = await run('runs', '--format=json');
  const { nodes } = JSON.parse(listed.stdout) as RunsListing;
  expect(listed.code).toBe(0);
  expect(nodes.map((node) => node.runs.map((one) => [one.run, one.state]))).toEqual([
    [[done.run, 'done']],
    [[done.run, 'done']],
  ]);

  const back = await rolled('rollback');
  expect(back).toMatchObject({ command: 'rollback', exitCode: 0 });
  expect(back.nodes.map(({ state }) => state)).toEqual(['done', 'done']);
  expect(back.durable).toMatchObject([{ kind: 'kubeadm-config', state: 'written' }]);
  expect(simulation.nodes.map(filesOf)).toEqual(before.pki);
  expect(kubeadmConfig()).toBe(before.config);
  for (const node of simulation.nodes)
    expect(new X509Certificate(node.api.served()).subjectAltName).not.toContain('new.example.com');
  const twice = await rolled('rollback', done.run);
  expect(twice.exitCode).toBe(0);
  expect(twice.nodes.map(({ state }) => state)).toEqual(['nothing', 'nothing']);
}, 300_000);

test('an API server that never takes the new pair: the old one is put back, the other node is not touched (fault 43)', async () => {
  const [, second] = simulation.nodes;
  if (second === undefined) throw new Error('no node');
  const before = simulation.nodes.map(filesOf);
  const config = kubeadmConfig();
  const thaw = freezeReload(second);
  const { exitCode, nodes, durable } = await rolled('apply', san, '--reload-wait=2s');
  thaw();
  expect(exitCode).toBe(5);
  expect(nodes.map(({ state }) => state)).toEqual(['undone', 'untouched']);
  expect(nodes[0]?.why).toContain('did not take the new pair within 2 s');
  expect(durable).toMatchObject([{ state: 'left-to-you' }]);
  expect(simulation.nodes.map(filesOf)).toEqual(before);
  expect(kubeadmConfig()).toBe(config);
});

test('a second operator is told who holds the lock, and changes nothing (fault 51)', async () => {
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const other = stepsOn(first, newRun());
  expect((await other.ask('take-lock'))['lock']).toBe('taken');
  const before = simulation.nodes.map(filesOf);
  const { exitCode, nodes } = await rolled('apply', san);
  await other.ask('release', { seconds: '' });
  expect(exitCode).toBe(6);
  expect(nodes[0]?.why).toContain('of ops@bastion holds the lock');
  expect(simulation.nodes.map(filesOf)).toEqual(before);
});

test('somebody at a terminal is shown the plan and asked, and Enter means no', async () => {
  const before = simulation.nodes.map(filesOf);
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  const { code, stdout, stderr } = await runCli(['apply', ...nodes, ...loginFlags(simulation), san], {
    openNode: openSimulatedNode,
    openChanger: openSimulatedChanger,
    terminal: true,
    stdin: '\n',
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('Change these 2 control planes? [y/N]');
  expect(stderr).toContain('not confirmed; nothing was changed');
  expect(simulation.nodes.map(filesOf)).toEqual(before);
});

test('a run that was left in the middle is put back first, and then what is planned is done', async () => {
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const other = stepsOn(first, newRun());
  await other.ask('take-lock');
  // Staged, and then nobody came back; the lock ran out.
  const config = kubeadmConfig().replace('/etc/kubernetes/pki', `/etc/kubernetes/pki/.fix-sans-${other.run}`);
  const init = `apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: ${first.api.host}\n  bindPort: ${first.api.port}\nnodeRegistration:\n  name: cp1\n---\n`;
  const staged = await other.ask('stage', stageData(first, `${init}${config}`));
  expect(staged['fault'], staged['said']).toBeUndefined();
  await other.ask('release', { seconds: '' });
  const refusedPlan = await run('plan', san);
  expect(refusedPlan.code).toBe(7);
  expect(refusedPlan.stdout).toContain(other.run);
  // Whoever asks for requests alone heals nothing either.
  const left = { state: simulation.nodes.map(stateOf), pki: simulation.nodes.map(filesOf) };
  expect((await rolled('apply', san, `--csr-dir=${home}`)).exitCode).toBe(7);
  expect({ state: simulation.nodes.map(stateOf), pki: simulation.nodes.map(filesOf) }).toEqual(left);
  const done = await rolled('apply', san);
  expect(done.exitCode).toBe(0);
  expect(done.events.find(({ event }) => event === 'healed')?.detail).toContain(other.run);
  const unused = await rolled('rollback', other.run);
  expect(unused.exitCode).toBe(0);
  expect(unused.nodes[0]).toMatchObject({ state: 'nothing', wasRestarted: false });
  expect(unused.nodes[0]?.why).toContain('that run has changed nothing there');
  expect((await rolled('rollback', done.run)).exitCode).toBe(0);
}, 240_000);

test('no to the plan after an earlier run was put back: it is not said that nothing was changed', async () => {
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const before = simulation.nodes.map(filesOf);
  const other = stepsOn(first, newRun());
  await other.ask('take-lock');
  const { sums = '' } = await other.ask('stage', stageData(first, configOf(first, other.run)));
  expect((await other.ask('swap', { sums }))['fault']).toBeUndefined();
  await other.ask('release', { seconds: '' });
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  const { code, stderr } = await runCli(['apply', ...nodes, ...loginFlags(simulation), san], {
    openNode: openSimulatedNode,
    openChanger: openSimulatedChanger,
    env: { XDG_STATE_HOME: home, PATH: process.env['PATH'] },
    terminal: true,
    stdin: 'y\nn\n',
  });
  expect(code, stderr).toBe(3);
  expect(stderr).not.toContain('not confirmed; nothing was changed');
  expect(simulation.nodes.map(filesOf)).toEqual(before);
}, 120_000);

test('a saved plan is applied as it is, and refused once the cluster has changed (fault 56)', async () => {
  const file = path.join(home, 'plan.json');
  expect((await run('plan', san, `--out=${file}`)).code).toBe(2);
  const done = await rolled('apply', `--plan=${file}`);
  expect(done.exitCode).toBe(0);
  expect(simulation.nodes.every((node) => namesOnDisk(node).includes('new.example.com'))).toBe(true);
  const stale = await rolled('apply', `--plan=${file}`);
  expect(stale.exitCode).toBe(7);
  expect(stale.nodes[0]?.why).toContain('the plan is stale');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('new.example.com', 'bad.example.com'));
  const forged = await run('apply', '--yes', `--plan=${file}`);
  expect(forged.code).toBe(7);
  expect(forged.stderr).toContain('it was changed by hand or on the way');
  expect((await rolled('rollback', done.run)).exitCode).toBe(0);
});

test('an old certificate that has expired is not put back unless that is said, and what to type instead is', async () => {
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  const undo = expire(simulation, first);
  const done = await rolled('apply', san);
  expect(done.exitCode).toBe(0);
  const before = { pki: simulation.nodes.map(filesOf), state: simulation.nodes.map(stateOf) };
  const { code, stderr, stdout } = await run('rollback', '--yes', done.run, '--format=json');
  expect(code, stderr).toBe(7);
  const { nodes, next } = JSON.parse(stdout) as Rollout;
  expect(nodes.find(({ node }) => node === first.name)?.why).toContain('its old certificate expired on ');
  expect(next.map(({ command }) => command)).toEqual([
    'fix-sans apply --remove new.example.com',
    `fix-sans rollback ${done.run} --accept-unusable`,
  ]);
  expect(nodes.map(({ state }) => state)).toEqual(['untouched', 'untouched']);
  expect({ pki: simulation.nodes.map(filesOf), state: simulation.nodes.map(stateOf) }).toEqual(before);
  const back = await rolled('rollback', done.run, '--accept-unusable', '--settle=5s');
  // With it the cluster is not well, and that is found before the next one is begun.
  expect(back.exitCode).toBe(3);
  expect(back.nodes.map(({ state }) => state)).toEqual(['done', 'untouched']);
  expect(back.nodes[0]?.why).toContain('its old certificate is served, and the cluster is not well');
  undo();
}, 120_000);
