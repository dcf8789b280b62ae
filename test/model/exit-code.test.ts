/** Which exit code a run has in which several things happened: an order that pipelines rely on. */
import { expect, test } from 'vitest';
import { exitCodes, type ExitName, worstExit } from '../../src/model/exit-code.ts';

const order: readonly ExitName[] = [
  'usage',
  'needsHuman',
  'rolledBack',
  'interrupted',
  'terminated',
  'authentication',
  'refused',
  'locked',
  'partial',
  'notSan',
  'changesNeeded',
  'failed',
  'temporary',
  'ok',
];

test('each code has its number and a sentence', () => {
  expect(Object.fromEntries(Object.entries(exitCodes).map(([name, { code }]) => [name, code]))).toEqual({
    ok: 0,
    failed: 1,
    changesNeeded: 2,
    partial: 3,
    authentication: 4,
    rolledBack: 5,
    locked: 6,
    refused: 7,
    notSan: 8,
    needsHuman: 9,
    usage: 64,
    temporary: 75,
    interrupted: 130,
    terminated: 143,
  });
  for (const { meaning } of Object.values(exitCodes)) expect(meaning).toMatch(/^[a-z].{10,}/);
});

test('of any two the worse one wins, whichever came first', () => {
  expect(order.toSorted()).toEqual(Object.keys(exitCodes).toSorted());
  for (const [rank, worse] of order.entries())
    for (const better of order.slice(rank)) {
      expect([worse, better, worstExit([better, worse])]).toEqual([worse, better, exitCodes[worse].code]);
      expect(worstExit([worse, better])).toBe(exitCodes[worse].code);
    }
});

test('where nothing happened, all is well', () => {
  expect(worstExit([])).toBe(0);
});
