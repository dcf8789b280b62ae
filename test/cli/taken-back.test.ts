/** Which run `rollback` takes back where none is named, and which nodes it must not pass over. */
import { expect, test } from 'vitest';
import { controlPlanesOf } from '../../src/apply/task.ts';
import { lastRun } from '../../src/cli/read-all-runs.ts';
import { withoutPlace } from '../../src/cli/rollback.ts';
import { unusable } from '../../src/cli/unusable.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { RecordedRun } from '../../src/model/runs.ts';
import { buildFacts, ca, certificateFile, factsOf, leaf, leafOf, otherCa, read } from '../support/facts.ts';

function recorded(run: string, ...steps: readonly string[]): RecordedRun {
  const state = steps.at(-1) ?? 'none';
  return {
    run,
    state,
    isEnded: true,
    hasConfig: false,
    steps: steps.map((step) => ({ step, at: '2026-11-21T12:00:00Z' })),
  };
}

const begun = ['staged', 'intent', 'swapped'] as const;
const older = recorded('20261119T000000Z-00000000', ...begun, 'proven', 'done');
const newer = '20261120T000000Z-00000000';

function last(...runs: readonly RecordedRun[]): string | undefined {
  return lastRun({ nodes: [{ node: 'cp1', runs }], unread: [] });
}

test('the newest that came to a good end is taken back, and none that failed after it', () => {
  expect(last(recorded(newer, ...begun, 'undoing', 'undone'), older)).toBe(older.run);
  expect(last(recorded(newer, ...begun, 'proven', 'done'), older)).toBe(newer);
});

test('asked for a second time it is the same run still, and not the one before it, whose names are wanted', () => {
  expect(last(recorded(newer, ...begun, 'proven', 'done', 'undoing', 'undone'), older)).toBe(newer);
});

test('a run that did not come to its end is what is taken back, and not the one before it that did', () => {
  const cut = { ...recorded(newer, ...begun), isEnded: false };
  expect(last(cut, older)).toBe(newer);
  expect(last()).toBeUndefined();
});

test('a node that remembers the run and cannot be gone to is named', () => {
  const facts = buildFacts();
  const names = controlPlanesOf(facts).map(({ facts: one }) => one.node);
  expect(withoutPlace(names, facts)).toEqual([]);
  const [first, ...others] = facts.nodes;
  if (first?.result.state !== 'read') throw new Error('not read');
  const { apiserver: _, ...rest } = first.result.facts;
  const blind = { ...first, result: { ...first.result, facts: rest } };
  expect(withoutPlace(names, { ...facts, nodes: [blind, ...others] })).toEqual([first.node.name]);
});

const node = factsOf(buildFacts(), 'cp1');
const now = new Date('2026-11-21T12:00:00Z');

function whyNot(old: Certificate | undefined, more: Partial<typeof node> = {}): string | undefined {
  const detail = { wasDiscarded: false, ...(old === undefined ? {} : { old }) };
  return unusable(detail, { ...node, ...more }, now);
}

test('an old certificate that nobody would take is told by its dates, and by who signed it', () => {
  expect(whyNot(leaf(['a.example']))).toBeUndefined();
  expect(whyNot(leaf(['a.example'], { notAfter: '20261101000000Z' }))).toBe(
    'its old certificate expired on 2026-11-01T00:00:00Z',
  );
  expect(whyNot(leaf(['a.example'], { notBefore: '20261201000000Z' }))).toBe(
    'its old certificate is not valid before 2026-12-01T00:00:00Z',
  );
  expect(whyNot(leaf(['a.example'], { issuer: otherCa }))).toContain('not signed by the CA that is in use');
});

test('while a CA is changed for another both count, and a CA that cannot be read vouches for nothing', () => {
  const file = certificateFile('/etc/kubernetes/pki/ca.crt', read(otherCa));
  const certificates = [read(otherCa), read(ca)] as const;
  const both = { ...file, reading: { ok: true as const, certificates, notes: [] } };
  expect(whyNot(leaf(['a.example']), { ca: both })).toBeUndefined();
  expect(whyNot(leaf(['a.example']), { ca: file })).toContain('not signed by the CA');
  const { reading: _, ...unread } = file;
  expect(whyNot(leaf(['a.example']), { ca: unread })).toContain('its CA cannot be read');
});

test('nothing is held against what would not be put in place: no pair of that run, one unused, or what lies there', () => {
  const old = leaf(['a.example'], { notAfter: '20261101000000Z' });
  expect(whyNot(undefined)).toBeUndefined();
  expect(unusable({ old, wasDiscarded: true }, node, now)).toBeUndefined();
  expect(
    whyNot(old, { certificate: certificateFile('/etc/kubernetes/pki/apiserver.crt', old) }),
  ).toBeUndefined();
  expect(leafOf(buildFacts(), 'cp1').fingerprint).not.toBe(old.fingerprint);
});
