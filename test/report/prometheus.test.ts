/** Metrics for the textfile collector: what is counted, and how hostile label values are kept inside their quotes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import { display } from '../../src/model/display.ts';
import { inspectReports, planReports, verifyReports } from '../../src/report/index.ts';
import { labelValue } from '../../src/report/prometheus.ts';
import { buildFacts, leafOf, reissue, without } from '../support/facts.ts';
import { asking, planFor } from '../support/plans.ts';
import { samplePlans } from '../support/sample-plans.ts';
import { sampleVerifications } from '../support/sample-verifications.ts';

const look = { colour: false, width: 80 };

function inspected(facts = buildFacts()): string {
  return inspectReports['prometheus']?.(diagnoseCluster(facts), look) ?? '';
}

test('inspect: missing names and expiry of each control plane, and how the run ended', () => {
  const facts = buildFacts();
  const stale = reissue(
    facts,
    'cp2',
    without(leafOf(facts, 'cp2'), facts.api?.kubernetesService?.clusterIps ?? []),
  );
  const text = inspected(stale);
  expect(text).toContain('fix_sans_missing_names{command="inspect",cluster="test",node="cp1"} 0\n');
  expect(text).toContain('fix_sans_missing_names{command="inspect",cluster="test",node="cp2"} 1\n');
  expect(text).toContain(
    `fix_sans_certificate_expiry_time_seconds{command="inspect",cluster="test",node="cp1",certificate="apiserver"} ${Date.parse('2027-06-01T00:00:00Z') / 1000}\n`,
  );
  expect(text).toContain('fix_sans_node_read{command="inspect",cluster="test",node="cp3"} 1\n');
  expect(text).toContain('fix_sans_last_run_exit_code{command="inspect",cluster="test"} 2\n');
  expect(text).toContain(
    `fix_sans_last_run_time_seconds{command="inspect",cluster="test"} ${Date.parse(facts.readAt) / 1000}\n`,
  );
});

test('a node that was not read has no count of names: 0 would say that all is well', () => {
  const facts = buildFacts();
  const nodes = facts.nodes.map((one, at) =>
    at === 0
      ? {
          node: one.node,
          result: {
            state: 'unread' as const,
            trouble: { code: 'timeout' as const, message: 'x', hint: 'y', retryable: false },
          },
        }
      : one,
  );
  const text = inspected({ ...facts, nodes });
  expect(text).not.toContain('fix_sans_missing_names{command="inspect",cluster="test",node="cp1"}');
  expect(text).toContain('fix_sans_node_read{command="inspect",cluster="test",node="cp1"} 0\n');
});

test('plan and verify count too, each under its own command', () => {
  const plan = planReports['prometheus']?.(planFor(buildFacts(), asking(['203.0.113.10'])), look) ?? '';
  expect(plan).toContain('fix_sans_missing_names{command="plan",cluster="test",node="cp1"} 1\n');
  const { stale, kubeProxy, path } = sampleVerifications();
  const verify = verifyReports['prometheus'];
  expect(verify?.(stale, look)).toMatch(
    /^fix_sans_missing_names\{command="verify",cluster="",node="cp2"\} 3$/m,
  );
  expect(verify?.(kubeProxy, look)).toContain(
    'fix_sans_broken_links{command="verify",cluster="",node="cp1",namespace="default",pod="app",link="kube-proxy"} 1\n',
  );
  expect(verify?.(path, look)).toContain(
    'fix_sans_unproven{command="verify",cluster="",kind="path-not-proven"} 1\n',
  );
});

describe('label values', () => {
  test.each([
    ['a"b', 'a\\"b'],
    ['a\\', 'a\\\\'],
    ['a\nb', 'a\\\\u{a}b'],
    ['\u001b[31m', '\\\\u{1b}[31m'],
    ['\\n', '\\\\n'],
    ['\ud800', '\\\\u{d800}'],
  ])('%j is written as %j', (given, written) => {
    expect(labelValue(given)).toBe(written);
  });

  test('each line is one sample whatever a name holds, and reads back as the name is shown', () => {
    const { signed } = samplePlans();
    const line = /^(\w+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?\d+)$/;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const nodes = signed.nodes.map((one, at) => ({ ...one, node: at === 0 ? text : 'x' }));
        for (const plan of [
          { ...signed, cluster: text },
          { ...signed, nodes },
        ]) {
          const lines = (planReports['prometheus']?.(plan, look) ?? '').trimEnd().split('\n');
          const samples = lines.filter((one) => !/^# (?:HELP|TYPE) fix_sans_/.test(one));
          expect(samples.filter((one) => !line.test(one))).toEqual([]);
          // The collector refuses the whole file for one sample twice.
          expect(new Set(samples.map((one) => one.replace(/ \S+$/, ''))).size).toBe(samples.length);
        }
        const unescaped = labelValue(text).replaceAll(/\\(.)/gs, (_, one: string) =>
          one === 'n' ? '\n' : one,
        );
        expect(unescaped).toBe(display(text));
      }),
      { numRuns: 50 },
    );
  });
});
