/** Pods that were made to look from: one that was of no use, or is not seen to be gone, is never exit 0. */
import { describe, expect, test } from 'vitest';
import { nodesWithoutPod, withOwnPods } from '../../src/inspect/verify/own-pods.ts';
import type { ProbePod } from '../../src/model/probe-pod.ts';
import type { Verification, VerifyFacts } from '../../src/model/verification.ts';
import { judge } from '../../src/verify/judge.ts';
import { pod, verifyFacts, wanted } from '../support/verify-facts.ts';

const made: ProbePod = {
  node: 'cp2',
  namespace: 'kube-system',
  pod: 'fix-sans-probe-0123456789abcdef',
  image: 'pause:3.10',
  through: 'cp2',
  end: 'gone',
};
const seenFrom = pod({ node: 'cp2', namespace: made.namespace, pod: made.pod });

function judged(change: Partial<VerifyFacts>): Verification {
  return judge(verifyFacts(change), wanted, { isWalk: false, needsPod: true });
}

function gaps({ gaps: all }: Verification): readonly string[] {
  return all.map(({ code, what, detail }) => `${code} ${what}: ${detail}`);
}

test('one that was looked from and is gone is nothing to say more of', () => {
  const told = judged({ pods: [pod(), seenFrom], probePods: [made] });
  expect(told).toMatchObject({ exitCode: 0, verdict: 'holds', gaps: [], probePods: [made] });
});

describe('not proven, exit 3,', () => {
  test.each<[string, Partial<VerifyFacts>, string]>([
    [
      'though another node has a pod that was looked from',
      { probePods: [{ ...made, end: 'never-made', why: 'pods "x" is forbidden' }] },
      'probe-pod cp2: not proven from a pod: pods "x" is forbidden',
    ],
    [
      'where it ran and its network was not entered',
      {
        probePods: [made],
        unread: [{ what: 'pod on cp2', why: 'nsenter is not there, so no network of a pod can be entered' }],
      },
      'probe-pod cp2: not proven from a pod: nsenter is not there, so no network of a pod can be entered',
    ],
    [
      'where the node that it ran on says nothing of it',
      { probePods: [made], pods: [pod(), { ...seenFrom, isEntered: false }] },
      'probe-pod cp2: not proven from a pod: its network was not entered',
    ],
    [
      'where it is not seen to be gone',
      { pods: [pod(), seenFrom], probePods: [{ ...made, end: 'left' }] },
      `probe-pod-left kube-system/${made.pod}: the pod that was made on cp2 is not seen to be gone`,
    ],
  ])('%s', (_, change, words) => {
    const told = judged(change);
    expect(gaps(told)).toEqual([words]);
    expect(told).toMatchObject({ exitCode: 3, verdict: 'not-proven' });
  });

  test('where there is no other pod it is said once', () => {
    const change = {
      dials: verifyFacts().dials.filter(({ place }) => place.kind !== 'pod'),
      pods: [],
      answers: [],
    };
    const told = judged({ ...change, probePods: [{ ...made, end: 'never-made', why: 'no' }] });
    expect(gaps(told)).toEqual(['probe-pod cp2: not proven from a pod: no']);
    expect(judged(change).gaps.map(({ code }) => code)).toEqual(['no-pod']);
  });
});

test('pods of other runs are told, and change nothing', () => {
  expect(judged({ leftPods: ['kube-system/fix-sans-probe-1'] })).toMatchObject({
    exitCode: 0,
    leftPods: ['kube-system/fix-sans-probe-1'],
  });
});

describe('which nodes lack one', () => {
  const trouble = { code: 'refused', message: 'x', hint: 'y', retryable: true } as const;

  test('those that were read and on which none was seen', () => {
    const { nodes } = verifyFacts();
    expect(nodesWithoutPod(verifyFacts())).toEqual(['cp2']);
    expect(nodesWithoutPod(verifyFacts({ pods: [] }))).toEqual(['cp1', 'cp2']);
    // What stood in the way of that one would stand in the way of ours.
    expect(nodesWithoutPod(verifyFacts({ pods: [pod(), pod({ node: 'cp2', isEntered: false })] }))).toEqual(
      [],
    );
    expect(
      nodesWithoutPod(verifyFacts({ nodes: nodes.map((one) => ({ ...one, trouble })), pods: [] })),
    ).toEqual([]);
  });

  test('what was seen from ours is put to the rest, each trouble once', () => {
    const seen = verifyFacts({ unread: [{ what: 'dns', why: 'x' }] });
    const own = verifyFacts({
      dials: [],
      answers: [],
      pods: [seenFrom],
      nodes: seen.nodes.map((one) => ({ ...one, trouble })),
      unread: [
        { what: 'dns', why: 'x' },
        { what: 'pod on cp2', why: 'y' },
      ],
    });
    const both = withOwnPods(seen, own);
    expect(both.pods).toEqual([...seen.pods, seenFrom]);
    expect(both.dials).toEqual(seen.dials);
    expect(both.unread).toEqual(own.unread);
    expect(both.nodes.map((one) => one.trouble)).toEqual([trouble, trouble]);
  });
});
