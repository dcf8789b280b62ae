/** What a client would refuse, and what nobody looked at, never ends with 0. */
import { describe, expect, test } from 'vitest';
import type { Verification, VerifyFacts, Wanted } from '../../src/model/verification.ts';
import { judge, type JudgeOptions } from '../../src/verify/judge.ts';
import { wantedOf } from '../../src/verify/wanted.ts';
import { leaf } from '../support/facts.ts';
import { named } from '../support/plans.ts';
import { clusterIp, dialsWith, hosts, servedBy, verifyFacts, wanted } from '../support/verify-facts.ts';

const common = [clusterIp, 'kubernetes', 'kubernetes.default.svc', 'api.example', hosts.cp1, hosts.cp2];

function judged(
  change: Partial<VerifyFacts>,
  options: Partial<JudgeOptions> = {},
  names: Wanted = wanted,
): Verification {
  return judge(verifyFacts(change), names, { isWalk: false, needsPod: true, ...options });
}

function onCp2(certificate: ReturnType<typeof leaf>, trust: Parameters<typeof servedBy>[1] = {}) {
  return dialsWith(({ host }) => host === hosts.cp2, servedBy(certificate, trust));
}

describe('a certificate that every client refuses, whatever names it holds', () => {
  test('of a CA that is past its end', () => {
    const told = judged({ dials: onCp2(leaf(common), { caOutOfDate: 'valid until 2026-01-01' }) });
    expect(told.nodes[1]?.names[0]?.here).toEqual({
      outcome: 'out-of-date',
      detail: 'its CA is valid until 2026-01-01',
    });
    expect(told).toMatchObject({ exitCode: 2, verdict: 'names-missing' });
  });

  test('of a client, which its extended key usage says', () => {
    const told = judged({ dials: onCp2(leaf(common, { extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] })) });
    expect(told.nodes[1]?.names[0]?.here.outcome).toBe('rejected');
    expect(told.exitCode).toBe(2);
  });

  test('signed with SHA-1, which Go takes for no signature', () => {
    const weak = leaf(common, { hash: 'sha1' });
    expect(judged({ dials: onCp2(weak) })).toMatchObject({ exitCode: 2 });
  });
});

test('a wildcard that is wanted has to be seen like any other name', () => {
  const wild = named('*.apps.example');
  const asked: Wanted = {
    asked: [wild],
    nodes: wanted.nodes.map((one) => ({ ...one, names: [...one.names, wild] })),
  };
  expect(judged({}, {}, asked)).toMatchObject({ exitCode: 3, gaps: [{ code: 'not-seen' }, {}] });
  const seen = (names: readonly string[]) => {
    const dials = verifyFacts().dials;
    const own = dials
      .filter(({ place, target }) => place.kind === 'node' && target === 'backend')
      .map((dial) => ({ ...dial, san: wild, result: servedBy(leaf(names)) }));
    return judged({ dials: [...dials, ...own] }, {}, asked);
  };
  expect(seen([...common, '*.apps.example'])).toMatchObject({ exitCode: 0 });
  expect(seen(common)).toMatchObject({ exitCode: 2, verdict: 'names-missing' });
});

test('a control plane of which no name is known is not passed over', () => {
  const asked = { asked: [], nodes: wanted.nodes.map((one, at) => (at === 1 ? { ...one, names: [] } : one)) };
  expect(judged({}, {}, asked)).toMatchObject({
    exitCode: 3,
    gaps: [{ code: 'not-seen', what: 'cp2', detail: 'no name is known that its certificate should hold' }],
  });
});

test('an address that two control planes share proves nothing for either', () => {
  const nat = '203.0.113.5';
  const { nodes, dials } = verifyFacts();
  const fromHere = dials
    .filter(({ place, target, host }) => place.kind === 'here' && target === 'backend' && host === hosts.cp1)
    .map((dial) => ({ ...dial, host: nat }));
  const told = judged(
    {
      nodes: nodes.map((one) => ({ ...one, addresses: [...one.addresses, nat] })),
      dials: [...dials.filter(({ place, host }) => place.kind === 'pod' || host !== hosts.cp2), ...fromHere],
    },
    { needsPod: false },
  );
  expect(told.nodes[1]?.names[0]?.here.outcome).toBe('not-tried');
  expect(told.gaps).toContainEqual(expect.objectContaining({ code: 'not-seen', what: 'cp2' }));
});

describe('control planes that nobody looked at', () => {
  const words = 'the API knows control planes that nobody looked at: cp3';
  test('are a gap, though all that was seen holds', () => {
    expect(judged({}, { uninspected: [words] })).toMatchObject({
      exitCode: 3,
      verdict: 'not-proven',
      gaps: [{ code: 'not-inspected', detail: words }],
    });
  });

  test('are found by the endpoints of the kubernetes Service too, whatever their labels say', () => {
    const { service } = verifyFacts();
    const more = service && {
      ...service,
      endpoints: [...service.endpoints, { host: '10.0.0.13', port: 6443 }],
    };
    const change = more === undefined ? {} : { service: more };
    const told = judged(change, { needsPod: false });
    expect(told).toMatchObject({ exitCode: 3, gaps: [{ code: 'not-inspected', what: '10.0.0.13:6443' }] });
    expect(judged(change, { needsPod: false, uninspected: 'accepted' }).exitCode).toBe(0);
  });

  test('and that a plan knows nothing of, are held to what was found', () => {
    const rows = [
      {
        san: named('api.example'),
        wanted: 'yes',
        nodes: [{ node: 'cp4', wanted: true, onDisk: false }],
        provenance: [],
        brokenWithout: [],
      },
    ];
    const own = wantedOf({ nodes: [] }, [], ['cp4'], rows as never);
    expect(own.nodes).toEqual([{ node: 'cp4', names: [named('api.example')], gone: [] }]);
  });
});

test('what the ClusterIP led to counts, although every API server by itself is right', () => {
  const stale = leaf(['kubernetes', hosts.cp1]);
  const told = judged(
    { dials: dialsWith(({ target }) => target === 'cluster-ip', servedBy(stale, { isTrustedByPod: true })) },
    { isWalk: true },
  );
  expect(told.walks.map(({ broken }) => broken)).toEqual(['certificate']);
  expect(told.exitCode).toBe(2);
});

test('of two Service addresses the first is the one that clients dial, and the other does not excuse it', () => {
  const { service, dials } = verifyFacts();
  const other = '10.240.0.66';
  const isThrough = ({ target }: (typeof dials)[number]) => target === 'cluster-ip';
  const told = judged(
    {
      ...(service === undefined ? {} : { service: { ...service, clusterIps: [clusterIp, other] } }),
      dials: [
        ...dialsWith(isThrough, { state: 'failed', trouble: 'timeout', detail: 'no answer' }),
        ...dials.filter(isThrough).map((dial) => ({ ...dial, host: other })),
      ],
    },
    { isWalk: true },
  );
  expect(told.walks.map(({ broken }) => broken)).toEqual(['kube-proxy']);
});
