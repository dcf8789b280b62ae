/** The first line of a verification says no more than was seen. */
import { expect, test } from 'vitest';
import type { Verification } from '../../src/model/verification.ts';
import { verifyReports } from '../../src/report/index.ts';
import { judge } from '../../src/verify/judge.ts';
import { answer, pod, verifyFacts, wanted } from '../support/verify-facts.ts';

function firstLine(told: Verification): string {
  return (verifyReports['text']?.(told, { colour: false, width: 200 }) ?? '').split('\n')[0] ?? '';
}

test('of two pods, one of which showed nothing, the other alone is counted', () => {
  const facts = verifyFacts();
  const dark = pod({ node: 'cp2', pod: 'dark' });
  const seen = judge({ ...facts, pods: [...facts.pods, dark] }, wanted, { isWalk: true, needsPod: true });
  expect(seen).toMatchObject({ exitCode: 0, verdict: 'holds' });
  expect(firstLine(seen)).toBe(
    'Every link is whole, seen from one pod of 2; of the others not all links were seen.',
  );
});

test('of two pods that showed all, both are', () => {
  const facts = verifyFacts();
  const other = { node: 'cp2', pod: 'other' };
  const dials = facts.dials.flatMap((dial) =>
    dial.place.kind === 'pod' ? [dial, { ...dial, place: { ...dial.place, ...other } }] : [dial],
  );
  const answers = [...facts.answers, { ...answer('kubelet', '10.240.0.74'), ...other }];
  const pods = [...facts.pods, pod(other)];
  const seen = judge({ ...facts, dials, answers, pods }, wanted, { isWalk: true, needsPod: true });
  expect(firstLine(seen)).toBe('Every link is whole, seen from 2 pods.');
});
