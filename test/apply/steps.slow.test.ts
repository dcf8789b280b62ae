/** The steps of a run on a simulated node: what each leaves, what it refuses, and the way back when nobody is heard of any more. */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { namesOnDisk } from '../simulator/damage.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { configOf, newRun, seconds, stageData, type StepsOn, stepsOn } from '../support/steps.ts';

let simulation: Simulation;
let node: SimulatedNode;
let on: StepsOn;

beforeAll(async () => {
  simulation = await simulate({ nodes: 1, certSans: ['api.example.com'] });
  const [first] = simulation.nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
});
afterAll(() => simulation.stop());
beforeEach(() => {
  rmSync(path.join(node.root, 'var/lib/fix-sans'), { recursive: true, force: true });
  on = stepsOn(node);
  for (const folder of hidden()) rmSync(path.join(on.pki, folder), { recursive: true });
});

const pair = ['apiserver.crt', 'apiserver.key'] as const;

function files(): readonly unknown[] {
  return pair.map((file) => {
    const at = path.join(on.pki, file);
    const { mode, uid, gid } = lstatSync(at);
    return [file, mode, uid, gid, readFileSync(at, 'utf8')];
  });
}

function hidden(): readonly string[] {
  return readdirSync(on.pki).filter((file) => file.startsWith('.'));
}

function config(name?: string): string {
  return configOf(node, on.run, name);
}

async function staged(name?: string): Promise<string> {
  expect((await on.ask('take-lock'))['lock']).toBe('taken');
  const answers = await on.ask('stage', stageData(node, config(name)));
  expect(answers['fault'], answers['said']).toBeUndefined();
  return answers['sums'] ?? '';
}

async function swapped(data: Readonly<Record<string, string>> = {}): Promise<void> {
  const answers = await on.ask('swap', { sums: await staged(), ...data });
  expect(answers['fault']).toBeUndefined();
}

function servedSerial(): string {
  return new X509Certificate(node.api.served()).serialNumber;
}

test('a whole run: staged beside, swapped, served, proven, ended; then taken back, byte for byte', async () => {
  const before = files();
  const sums = await staged();
  expect(files()).toEqual(before);
  expect(hidden()).toEqual([`.fix-sans-${on.run}`]);
  expect(readFileSync(path.join(on.state, on.run, 'journal'), 'utf8')).toContain('\nstaged ');

  const swap = await on.ask('swap', { sums });
  expect(swap['fault']).toBeUndefined();
  expect(Number(swap['served'])).toBeLessThan(5000);
  expect(namesOnDisk(node)).toContain('new.example.com');
  expect(new X509Certificate(readFileSync(path.join(on.pki, 'apiserver.crt'))).serialNumber).toBe(
    servedSerial(),
  );
  expect(lstatSync(path.join(on.pki, 'apiserver.key')).mode & 0o777).toBe(0o600);

  const proof = await on.ask('prove', {
    names: 'kubernetes\nnew.example.com',
    peers: '',
    admin: '/etc/kubernetes/admin.conf',
    settle: '30',
  });
  expect(proof['fault']).toBeUndefined();
  expect(proof['good']).toBe('3');
  expect(new X509Certificate(proof['served'] ?? '').serialNumber).toBe(servedSerial());
  const rows = (proof['named'] ?? '').trim().split('\n');
  expect(rows.map((row) => row.split(' ')[0])).toEqual(['kubernetes', 'new.example.com']);
  expect(new Set(rows.map((row) => row.split(' ')[1])).size).toBe(1);

  const end = await on.ask('finish', { keep: '5', release: '1', patch: '', summary: 'done', admin: '' });
  expect(end['ended']).toBe('done');
  expect(hidden()).toEqual([]);
  expect(readdirSync(on.state).toSorted()).toEqual([on.run, 'mutex'].toSorted());

  const back = stepsOn(node);
  await back.ask('take-lock');
  const undone = await back.ask('undo', { of: on.run, isBack: '1' });
  expect(undone).toMatchObject({ result: 'back' });
  expect(files()).toEqual(before);
  expect(hidden()).toEqual([]);
  await sleep(200);
  const again = await back.ask('undo', { of: on.run, isBack: '1' });
  expect(again).toMatchObject({ result: 'nothing' });
});

