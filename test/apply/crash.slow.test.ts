/**
 * A run that is killed at each of its commands: before it and after it. Whenever that is, the node comes back to the old pair by itself or by the
 * next run, nothing of the run is left, and no key lies where others could read it.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { configOf, newRun, stageData, stepsOn } from '../support/steps.ts';

let simulation: Simulation;
const count = 4;
beforeAll(async () => {
  simulation = await simulate({ nodes: count, certSans: ['api.example.com'] });
});
afterAll(() => simulation.stop());

/** What changes something, or makes it safe. */
const watched = ['cp', 'ln', 'mkdir', 'mv', 'rm', 'sync', 'touch', 'kubeadm'] as const;

/** Each of them counts; at the number in `at` it kills the script that called it, and does its work first where `when` says so. */
function plant({ root }: SimulatedNode, at: number, when: 'before' | 'after'): void {
  unplant({ root });
  for (const name of watched) {
    const program = path.join(root, 'usr/bin', name);
    const real = existsSync(program) ? `${program}.real` : `/usr/bin/${name}`;
    if (real.startsWith(root)) renameSync(program, real);
    writeFileSync(
      program,
      `#!/bin/sh
count=$(($(cat "$FIX_SANS_ROOT/tmp/count" 2>/dev/null || echo 0) + 1))
echo "$count" >"$FIX_SANS_ROOT/tmp/count"
[ "$count" = ${at} ] || exec ${real} "$@"
${when === 'after' ? `${real} "$@"` : ''}
echo '${name}' >"$FIX_SANS_ROOT/tmp/killed"
kill -KILL 0
`,
    );
    chmodSync(program, 0o755);
  }
}

function unplant({ root }: Pick<SimulatedNode, 'root'>): void {
  for (const name of watched) {
    const program = path.join(root, 'usr/bin', name);
    if (existsSync(`${program}.real`)) renameSync(`${program}.real`, program);
    else if (name !== 'kubeadm') rmSync(program, { force: true });
  }
  for (const file of ['count', 'killed']) rmSync(path.join(root, 'tmp', file), { force: true });
}

interface Outcome {
  readonly at: number;
  readonly killed: string;
  readonly faults: readonly string[];
}

/** All steps, one after the other, as far as they come. */
async function wholeRun(node: SimulatedNode, run: string): Promise<void> {
  const on = stepsOn(node, run);
  await on.ask('take-lock');
  const { sums = '' } = await on.ask('stage', stageData(node, configOf(node, run)));
  await on.ask('swap', { sums });
  await on.ask('finish', { keep: '5', release: '1', patch: '', summary: 'a test', admin: '' });
}

const pair = ['apiserver.crt', 'apiserver.key'] as const;

function digestOf({ root }: SimulatedNode): string {
  return pair
    .map((file) =>
      createHash('sha256')
        .update(readFileSync(path.join(root, 'etc/kubernetes/pki', file)))
        .digest('hex'),
    )
    .join(' ');
}

function isPair({ root }: SimulatedNode): boolean {
  const [crt, key] = pair.map((file) => readFileSync(path.join(root, 'etc/kubernetes/pki', file)));
  if (crt === undefined || key === undefined) return false;
  return new X509Certificate(crt).checkPrivateKey(createPrivateKey(key));
}

/** Every file of the node that holds a private key, with whoever may read it. */
function readableKeys({ root }: SimulatedNode): readonly string[] {
  return ['etc/kubernetes', 'var/lib/fix-sans', 'run', 'tmp'].flatMap((folder) => {
    if (!existsSync(path.join(root, folder))) return [];
    return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).flatMap((file) => {
      const at = path.join(root, folder, file);
      const found = lstatSync(at);
      if (!found.isFile() || !readFileSync(at, 'latin1').includes('PRIVATE KEY')) return [];
      return (found.mode & 0o077) === 0 || file.endsWith('.conf') ? [] : [`${folder}/${file}`];
    });
  });
}

async function crash(node: SimulatedNode, at: number, when: 'before' | 'after'): Promise<Outcome> {
  const before = digestOf(node);
  const state = path.join(node.root, 'var/lib/fix-sans');
  rmSync(state, { recursive: true, force: true });
  plant(node, at, when);
  const run = newRun();
  await wholeRun(node, run).catch(() => undefined);
  const mark = path.join(node.root, 'tmp/killed');
  const killed = existsSync(mark) ? readFileSync(mark, 'utf8').trim() : '';
  const faults = readableKeys(node).map((file) => `others may read ${file}`);
  unplant(node);
  const own = path.join(state, run);
  const isDone =
    existsSync(path.join(own, 'ended')) && readFileSync(path.join(own, 'ended'), 'utf8').includes('\ndone ');
  // As if much time went by: the switch hears of nobody, and the lock is nobody's.
  if (existsSync(path.join(own, 'watched'))) {
    writeFileSync(path.join(own, 'deadline'), '0\n');
    const until = Date.now() + 20_000;
    while (existsSync(path.join(own, 'journal')) && Date.now() < until) await sleep(100);
    if (!isPair(node)) faults.push('the switch left no pair');
  }
  rmSync(path.join(state, 'lock'), { force: true });
  const next = stepsOn(node);
  const { runs = '' } = await next.ask('take-lock');
  for (const line of runs.split('\n').filter((one) => one !== '')) {
    const { result, fault } = await next.ask('undo', { of: line.split(' ')[0] ?? '', isBack: '' });
    if (result !== 'back' && result !== 'nothing') faults.push(`not healed: ${line}: ${result ?? fault}`);
  }
  if (!isPair(node)) faults.push('key and certificate do not belong together');
  if (!isDone && digestOf(node) !== before) faults.push('it is neither done nor the old pair');
  const left = readdirSync(path.join(node.root, 'etc/kubernetes/pki')).filter((file) => file.startsWith('.'));
  if (left.length > 0) faults.push(`left: ${left.join(', ')}`);
  const open = readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('/journal'),
  );
  if (open.length > 0) faults.push(`not ended: ${open.join(', ')}`);
  return { at, killed, faults };
}

test.each(['before', 'after'] as const)(
  'killed %s each of its commands (faults 32 and 33)',
  async (when) => {
    const [first] = simulation.nodes;
    if (first === undefined) throw new Error('no node');
    rmSync(path.join(first.root, 'var/lib/fix-sans'), { recursive: true, force: true });
    plant(first, 0, when);
    await wholeRun(first, newRun());
    const total = Number(readFileSync(path.join(first.root, 'tmp/count'), 'utf8'));
    expect(total).toBeGreaterThan(40);
    const numbers = Array.from({ length: total }, (_, index) => index + 1);
    const outcomes = await Promise.all(
      simulation.nodes.map(async (node, own) => {
        const mine: Outcome[] = [];
        for (const at of numbers.filter((one) => one % count === own)) mine.push(await crash(node, at, when));
        return mine;
      }),
    );
    const all = outcomes.flat();
    process.stderr.write(`${all.length} crashes, ${when} a command of a run\n`);
    expect(all.filter(({ faults }) => faults.length > 0)).toEqual([]);
    expect(all.filter(({ killed }) => killed === '')).toEqual([]);
  },
  1_200_000,
);
