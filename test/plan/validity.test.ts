/** Dates and keys: what a new certificate must not lose. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import { buildFacts, changeApi, leaf, leafOf, namesOf, reissue } from '../support/facts.ts';
import { asking, nodeOf, planFor, valuesOf } from '../support/plans.ts';

function tenYears(facts: ClusterFacts): ClusterFacts {
  return reissue(facts, 'cp1', leaf(namesOf(leafOf(facts, 'cp1')), { notAfter: '20340601000000Z' }));
}

describe('dates and keys', () => {
  test('an expired certificate under a valid CA is made anew, with its names', () => {
    const healthy = buildFacts({ controlPlanes: 2 });
    const old = leaf(namesOf(leafOf(healthy, 'cp2')), {
      notBefore: '20250101000000Z',
      notAfter: '20260101000000Z',
    });
    const plan = planFor(reissue(healthy, 'cp2', old));
    expect(plan.exitCode).toBe(2);
    expect(plan.nodes.map(({ node, reasons }) => [node, reasons])).toEqual([
      ['cp2', ['expired']],
      ['cp1', []],
    ]);
    expect(valuesOf(nodeOf(plan, 'cp2'), 'kept')).toHaveLength(namesOf(old).length);
  });

  test('ten years stay as long where the configuration can say so', () => {
    const plan = planFor(tenYears(buildFacts()), asking(['203.0.113.10']));
    expect(plan.exitCode).toBe(2);
    const { certificate, forms } = nodeOf(plan, 'cp1');
    expect(certificate.isShorter).toBe(false);
    expect(Date.parse('2026-11-21T06:00:00Z') + certificate.validityHours * 3_600_000).toBeGreaterThanOrEqual(
      Date.parse('2034-06-01T00:00:00Z'),
    );
    expect(forms?.config).toMatchObject({
      file: expect.stringContaining(
        `certificateValidityPeriod: "${certificate.validityHours}h0m0s"`,
      ) as string,
    });
    expect(forms?.flags).toMatchObject({ withheld: expect.any(String) as string });
    expect(nodeOf(plan, 'cp2').certificate.validityHours).toBe(8760);
  });

  test('and must be given up knowingly where it cannot', () => {
    const old = changeApi(tenYears(buildFacts()), ({ kubeadmConfig }) =>
      kubeadmConfig === undefined
        ? {}
        : {
            kubeadmConfig: {
              ...kubeadmConfig,
              configuration: { ...kubeadmConfig.configuration, apiVersion: 'kubeadm.k8s.io/v1beta3' },
            },
          },
    );
    expect(planFor(old, asking(['203.0.113.10'])).refusals).toMatchObject([
      { code: 'shorter-validity', node: 'cp1' },
    ]);
    const plan = planFor(old, asking(['203.0.113.10'], { accepted: { shorterValidity: true } }));
    expect(plan.exitCode).toBe(2);
    expect(plan.risks.map(({ code }) => code)).toContain('validity');
  });

  test('one control plane is said to be one (fault 50)', () => {
    const plan = planFor(buildFacts({ controlPlanes: 1, workers: 0 }), asking(['203.0.113.10']));
    expect(plan.risks.map(({ code }) => code)).toEqual(['single-control-plane']);
    expect(plan.order).toBe('there is one control plane');
  });
});