/** What /bin/sh is on RHEL and on Alpine. */
const shells = [
  ['bash', '--posix'],
  ['busybox', 'sh'],
].filter(([program = '']) => spawnSync(program, ['-c', ':']).error === undefined);

test.each(shells.map((words) => [words.join(' '), words] as const))(
  'a whole run and its way back in %s',
  async (_, [program = '', ...flags]) => {
    const before = files();
    on = stepsOn(node, newRun(), [program, ...flags]);
    await swapped();
    expect(files()).not.toEqual(before);
    const end = await on.ask('finish', { keep: '5', release: '', patch: '', summary: 'done', admin: '' });
    expect(end['ended']).toBe('done');
    expect(await on.ask('undo', { of: on.run, isBack: '1' })).toMatchObject({ result: 'back' });
    expect(files()).toEqual(before);
    expect(hidden()).toEqual([]);
  },
);

describe('the lock', () => {
  test('is had by one run only, which is told who has it', async () => {
    await on.ask('take-lock', { by: 'alice@bastion' });
    const other = await stepsOn(node).ask('take-lock', { by: 'bob@laptop' });
    expect(other['fault']).toBe('held');
    const [run, left, by] = (other['holder'] ?? '').split('\n');
    expect([run, by]).toEqual([on.run, 'alice@bastion']);
    expect(Number(left)).toBeGreaterThan(200);
    expect((await on.ask('take-lock'))['lock']).toBe('taken');
    await on.ask('release', { seconds: '' });
    expect((await stepsOn(node).ask('take-lock'))['lock']).toBe('taken');
  });

  test('of twenty at once exactly one has it (fault 52)', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => stepsOn(node).ask('take-lock')));
    expect(all.filter(({ lock }) => lock === 'taken')).toHaveLength(1);
    expect(all.filter(({ fault }) => fault === 'held')).toHaveLength(19);
  });

  test.each([
    ['another boot of the node', (lines: readonly string[]) => [lines[0], 'other-boot', lines[2], lines[3]]],
    ['a time that is over', (lines: readonly string[]) => [lines[0], lines[1], '1', lines[3]]],
    ['nothing in it', () => []],
    ['garbage', () => ['\u0000\u0001', 'x'.repeat(5000)]],
  ])('of %s is taken over, and whose it was is said (faults 52 and 53)', async (_, damage) => {
    await on.ask('take-lock', { by: 'alice@bastion' });
    const file = path.join(on.state, 'lock');
    writeFileSync(file, damage(readFileSync(file, 'utf8').split('\n')).join('\n'));
    const answers = await stepsOn(node).ask('take-lock');
    expect(answers['lock']).toBe('taken');
    expect(answers['dead']).toBeDefined();
  });

  test('lost meanwhile: no step is done any more', async () => {
    const sums = await staged();
    rmSync(path.join(on.state, 'lock'));
    await stepsOn(node).ask('take-lock');
    const before = files();
    expect((await on.ask('swap', { sums }))['fault']).toBe('lock-lost');
    expect(files()).toEqual(before);
  });
});

describe('a lock that there is no room to renew', () => {
  test('ends every step that changes something, and not the way back', async () => {
    const before = files();
    const sums = await staged();
    // What is written there first cannot be.
    const unwritable = path.join(on.state, 'lock.new');
    mkdirSync(unwritable);
    expect((await on.ask('swap', { sums }))['fault']).toBe('lock-unkept');
    rmSync(unwritable, { recursive: true });
    expect((await on.ask('swap', { sums }))['fault']).toBeUndefined();
    mkdirSync(unwritable);
    try {
      expect((await on.ask('prove', { names: '', peers: '', settle: '1' }))['fault']).toBe('lock-unkept');
      expect(await on.ask('undo', { of: on.run, isBack: '' })).toMatchObject({ result: 'back' });
      expect(files()).toEqual(before);
    } finally {
      rmSync(unwritable, { recursive: true });
    }
  });
});

