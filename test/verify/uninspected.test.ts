/** Why there may be control planes that nobody looked at: each way in which inspection says so. */
import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import type { Inspection } from '../../src/model/inspection.ts';
import { uninspectedIn } from '../../src/verify/uninspected.ts';

function told(finding: object): readonly string[] {
  return uninspectedIn({ findings: [finding as Finding] } as unknown as Inspection);
}

test.each([
  [
    { code: 'control-plane-not-inspected', severity: 'warning', args: { names: ['cp3'] } },
    /nobody looked at: cp3$/,
  ],
  [
    { code: 'api-unread', severity: 'warning', args: { what: [], why: 'refused' } },
    /not read \(refused\), so nobody/,
  ],
  [{ code: 'manifest-gone', severity: 'error', node: 'cp2', args: {} }, /^cp2: the manifest/],
  [{ code: 'no-control-plane', severity: 'warning', node: 'w1', args: { kind: 'worker' } }, /^w1 was named/],
  [
    {
      code: 'partly-read',
      severity: 'warning',
      node: 'cp2',
      args: { what: 'kube-apiserver', why: 'hidden' },
    },
    /^cp2: hidden$/,
  ],
])('%j', (finding, words) => {
  expect(told(finding)).toEqual([expect.stringMatching(words)]);
});

test('what is only good to know is no reason', () => {
  expect(told({ code: 'api-unread', severity: 'info', args: { what: [], why: 'x' } })).toEqual([]);
  expect(told({ code: 'partly-read', severity: 'info', args: { what: 'x', why: 'y' } })).toEqual([]);
  expect(told({ code: 'expired', severity: 'error', args: { what: 'x', notAfter: 'y' } })).toEqual([]);
});
