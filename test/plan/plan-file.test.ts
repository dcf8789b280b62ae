/** A plan goes to a file and comes back the same; anything else is refused, and a cluster that changed is noticed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { digestOf } from '../../src/model/digest.ts';
import { changedSince } from '../../src/plan/bound.ts';
import { readPlan, writePlan } from '../../src/plan/plan-file.ts';
import { buildFacts, changeApi, changeNode, leaf, leafOf, namesOf, reissue } from '../support/facts.ts';
import { asking, planFor, withText } from '../support/plans.ts';

// Signatures differ each time, so all start from the same certificates.
const four = buildFacts({ controlPlanes: 4 });
const healthy = { ...four, nodes: four.nodes.filter(({ node }) => node.name !== 'cp4') };
const plan = planFor(healthy, asking(['203.0.113.10'], { accepted: { uninspected: true } }));
const file = writePlan(plan);

test('comes back as it was', () => {
  expect(readPlan(file)).toEqual({ ok: true, plan });
  // An editor on Windows adds a mark, a copy loses the last line end.
  expect(readPlan(`\ufeff${file.trimEnd()}`).ok).toBe(true);
});

test('holds no key and no password', () => {
  expect(file).not.toMatch(/PRIVATE KEY|BEGIN |token|password/i);
});

describe('is refused', () => {
  const changed = (change: (json: Record<string, unknown>) => void): string => {
    const json = JSON.parse(file) as Record<string, unknown>;
    change(json);
    return JSON.stringify(json);
  };
  test.each([
    ['empty', '', 'not-json', 7],
    ['a text', 'x509: certificate is valid for …', 'not-json', 64],
    ['the JSON of something else', '{"formatVersion":"1.0","command":"inspect"}', 'foreign', 64],
    ['a list', '[]', 'foreign', 64],
    ['cut off', file.slice(0, 2000), 'not-json', 7],
    ['of an older format', changed((json) => (json['formatVersion'] = 0)), 'other-format', 7],
    ['of a newer format', changed((json) => (json['formatVersion'] = 2)), 'other-format', 7],
    ['of no format', changed((json) => delete json['formatVersion']), 'other-format', 7],
    ['without its digest', changed((json) => delete json['digest']), 'tampered', 7],
    ['changed in one letter', file.replace('203.0.113.10', '203.0.113.11'), 'tampered', 7],
    [
      'changed with a digest that fits, so that it is no plan',
      changed((json) => {
        json['plan'] = { nodes: 'x' };
        json['digest'] = digestOf(JSON.stringify(json['plan'], undefined, 2));
      }),
      'incomplete',
      7,
    ],
  ])('%s', (_, text, fault, exitCode) => {
    expect(readPlan(text)).toMatchObject({ ok: false, fault, exitCode });
  });

  test('wherever it is cut or changed', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 3), fc.boolean(), (at, isCut) => {
        const text = isCut
          ? file.slice(0, at)
          : `${file.slice(0, at)}${file[at] === '0' ? '1' : '0'}${file.slice(at + 1)}`;
        expect(readPlan(text).ok).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

function since(facts: ClusterFacts): readonly string[] {
  return changedSince(plan.bound, diagnoseCluster(withText(facts)));
}

function keyed(fingerprint: string): ClusterFacts {
  return {
    ...healthy,
    nodes: healthy.nodes.map((one) => ({
      ...one,
      connection: { transport: 'ssh2', through: [], hostKeyFingerprint: fingerprint },
    })),
  };
}

describe('the state that it is bound to', () => {
  test.each([
    ['nothing changed', healthy, []],
    [
      'another certificate',
      reissue(healthy, 'cp2', leaf(namesOf(leafOf(healthy, 'cp2')), { notAfter: '20280101000000Z' })),
      ['the certificate on disk of cp2', 'the served certificate of cp2'],
    ],
    [
      'another kubeadm',
      changeNode(healthy, 'cp1', () => ({
        kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.34.2', isOddPath: false },
      })),
      ['the version of kubeadm of cp1'],
    ],
    [
      'kubeadm-config',
      changeApi(healthy, ({ kubeadmConfig }) =>
        kubeadmConfig === undefined ? {} : { kubeadmConfig: { ...kubeadmConfig, resourceVersion: '2' } },
      ),
      ['kubeadm-config'],
    ],
    [
      'a node is gone',
      { ...healthy, nodes: healthy.nodes.filter(({ node }) => node.name !== 'cp3') },
      ['cp3 is no longer there or could not be read'],
    ],
    ['a node is new', four, ['cp4 is new']],
  ])('%s', (_, facts, changes) => {
    expect(since(facts)).toEqual(changes);
  });

  test('another host key is noticed', () => {
    const { bound } = planFor(keyed('SHA256:a'));
    expect(changedSince(bound, diagnoseCluster(withText(keyed('SHA256:b'))))).toEqual(
      ['cp1', 'cp2', 'cp3'].map((name) => `the SSH host key of ${name}`),
    );
  });
});