describe('nothing is changed where', () => {
  test('the certificate is another one than was planned for', async () => {
    await on.ask('take-lock');
    const data = { ...stageData(node, config()), seen: '0'.repeat(64) };
    expect((await on.ask('stage', data))['fault']).toBe('stale');
    expect(hidden()).toEqual([]);
  });

  test('somebody changes the pair between staging and the swap (fault 57)', async () => {
    const sums = await staged();
    const file = path.join(on.pki, 'apiserver.crt');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\n`);
    try {
      expect((await on.ask('swap', { sums }))['fault']).toBe('stale');
      expect(readFileSync(file, 'utf8')).toBe(`${text}\n`);
      expect(hidden()).toEqual([]);
    } finally {
      writeFileSync(file, text);
    }
  });

  test('the staged pair is not the one that was proven', async () => {
    const sums = await staged();
    writeFileSync(path.join(on.pki, `.fix-sans-${on.run}/apiserver.crt`), 'another');
    expect((await on.ask('swap', { sums }))['fault']).toBe('stage-changed');
    expect(hidden()).toEqual([]);
  });

  test('kubeadm fails: what it said is told, and no folder is left', async () => {
    await on.ask('take-lock');
    const answers = await on.ask('stage', stageData(node, 'kind: Nonsense\n'));
    expect(answers['fault']).toBe('kubeadm-failed');
    expect(answers['said']).toMatch(/error/);
    expect(hidden()).toEqual([]);
    expect(readdirSync(on.state).toSorted()).toEqual(['lock', 'mutex']);
  });
});

function journal(): string {
  return readFileSync(path.join(on.state, on.run, 'journal'), 'utf8');
}

async function untilEnded(): Promise<string> {
  const until = Date.now() + 20_000;
  const ended = path.join(on.state, on.run, 'ended');
  while (!existsSync(ended) && Date.now() < until) await sleep(100);
  return readFileSync(ended, 'utf8');
}

describe('the dead-man switch', () => {
  test('puts the old pair back when nobody is heard of any more, and the next run sees how it went (faults 32 and 35)', async () => {
    const before = files();
    await swapped({ seconds: '2' });
    expect(await untilEnded()).toContain('\nundone ');
    expect(files()).toEqual(before);
    expect(hidden()).toEqual([]);
    const late = await on.ask('take-lock');
    expect(late['runs']).toBe('');
    const prove = await on.ask('prove', { names: '', peers: '', admin: '', settle: '1' });
    expect(prove['fault']).toBe('undone');
  });

  test('waits as long as somebody is heard of', async () => {
    await swapped({ seconds: '10' });
    for (let time = 0; time < 12; time += 1) {
      await sleep(1000);
      const answers = await on.ask('prove', { names: '', peers: '', admin: '', settle: '0', seconds: '10' });
      expect(answers['fault']).toBeUndefined();
    }
    const end = await on.ask('finish', { keep: '5', release: '1', patch: '', summary: '', admin: '' });
    expect(end['ended']).toBe('done');
    await sleep(1500);
    expect(existsSync(path.join(on.state, on.run, 'ended'))).toBe(true);
    expect(readFileSync(path.join(on.state, on.run, 'ended'), 'utf8')).toContain('\ndone ');
  });

  test('leaves alone what is neither the old nor the new pair', async () => {
    await swapped({ seconds: '6' });
    const file = path.join(on.pki, 'apiserver.crt');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\n`);
    try {
      const until = Date.now() + 30_000;
      while (!journal().includes('stuck') && Date.now() < until) await sleep(200);
      expect(readFileSync(file, 'utf8')).toBe(`${text}\n`);
      expect(journal()).toContain('\nstuck-foreign ');
    } finally {
      writeFileSync(file, text);
    }
  });
});

test('without the old file beside, the backup is taken; without either, it says so and leaves the pair alone (fault 58)', async () => {
  const before = files();
  await swapped();
  rmSync(path.join(on.pki, `.fix-sans-${on.run}`), { recursive: true });
  expect(await on.ask('undo', { of: on.run, isBack: '' })).toMatchObject({ result: 'back' });
  expect(files()).toEqual(before);

  on = stepsOn(node, newRun());
  await on.ask('take-lock', { seconds });
  rmSync(path.join(on.state, 'lock'));
  await swapped();
  const now = files();
  rmSync(path.join(on.pki, `.fix-sans-${on.run}`), { recursive: true });
  writeFileSync(path.join(on.state, on.run, 'old.key'), 'torn');
  expect(await on.ask('undo', { of: on.run, isBack: '' })).toMatchObject({ result: 'no-backup' });
  expect(files()).toEqual(now);
});
