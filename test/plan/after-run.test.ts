/** What is to be typed after a run: what is left, who else has it, the way back and the proof; never what was just refused. */
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/model/exit-code.ts';
import type { NodeOutcome, Rollout } from '../../src/model/rollout.ts';
import { nextAfter } from '../../src/plan/after-run.ts';

const run = '20261121T120000Z-1a2b3c4d';
const of = '20261120T120000Z-00000000';
const names = [
  { type: 'dns', value: 'a.example' },
  { type: 'dns', value: '*.b.example' },
] as const;

type Told = NodeOutcome['state'] | 'waits' | 'sick';

function node(told: Told, index: number): NodeOutcome {
  const bare = { node: `cp${index + 1}`, commands: [], wasRestarted: false, healed: [] } as const;
  if (told === 'waits') return { ...bare, state: 'untouched', why: 'left for later by --only', waits: true };
  if (told === 'sick') return { ...bare, state: 'done', why: 'the cluster is not well' };
  return { ...bare, state: told, ...(told === 'done' || told === 'nothing' ? {} : { why: 'so' }) };
}

function next(
  kind: Rollout['kind'],
  exit: keyof typeof exitCodes,
  states: readonly Told[],
  asked: { readonly of?: string; readonly isLasting?: boolean } = {},
): readonly string[] {
  const { isLasting = false, ...rest } = asked;
  const ended = {
    run,
    kind,
    nodes: states.map(node),
    durable: isLasting ? [{ kind: 'kubeadm-config', where: 'x', state: 'written' } as const] : [],
    exitCode: exitCodes[exit].code,
  };
  const steps = nextAfter(ended, { names, removals: [], ...rest });
  for (const { why, takesOptions } of steps) {
    expect(why).toContain('with the same options');
    expect(takesOptions).toBe(true);
  }
  return steps.map(({ command }) => command.replace('fix-sans ', ''));
}

const sans = "--san a.example --san '*.b.example'";
const proof = [`rollback ${run}`, `verify ${sans}`];

test.each([
  ['done', 'ok', ['done', 'done'], proof],
  ['nothing to do', 'ok', ['nothing'], []],
  ['nothing to do, and something else is wrong', 'notSan', ['nothing'], ['inspect']],
  ['a canary', 'partial', ['done', 'waits'], [`apply ${sans}`, ...proof]],
  ['put back', 'rolledBack', ['undone', 'untouched'], [`apply ${sans}`]],
  ['put back in the middle', 'rolledBack', ['done', 'undone'], [`apply ${sans}`, ...proof]],
  ['not known', 'rolledBack', ['unknown', 'untouched'], ['runs', `apply ${sans}`]],
  ['a human is needed', 'needsHuman', ['stuck', 'untouched'], ['runs', `apply ${sans}`]],
  ['stopped before anything', 'interrupted', ['untouched'], [`apply ${sans}`]],
  ['refused', 'refused', ['untouched', 'untouched'], [`plan ${sans}`]],
  ['locked by another', 'locked', ['untouched'], ['runs']],
  ['nobody answers', 'temporary', ['untouched'], ['inspect']],
  ['a login refused', 'authentication', ['untouched'], ['inspect']],
] as const)('apply: %s', (_, exit, states, commands) => {
  expect(next('apply', exit, states)).toEqual(commands);
});

test('only what makes names last was written: that can be taken back, and proven', () => {
  expect(next('apply', 'ok', ['nothing'], { isLasting: true })).toEqual(proof);
});

test.each([
  ['done', 'ok', ['done', 'done'], ['verify']],
  ['a cluster that is not well behind it', 'partial', ['sick', 'untouched'], [`rollback ${of}`, 'verify']],
  ['a lost line', 'partial', ['unknown', 'untouched'], ['runs', `rollback ${of}`]],
  ['a pair of somebody else', 'refused', ['untouched'], ['runs']],
  ['a program that said no', 'failed', ['untouched'], [`rollback ${of}`]],
  ['a second time', 'ok', ['nothing'], []],
] as const)('rollback: %s; the run has its name in it', (_, exit, states, commands) => {
  expect(next('rollback', exit, states, { of })).toEqual(commands);
});

test('a run that nobody remembers is not advised again', () => {
  expect(next('rollback', 'failed', ['untouched', 'untouched'])).toEqual(['runs']);
});

test('names that a saved plan takes away stand in the command, since no option has them', () => {
  const ended = { run, kind: 'apply', nodes: [node('undone', 0)], durable: [], exitCode: 5 } as const;
  const [step] = nextAfter(ended, { names: [], removals: names });
  expect(step?.command).toBe("fix-sans apply --remove a.example --remove '*.b.example'");
});
