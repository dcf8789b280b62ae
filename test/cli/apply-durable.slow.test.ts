/** The half of a plan that makes the names last, on simulated nodes: written where nothing has to be signed, listed, and taken back. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunsListing } from '../../src/model/runs.ts';
import { freezeReload, mismatchPair, reissue } from '../simulator/damage.ts';
import { filesOf, type SimulatedRuns, simulatedRuns } from '../support/simulated-runs.ts';
import { stageData, type StepsOn, stepsOn } from '../support/steps.ts';

let on: SimulatedRuns;

beforeAll(async () => {
  on = await simulatedRuns(1);
});
afterAll(() => on[Symbol.asyncDispose]());

const san = '--san=new.example.com';

async function listed(): Promise<readonly (readonly string[])[]> {
  const { stdout } = await on.run('runs', '--format=json');
  const { nodes } = JSON.parse(stdout) as RunsListing;
  return nodes.map(({ runs }) => runs.map(({ run, state }) => `${run} ${state}`));
}

test('kubeadm-config alone lacks the names: it is written by a run that is listed, and taken back like any other', async () => {
  const old = on.kubeadmConfig();
  const first = await on.rolled('apply', san);
  expect(first.exitCode).toBe(0);
  const files = on.simulation.nodes.map(filesOf);
  // Somebody has put the old one back: the certificates are right, and what makes the names last is missing.
  on.setKubeadmConfig(old);
  const done = await on.rolled('apply', san);
  expect(done).toMatchObject({ exitCode: 0, durable: [{ kind: 'kubeadm-config', state: 'written' }] });
  expect(done.nodes.map(({ state }) => state)).toEqual(['nothing']);
  const written = on.kubeadmConfig();
  expect(written).toContain('new.example.com');
  const [node] = on.simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const run = path.join(node.root, 'var/lib/fix-sans', done.run);
  expect(readFileSync(path.join(run, 'kubeadm-config.old'), 'utf8')).toBe(old);
  expect(readFileSync(path.join(run, 'kubeadm-config.new'), 'utf8')).toBe(written);
  expect((await listed())[0]).toEqual([`${done.run} done`, `${first.run} done`]);
  // Whoever comes next takes nothing of it away.
  const other = stepsOn(node);
  await other.ask('take-lock');
  await other.ask('release', { seconds: '' });
  expect((await listed())[0]).toContain(`${done.run} done`);

  const back = await on.rolled('rollback');
  expect(back).toMatchObject({ exitCode: 0, durable: [{ kind: 'kubeadm-config', state: 'written' }] });
  expect(back.nodes.map(({ state }) => state)).toEqual(['nothing']);
  expect(on.kubeadmConfig()).toBe(old);
  expect(on.simulation.nodes.map(filesOf)).toEqual(files);
  expect((await listed())[0]).toEqual([`${done.run} undone`, `${first.run} done`]);
  const twice = await on.rolled('rollback', done.run);
  expect(twice).toMatchObject({ exitCode: 0, durable: [{ state: 'nothing' }] });
}, 120_000);

test('kubeadm-config that somebody else wrote after such a run is left alone', async () => {
  const old = on.kubeadmConfig();
  const done = await on.rolled('apply', san);
  expect(done).toMatchObject({ exitCode: 0, nodes: [{ state: 'nothing' }] });
  const theirs = `${on.kubeadmConfig()}# by hand\n`;
  on.setKubeadmConfig(theirs);
  const back = await on.rolled('rollback', done.run);
  expect(back).toMatchObject({ exitCode: 3, durable: [{ state: 'left-to-you' }] });
  expect(back.durable[0]?.why).toContain('somebody has changed it since');
  expect(on.kubeadmConfig()).toBe(theirs);
  on.setKubeadmConfig(old);
});

test('somebody was faster: nothing was written, that is said, and no run is remembered for it', async () => {
  const old = on.kubeadmConfig();
  const [before = []] = await listed();
  const steps = await locked();
  const after = `${old}# ours\n`;
  const patch = JSON.stringify([
    { op: 'test', path: '/metadata/resourceVersion', value: '1' },
    { op: 'replace', path: '/data/ClusterConfiguration', value: after },
  ]);
  const data = { patch, after, keep: '5', release: '1', summary: '', admin: '/etc/kubernetes/admin.conf' };
  const answers = await steps.ask('finish', data);
  expect(answers).toMatchObject({ ended: 'none', config: old });
  expect(answers['config-fault']).not.toBe('');
  expect(on.kubeadmConfig()).toBe(old);
  expect(await listed()).toEqual([before]);
});

/** A run of kubeadm-config alone that was cut off in its only step, before or after the old text was saved. */
async function cutOff(isSaved: boolean): Promise<string> {
  const steps = await locked();
  const folder = path.join(steps.state, steps.run);
  mkdirSync(folder, { mode: 0o700 });
  const body = 'fix-sans-journal 1\nconfig 100 2026-11-21T12:00:00Z\n';
  const sum = createHash('sha256').update(body).digest('hex');
  writeFileSync(path.join(folder, 'journal'), `${body}sum ${sum}\n`);
  if (isSaved) writeFileSync(path.join(folder, 'kubeadm-config.old'), on.kubeadmConfig());
  await steps.ask('release', { seconds: '' });
  return steps.run;
}

