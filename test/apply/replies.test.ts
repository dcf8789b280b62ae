/** What a step answers is read strictly: what is missing, torn or invented is no answer, and never taken for a good one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clauseOf, exitOfFault } from '../../src/apply/faults.ts';
import { readFinished, readProved, readServed, readStaged, readUndone } from '../../src/apply/replies.ts';
import { readReleased, readTaken } from '../../src/apply/lock-replies.ts';
import { leaf } from '../support/facts.ts';
import { pemOf, replyWith, sums } from '../support/fake-cluster.ts';

const readers = { readFinished, readProved, readReleased, readServed, readStaged, readTaken, readUndone };
const unreadable = { ok: false, fault: { word: 'unreadable' } };

test.each(Object.entries(readers))('%s: an empty answer is none', (_, read) => {
  expect(read(replyWith({}))).toEqual(unreadable);
});

test.each(Object.entries(readers))('%s: a fault wins over whatever stands beside it', (_, read) => {
  const whole = { lock: 'taken', runs: '', served: '3', named: '', good: '3', ended: 'done', result: 'back' };
  expect(read(replyWith({ ...whole, fault: 'no-space' }))).toEqual({
    ok: false,
    fault: { word: 'no-space' },
  });
});

test('garbage throws nothing and is no certificate, no served pair, no end', () => {
  const frame = fc.constantFrom(
    'staged',
    'key',
    'sums',
    'served',
    'named',
    'good',
    'leases',
    'samples',
    'result',
    'lock',
    'runs',
    'holder',
  );
  fc.assert(
    fc.property(fc.dictionary(frame, fc.string({ unit: 'binary' })), (frames) => {
      for (const read of Object.values(readers)) expect(read(replyWith(frames))).toHaveProperty('ok');
      expect(readStaged(replyWith(frames)).ok).toBe(false);
    }),
  );
});

test('a lock that is held says by whom; what the holder wrote stays as it came', () => {
  const holder = '20261121T120000Z-00000000\n42\nops\u001b[2J@bastion\n';
  expect(readTaken(replyWith({ holder, fault: 'held' }))).toEqual({
    ok: true,
    value: {
      state: 'held',
      holder: { run: '20261121T120000Z-00000000', by: 'ops\u001b[2J@bastion', secondsLeft: 42 },
    },
  });
});

test('runs that did not end are read, and what is no name of a run is left out', () => {
  const runs = '20261121T120000Z-00000000 swapped\n../../etc damaged\n$(id) staged\n\n';
  expect(readTaken(replyWith({ runs, lock: 'taken', dead: 'old\nsomebody\n' }))).toEqual({
    ok: true,
    value: {
      state: 'taken',
      dead: { run: 'old', by: 'somebody', isUndone: false },
      unended: [{ run: '20261121T120000Z-00000000', state: 'swapped' }],
    },
  });
});

test('what was staged is a certificate, the digest of its key, and four sums', () => {
  const certificate = leaf(['a.example']);
  const frames = { staged: pemOf(certificate), key: `${certificate.keyFingerprint}  -\n`, sums };
  expect(readStaged(replyWith(frames))).toMatchObject({
    ok: true,
    value: { keyFingerprint: certificate.keyFingerprint },
  });
  for (const change of [{ staged: 'x' }, { key: 'x' }, { sums: `${sums} ` }, { sums: 'a b c d' }])
    expect(readStaged(replyWith({ ...frames, ...change }))).toEqual(unreadable);
});

test.each([
  ['17', { isServed: true, afterMs: 17 }],
  ['', { isServed: true }],
  ['no', { isServed: false }],
])('served %j', (served, value) => {
  expect(readServed(replyWith({ served }))).toEqual({ ok: true, value });
});

test.each(['yes', '-1', '1e3', '12345678901'])('served %j is no answer', (served) => {
  expect(readServed(replyWith({ served }))).toEqual(unreadable);
});

test('a proof is what was served for which name, and the leases at the first look and the last', () => {
  const leases = 'a 1\nb 2\n\n--\na 3\nb 4\n';
  const answer = readProved(
    replyWith({ named: `x ${'0'.repeat(64)}\nbad\n`, good: '3', leases, samples: 'e ready\n' }),
  );
  if (!answer.ok) throw new Error(answer.fault.word);
  expect(answer.value.served).toBeUndefined();
  expect([...answer.value.named]).toEqual([['x', '0'.repeat(64)]]);
  expect([...answer.value.leases.first]).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect([...answer.value.leases.last]).toEqual([
    ['a', '3'],
    ['b', '4'],
  ]);
});

test('an undo knows seven ends and no other', () => {
  expect(readUndone(replyWith({ result: 'back', served: 'no' }))).toEqual({
    ok: true,
    value: { result: 'back', served: { isServed: false } },
  });
  expect(readUndone(replyWith({ result: 'fine' }))).toEqual(unreadable);
});

test('a word that no step of ours says is told as it is, and taken for a failure', () => {
  expect(clauseOf({ word: 'odd' })).toBe('the node says: odd');
  expect(exitOfFault({ word: 'odd' })).toBe('rolledBack');
  expect(clauseOf({ word: 'kubeadm-failed', said: 'x\nerror execution phase: no\nTo see the stack\n' })).toBe(
    'kubeadm signed nothing: error execution phase: no',
  );
});
