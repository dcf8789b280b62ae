/** Which CA is the cluster's, and what leads to it, as clients see it. */
import { describe, expect, test } from 'vitest';
import { dialledAs, rowsFor, textOf } from '../../../src/inspect/verify/dial-rows.ts';
import { pathsOf } from '../../../src/inspect/verify/paths.ts';
import { clusterCa, trustOf } from '../../../src/inspect/verify/trust.ts';
import type { Certificate } from '../../../src/model/certificate.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import {
  buildFacts,
  ca,
  certificateFile,
  changeNode,
  leaf,
  now,
  otherCa,
  read,
} from '../../support/facts.ts';
import { dns, keyPair, mint } from '../../support/mint.ts';
import { named } from '../../support/plans.ts';

const key = keyPair('ec', 30);
const ended = mint({ subject: 'kubernetes', isCa: true, key, notAfter: '20260101000000Z' });
const renewed = mint({ subject: 'kubernetes', isCa: true, key, notAfter: '20360101000000Z' });
const outlived = leaf(['kubernetes'], { issuer: ended });

describe('what leads to the CA', () => {
  test.each<[string, readonly Certificate[], readonly Certificate[], object]>([
    ['by its signature', [leaf(['a.example'])], [read(ca)], { isTrusted: true }],
    ['not by that of another', [leaf(['a.example'])], [read(otherCa)], { isTrusted: false }],
    [
      'by one that is past its end, which no client takes',
      [outlived],
      [read(ended)],
      { isTrusted: true, caOutOfDate: expect.stringContaining('to 2026-01-01T00:00:00Z') as string },
    ],
    [
      'by the one that was renewed with its key',
      [outlived],
      [read(ended), read(renewed)],
      { isTrusted: true },
    ],
    ['nothing is said where no CA is known', [outlived], [], {}],
  ])('%s', (_, chain, cas, expected) => {
    expect(trustOf(chain, cas, now)).toEqual(expected);
  });

  test('an intermediate that was served counts by its dates too', () => {
    const dated = { issuer: ca, isCa: true, subject: 'between', key: keyPair('ec', 31), names: [dns('x')] };
    const between = mint({ ...dated, notAfter: '20260101000000Z' });
    const served = leaf(['a.example'], { issuer: between });
    expect(trustOf([served, read(between)], [read(ca)], now)).toMatchObject({
      caOutOfDate: expect.stringContaining('CN=between') as string,
    });
    const good = mint({ ...dated, notAfter: '20360101000000Z' });
    expect(trustOf([served, read(good)], [read(ca)], now)).toEqual({ isTrusted: true });
  });
});

test('the same certificate is judged once, and anew by another CA, at another time and with another chain', () => {
  const cas = [read(ca)];
  const own = leaf(['a.example']);
  expect(trustOf([own], cas, now)).toBe(trustOf([own], cas, now));
  expect(trustOf([own], [read(otherCa)], now)).toEqual({ isTrusted: false });
  expect(trustOf([own], cas, '2046-01-01T00:00:00Z')).toMatchObject({ isTrusted: true });
  const between = mint({ issuer: ca, isCa: true, subject: 'between', key: keyPair('ec', 32) });
  const served = leaf(['b.example'], { issuer: between });
  expect(trustOf([served], cas, now)).toEqual({ isTrusted: false });
  expect(trustOf([served, read(between)], cas, now)).toEqual({ isTrusted: true });
});

test('forty names of a thousand control planes cost no more than their certificates', () => {
  const cas = [read(ca)];
  const all = Array.from({ length: 50 }, (_, at) => leaf([`a${at}.example`]));
  const before = process.cpuUsage();
  for (const one of all) for (let name = 0; name < 800; name += 1) trustOf([one], cas, now);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(1);
});

function withCa(facts: ClusterFacts, node: string, ...certificates: readonly Certificate[]): ClusterFacts {
  return changeNode(facts, node, ({ ca: file }) => {
    const [first = read(ca), ...others] = certificates;
    const made = certificateFile(file?.path ?? '', first);
    return { ca: { ...made, reading: { ok: true, certificates: [first, ...others], notes: [] } } };
  });
}

describe('the CA of the cluster', () => {
  const other = read(otherCa);
  const [own, another] = [read(ca).fingerprint, other.fingerprint];

  test.each<[string, ClusterFacts, readonly string[]]>([
    ['is what all control planes have', buildFacts(), [own]],
    ['is that of most of them', withCa(buildFacts(), 'cp2', other), [own]],
    ['is not known where they are at odds', withCa(buildFacts({ controlPlanes: 2 }), 'cp2', other), []],
    [
      'is in the bundles of all of them',
      withCa(withCa(buildFacts({ controlPlanes: 2 }), 'cp2', other, read(ca)), 'cp1', read(ca)),
      [own],
    ],
    [
      'may be two, while one is exchanged for the other',
      withCa(withCa(buildFacts({ controlPlanes: 2 }), 'cp2', other, read(ca)), 'cp1', read(ca), other),
      [own, another].toSorted(),
    ],
  ])('%s', (_, facts, expected) => {
    expect(
      clusterCa(facts)
        .map(({ fingerprint }) => fingerprint)
        .toSorted(),
    ).toEqual(expected);
  });
});

test('a kubeconfig is looked at with the CA that it holds', () => {
  const pem = Buffer.from(otherCa.pem).toString();
  const kubeconfig = {
    path: '/admin.conf',
    context: 'x',
    server: 'https://vip.example:6443',
    skipsVerification: false,
    ca: [pem],
  };
  const facts = { ...buildFacts(), kubeconfig };
  expect(pathsOf(facts, []).map((one) => one.ca?.map(({ fingerprint }) => fingerprint))).toEqual([
    [read(otherCa).fingerprint],
  ]);
});

test('a wildcard is dialled by a name below it', () => {
  const rows = rowsFor('10.0.0.1', 6443, [named('*.apps.example'), named('a.example')]);
  expect(textOf(rows)).toBe('10.0.0.1 6443 fix-sans-probe.apps.example\n10.0.0.1 6443 a.example');
  expect(dialledAs(named('10.0.0.1'))).toBe('10.0.0.1');
});