test.each([
  [true, 'done', 'no-pair'],
  // The old text is saved before anything is written: without it nothing was, and there is nothing to take back.
  [false, 'discarded', 'nothing'],
] as const)(
  'cut off before it was known how it went (old text saved: %s): the next run ends it as %s',
  async (isSaved, ended, result) => {
    const run = await cutOff(isSaved);
    const next = await locked();
    expect(await next.ask('undo', { of: run, isBack: '' })).toMatchObject({ result: 'nothing' });
    expect(await next.ask('undo', { of: run, isBack: '1' })).toMatchObject({ result });
    await next.ask('release', { seconds: '' });
    expect((await listed())[0]).toContain(`${run} ${ended}`);
  },
);

test('the gate of a rollback looks at the cluster under the lock alone, without a run of its own', async () => {
  const steps = await locked();
  const data = { names: '', peers: '', admin: '/etc/kubernetes/admin.conf', settle: '30' };
  expect(await steps.ask('gate', data)).toMatchObject({ good: '3', named: '' });
  await steps.ask('release', { seconds: '' });
  expect(await steps.ask('gate', data)).toMatchObject({ fault: 'lock-lost' });
});

test('a restart is refused where the server would not come back, and leaves nothing', async () => {
  const [node] = on.simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const steps = await locked();
  const { certificate = '', key = '', seen = '' } = stageData(node, '');
  const pair = { certificate, key, seen };
  const left = (): readonly string[] => readdirSync(steps.state).filter((file) => file === steps.run);
  expect(await steps.ask('reload', { ...pair, seen: '0'.repeat(64) })).toMatchObject({ fault: 'stale' });
  const mend = mismatchPair(on.simulation, node);
  expect(await steps.ask('reload', pair)).toMatchObject({ fault: 'no-pair' });
  mend();
  expect(left()).toEqual([]);
  const thaw = freezeReload(node);
  const undo = reissue(on.simulation, node, ['kubernetes']);
  // What listens there is no kube-apiserver of a kubelet's.
  expect(await steps.ask('reload', { ...stageData(node, '') })).toMatchObject({ fault: 'no-process' });
  expect(left()).toEqual([]);
  undo();
  thaw();
  // It serves what is on its disk by now: there is nothing to stop.
  const again = await steps.ask('reload', pair);
  expect(again['served']).toMatch(/^\d+$/);
  expect(again['stopped']).toBeUndefined();
  const finish = { patch: '', keep: '5', release: '1', summary: '', admin: '' };
  expect(await steps.ask('finish', finish)).toMatchObject({ ended: 'done' });
  expect((await listed())[0]).toContain(`${steps.run} done`);
});

test('kubespray’s file is edited in one place beside its secrets, kept, and put back byte for byte', async () => {
  const [node] = on.simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const file = path.join(node.root, 'etc/kubernetes/kubeadm-config.yaml');
  const secret = 'abcdef.0123456789abcdef';
  const text = `kind: InitConfiguration\nbootstrapTokens:\n- token: "${secret}" # grün\ncertificateKey: ${'7'.repeat(64)}\n---\nkind: ClusterConfiguration\napiServer:\n  certSANs:\n  - "kubernetes"\n`;
  writeFileSync(file, text, { mode: 0o640 });
  const steps = await locked();
  const looked = await steps.ask('look-at-file');
  expect(looked['file']).not.toMatch(/abcdef|777/);
  expect(Buffer.byteLength(looked['file'] ?? '')).toBe(Buffer.byteLength(text));
  expect(looked['sum']).toBe(createHash('sha256').update(text).digest('hex'));
  const at = String(Buffer.byteLength(text));
  const gone = createHash('sha256').update('').digest('hex');
  const write = { sum: looked['sum'] ?? '', at, drop: '0', gone, insert: '  - "new.example"\n', release: '' };
  expect(await steps.ask('write-file', { ...write, sum: '0'.repeat(64) })).toMatchObject({
    fault: 'other-file',
  });
  for (const _ of ['once', 'its answer was lost'])
    expect(await steps.ask('write-file', write)).toMatchObject({ written: 'yes' });
  expect(readFileSync(file, 'utf8')).toBe(`${text}  - "new.example"\n`);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect((await listed())[0]).toContain(`${steps.run} done`);
  await steps.ask('release', { seconds: '' });

  const back = await locked();
  writeFileSync(file, 'kind: Theirs\n');
  expect(await back.ask('put-file-back', { of: steps.run })).toMatchObject({ result: 'foreign' });
  writeFileSync(file, `${text}  - "new.example"\n`);
  expect(await back.ask('put-file-back', { of: steps.run })).toMatchObject({ result: 'back' });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(await back.ask('put-file-back', { of: steps.run })).toMatchObject({ result: 'nothing' });
  expect((await listed())[0]).toContain(`${steps.run} undone`);
  await back.ask('release', { seconds: '' });
  rmSync(file);
});

async function locked(): Promise<StepsOn> {
  const [node] = on.simulation.nodes;
  if (node === undefined) throw new Error('no node');
  const steps = stepsOn(node);
  expect((await steps.ask('take-lock'))['lock']).toBe('taken');
  return steps;
}
