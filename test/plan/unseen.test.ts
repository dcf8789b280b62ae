/** A plan never takes a control plane for well, or for right, of which nobody knows it. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import type { Probe } from '../../src/model/probe.ts';
import {
  addressOf,
  buildFacts,
  certificateFile,
  changeNode,
  failed,
  leaf,
  read,
  reissue,
} from '../support/facts.ts';
import { mint } from '../support/mint.ts';
import { asking, planFor } from '../support/plans.ts';

/** As it is read where no manifest of an API server is found. */
function withoutManifest(change: Partial<NodeFacts> = {}): ClusterFacts {
  const facts = buildFacts();
  return {
    ...facts,
    nodes: facts.nodes.map((one) => {
      if (one.node.name !== 'cp2' || one.result.state !== 'read') return one;
      const { apiserver: _, certificate: __, key: ___, ...rest } = one.result.facts;
      return { ...one, result: { state: 'read', facts: { ...rest, ...change } } };
    }),
  };
}

const wish = asking(['203.0.113.10']);
const hidden = { unread: [{ what: '/etc/kubernetes/manifests', why: 'others may write there' }] };

describe('a control plane whose API server was not found', () => {
  test('may have any certificate where its manifests could not be read: refused, also with nothing to sign', () => {
    for (const ask of [asking([]), wish])
      expect(planFor(withoutManifest(hidden), ask)).toMatchObject({
        exitCode: 7,
        refusals: [{ code: 'not-read', node: 'cp2' }],
      });
    expect(
      planFor(withoutManifest(hidden), asking([], { accepted: { uninspected: true } })).refusals,
    ).toEqual([]);
  });

  test('is down where its manifest is gone: no other one is changed meanwhile, whatever is accepted', () => {
    for (const accepted of [{}, { uninspected: true }])
      expect(planFor(withoutManifest(), { ...wish, accepted }).refusals).toMatchObject([
        { code: 'apiserver-unhealthy', node: 'cp2' },
      ]);
    expect(planFor(withoutManifest())).toMatchObject({ exitCode: 2, refusals: [], next: [] });
  });
});

function healthOf(facts: ClusterFacts) {
  return planFor(facts, wish).risks.filter(({ code }) => code === 'health-unknown');
}

function isOfSecond({ host }: Probe): boolean {
  return host === addressOf(2);
}

function changed(change: (probe: Probe) => Probe | undefined): ClusterFacts {
  const facts = buildFacts();
  return { ...facts, probes: facts.probes.flatMap((one) => (isOfSecond(one) ? (change(one) ?? []) : one)) };
}

describe('whether the others are well', () => {
  test('is known where each says that it is ready', () => {
    expect(healthOf(buildFacts())).toEqual([]);
  });

  test.each<[string, ClusterFacts]>([
    ['nobody reached it', changed(() => undefined)],
    [
      'it does not answer from here, and the node cannot be asked',
      changed((probe) => (probe.way === 'ssh' ? undefined : failed('timeout', probe))),
    ],
    [
      'it does not answer whether it is ready',
      changed((probe) => {
        if (probe.result.state !== 'served') return probe;
        const { health: _, ...result } = probe.result;
        return { ...probe, result };
      }),
    ],
    [
      'it does not tell strangers',
      changed((probe) =>
        probe.result.state === 'served'
          ? { ...probe, result: { ...probe.result, health: { status: 401, failing: [] } } }
          : probe,
      ),
    ],
  ])('is a risk that is said where %s', (_, facts) => {
    expect(healthOf(facts)).toMatchObject([{ node: 'cp2' }]);
  });

  test('is nobody else’s matter where only that one is changed', () => {
    const facts = reissue(buildFacts(), 'cp2', leaf(['kubernetes', 'cp2', addressOf(2)]));
    expect(
      planFor(facts)
        .nodes.filter(({ action }) => action === 'reissue')
        .map(({ node }) => node),
    ).toEqual(['cp2']);
    const probes = facts.probes.filter(({ host }) => host !== addressOf(2));
    expect(planFor({ ...facts, probes }).risks.filter(({ code }) => code === 'health-unknown')).toEqual([]);
  });
});

test('a CA that is not valid yet signs nothing that a client takes: refused', () => {
  const young = read(
    mint({ subject: 'kubernetes', isCa: true, notBefore: '20270101000000Z', notAfter: '20370101000000Z' }),
  );
  const facts = changeNode(buildFacts({ controlPlanes: 1 }), 'cp1', ({ ca: file }) => ({
    ca: certificateFile(file?.path ?? '', young),
  }));
  const told = planFor(facts, wish).refusals.filter(({ code }) => code === 'clock-skew');
  expect(told).toMatchObject([{ node: 'cp1', detail: expect.stringContaining('2027-01-01') as string }]);
});

test('nothing to sign, and an error besides: not 0', () => {
  const facts = changeNode(buildFacts(), 'cp1', ({ kubeconfigs }) => ({
    kubeconfigs: kubeconfigs.map((one, at) =>
      at === 0
        ? { ...one, clientCertificate: { subject: 'O=system:masters', notAfter: '2026-01-01T00:00:00Z' } }
        : one,
    ),
  }));
  const told = planFor(facts);
  expect(told.findings.map(({ code, severity }) => `${code} ${severity}`)).toContain('expired error');
  expect(told).toMatchObject({ exitCode: 2, refusals: [] });
});
