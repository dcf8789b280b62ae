/** From what was seen to what is proven: nothing that nobody saw is taken for good. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dial, Verification, VerifyFacts } from '../../src/model/verification.ts';
import { judge, type JudgeOptions } from '../../src/verify/judge.ts';
import { leaf } from '../support/facts.ts';
import { named } from '../support/plans.ts';
import {
  certificates,
  clusterIp,
  dialsWith,
  hosts,
  pod,
  servedBy,
  silent,
  verifyFacts,
  wanted,
} from '../support/verify-facts.ts';

function judged(change: Partial<VerifyFacts> = {}, options: Partial<JudgeOptions> = {}): Verification {
  return judge(verifyFacts(change), wanted, { isWalk: false, needsPod: true, ...options });
}

function proof({ nodes }: Verification, node: string, name: string) {
  return nodes.find((one) => one.node === node)?.names.find(({ san }) => san.value === name);
}

test('what every place saw holds', () => {
  const told = judged();
  expect(told).toMatchObject({ verdict: 'holds', exitCode: 0, gaps: [] });
  expect(proof(told, 'cp2', clusterIp)).toMatchObject({
    here: { outcome: 'good' },
    node: { outcome: 'good' },
    pod: { outcome: 'good' },
  });
});

test('a control plane that nobody named is not proven, but for a walk, which dials all there are', () => {
  const uninspected = ['cp3'];
  const told = judged({}, { uninspected });
  expect(told).toMatchObject({ verdict: 'not-proven', exitCode: 3 });
  expect(told.gaps.map(({ code, what }) => [code, what])).toEqual([['not-inspected', 'control planes']]);
  expect(judged({}, { uninspected, isWalk: true }).exitCode).toBe(0);
});

test('where no node was read, why is said of each, and nothing of their pods', () => {
  const nodes = verifyFacts().nodes.map((one) => ({
    ...one,
    trouble: { code: 'timeout' as const, ...reachTrouble },
  }));
  const codes = judged({ nodes, pods: [], dials: [] }).gaps.map(({ code }) => code);
  expect(codes).toContain('node-unread');
  expect(codes).not.toContain('no-pod');
});

test('what to type next takes no name that a shell would read otherwise', () => {
  const dials = dialsWith(({ host }) => host === hosts.cp2, servedBy(stale));
  const nextFor = (...names: readonly string[]) =>
    judge(verifyFacts({ dials }), { ...wanted, asked: names.map(named) }, { isWalk: false, needsPod: true })
      .next;
  expect(nextFor('a.example', '10.0.0.9').map(({ command }) => command)).toEqual([
    'fix-sans plan --san a.example --san 10.0.0.9',
  ]);
  const odd = [{ type: 'dns', value: '$(id)' }] as const;
  const [step] = judge(
    verifyFacts({ dials }),
    { ...wanted, asked: odd },
    { isWalk: false, needsPod: true },
  ).next;
  expect(step?.command).toBe('fix-sans plan');
});

test('what there was too much of is said with its number', () => {
  const cuts: VerifyFacts['cuts'] = [
    { what: 'api-servers', seen: 32, all: 40 },
    { what: 'pods', seen: 10_000 },
  ];
  expect(judged({ cuts }).gaps.map(({ code, detail }) => [code, detail])).toEqual([
    ['cut-off', 'each pod dialled 32 of the 40 API servers behind the Service, and the others not'],
    ['cut-off', '10000 pods were looked through for those that crash and wait, and there are more'],
  ]);
});

const stale = leaf(['kubernetes', 'cp2', hosts.cp2]);
const reachTrouble = { message: 'no answer', hint: 'look at it', retryable: false } as const;

describe('exit codes', () => {
  type Row = readonly [string, Partial<VerifyFacts>, Partial<Verification>, Partial<JudgeOptions>];
  const rows: readonly Row[] = [
    [
      'a name that one API server does not serve: 2',
      { dials: dialsWith(({ host }) => host === hosts.cp2, servedBy(stale)) },
      { verdict: 'names-missing', exitCode: 2 },
      {},
    ],
    [
      'more API servers than a pod dials: 3',
      { cuts: [{ what: 'api-servers', seen: 32, all: 40 }] },
      { verdict: 'not-proven', exitCode: 3 },
      {},
    ],
    [
      'more pods than are looked through: 3',
      { cuts: [{ what: 'pods', seen: 10_000 }] },
      { verdict: 'not-proven', exitCode: 3 },
      {},
    ],
    [
      'an expired certificate: 2',
      {
        dials: dialsWith(
          ({ host }) => host === hosts.cp2,
          servedBy(leaf([clusterIp, 'api.example'], { notAfter: '20261101000000Z' })),
        ),
      },
      { verdict: 'names-missing', exitCode: 2 },
      {},
    ],
    [
      'a certificate of another CA is no missing name: 8',
      {
        dials: dialsWith(({ target }) => target === 'name', servedBy(certificates.cp1, { isTrusted: false })),
      },
      { verdict: 'broken', exitCode: 8 },
      {},
    ],
    [
      'a name that leads nowhere from here: 3, though every certificate holds it',
      { dials: dialsWith(({ target }) => target === 'name', silent) },
      { verdict: 'not-proven', exitCode: 3 },
      {},
    ],
    ['no pod: 3', { pods: [pod({ isEntered: false })] }, { verdict: 'not-proven', exitCode: 3 }, {}],
    ['no pod, and none needed: 0', { pods: [] }, { verdict: 'holds', exitCode: 0 }, { needsPod: false }],
    [
      'a node that could not be read: 3',
      {
        nodes: verifyFacts().nodes.map((one, at) =>
          at === 1 ? { ...one, trouble: { code: 'timeout', ...reachTrouble } } : one,
        ),
      },
      { verdict: 'not-proven', exitCode: 3 },
      {},
    ],
    [
      'a login that was refused: 4',
      {
        nodes: verifyFacts().nodes.map((one) => ({
          ...one,
          trouble: { code: 'authentication' as const, ...reachTrouble },
        })),
      },
      { verdict: 'not-proven', exitCode: 4 },
      {},
    ],
    [
      'nothing answered at all: 75',
      {
        dials: dialsWith(() => true, silent),
        pods: [],
        nodes: verifyFacts().nodes.map((one) => ({
          ...one,
          trouble: { code: 'timeout' as const, ...reachTrouble },
        })),
      },
      { verdict: 'not-proven', exitCode: 75 },
      {},
    ],
    [
      'API servers that nobody reached, on nodes that were read: 3',
      { dials: dialsWith(({ place }) => place.kind !== 'pod', silent), pods: [] },
      { verdict: 'not-proven', exitCode: 3 },
      { needsPod: false },
    ],
  ];
  test.each(rows)('%s', (_, change, expected, options) => {
    expect(judged(change, options)).toMatchObject(expected);
  });
});

test('a name that is covered by a wildcard is served, and one that only looks like it is not', () => {
  const held = servedBy(leaf([clusterIp, '*.example', 'kubernetes.default.svc', hosts.cp1, hosts.cp2]));
  const asked = {
    asked: [],
    nodes: [{ node: 'cp1', names: ['api.example', 'a.b.example'].map(named), gone: [] }],
  };
  const facts = verifyFacts({ dials: dialsWith(() => true, held).map((dial) => dial) });
  const more = facts.dials
    .filter(({ place, target, host }) => place.kind === 'node' && target === 'backend' && host === hosts.cp1)
    .slice(0, 1)
    .map((dial) => ({ ...dial, san: named('a.b.example') }));
  const told = judge({ ...facts, dials: [...facts.dials, ...more] }, asked, {
    isWalk: false,
    needsPod: false,
  });
  expect(proof(told, 'cp1', 'api.example')?.node.outcome).toBe('good');
  expect(proof(told, 'cp1', 'a.b.example')?.node.outcome).toBe('missing');
});

function isIts({ target }: Dial): boolean {
  return target === 'backend';
}

test('a name that was taken away must be gone, and a refusal of curl does not prove that it is', () => {
  const gone = named('api.example');
  const asked = { asked: [], nodes: [{ node: 'cp1', names: [], gone: [gone] }] };
  const options = { isWalk: false, needsPod: false };
  expect(judge(verifyFacts(), asked, options)).toMatchObject({ exitCode: 2, verdict: 'names-missing' });
  const rest = servedBy(leaf([clusterIp]));
  expect(
    judge(verifyFacts({ dials: dialsWith(isIts, rest).filter(isIts), pods: [] }), asked, options),
  ).toMatchObject({
    exitCode: 0,
  });
  const byCurl = dialsWith(isIts, { state: 'rejected', detail: 'curl: (60) SSL' }).filter(isIts);
  expect(judge(verifyFacts({ dials: byCurl, pods: [] }), asked, options)).toMatchObject({
    verdict: 'not-proven',
  });
});

test('what curl accepts is good, and what it refuses is bad with its words', () => {
  const rejected = { state: 'rejected', detail: 'curl: (60) no alternative name' } as const;
  const told = judged({
    dials: dialsWith(
      ({ place, san }) => place.kind === 'node' && place.node === 'cp2' && san.value === 'api.example',
      rejected,
    ),
  });
  expect(proof(told, 'cp2', 'api.example')?.node).toEqual({
    outcome: 'rejected',
    detail: 'curl: (60) no alternative name',
  });
  expect(told.exitCode).toBe(2);
});

test('without a CA to verify with nothing is good', () => {
  const told = judged({
    dials: verifyFacts().dials.map((dial) => {
      if (dial.result.state !== 'served') return dial;
      return { ...dial, result: { state: 'served', chain: dial.result.chain } };
    }),
  });
  expect(told.exitCode).toBe(3);
  expect(told.nodes.flatMap(({ names }) => names.map(({ here }) => here.outcome))).not.toContain('good');
});

test('whatever is taken away of what was seen, 0 is said only where every name was seen and proven', () => {
  const all = verifyFacts();
  fc.assert(
    fc.property(fc.subarray([...all.dials]), fc.boolean(), (dials, hasPod) => {
      const facts = verifyFacts({ dials, pods: hasPod ? all.pods : [] });
      const told = judge(facts, wanted, { isWalk: false, needsPod: true });
      if (told.exitCode !== 0) return;
      for (const { names } of told.nodes)
        for (const { here, node, pod: own } of names)
          expect([here, node, own].some(({ outcome }) => outcome === 'good')).toBe(true);
      expect(told.walks.some(({ broken }) => broken === undefined)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a certificate of another CA behind the ClusterIP is another trouble than a name: 8', () => {
  const told = judged(
    {
      dials: dialsWith(
        ({ place, host }) => place.kind === 'pod' && host === hosts.cp2,
        servedBy(certificates.cp2, { isTrusted: false, isTrustedByPod: false }),
      ),
    },
    { isWalk: true },
  );
  expect(told.walks.map(({ broken }) => broken)).toEqual(['certificate']);
  expect(told).toMatchObject({ verdict: 'broken', exitCode: 8 });
});

test('a thousand nodes with forty names are judged in two seconds of a processor at most', () => {
  const names = Array.from({ length: 40 }, (_, at) => named(`name-${at}.example`));
  const chain = [leaf(names.map(({ value }) => value))];
  const nodes = Array.from({ length: 1000 }, (_, at) => ({
    node: `cp${at}`,
    role: 'control-plane' as const,
    addresses: [`10.1.${at >> 8}.${at & 255}`],
    port: 6443,
  }));
  const facts = verifyFacts({
    nodes,
    service: { clusterIps: [clusterIp], port: 443, endpoints: [] },
    pods: [],
    answers: [],
    dials: nodes.flatMap(({ node, addresses: [host = ''] }) =>
      names.map((san) => ({
        place: { kind: 'node' as const, node },
        target: 'backend' as const,
        host,
        port: 6443,
        san,
        by: 'openssl' as const,
        result: { state: 'served' as const, chain, isTrusted: true },
      })),
    ),
  });
  const asked = { asked: [], nodes: nodes.map(({ node }) => ({ node, names, gone: [] })) };
  const before = process.cpuUsage();
  expect(judge(facts, asked, { isWalk: false, needsPod: false }).exitCode).toBe(0);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(2);
});
