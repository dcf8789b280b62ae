/** Story S2: each link broken in turn, and the walk names that one and no other. */
import { describe, expect, test } from 'vitest';
import type { Dial, LinkName, PodView, VerifyFacts, Walk } from '../../src/model/verification.ts';
import { walkOf } from '../../src/verify/walk.ts';
import { leaf, now } from '../support/facts.ts';
import {
  answer,
  clusterIp,
  dialsWith,
  hosts,
  pod,
  servedBy,
  silent,
  verifyFacts,
} from '../support/verify-facts.ts';

function walked(change: Partial<VerifyFacts> = {}, view: Partial<PodView> = {}): Walk {
  return walkOf(verifyFacts(change), pod(view));
}

function detailOf({ links }: Walk, name: LinkName): string {
  return links.find(({ link }) => link === name)?.detail ?? '';
}

const failed = { state: 'failed', detail: 'no answer' } as const;
const isPods = ({ place }: Dial): boolean => place.kind === 'pod';
const isService = ({ target }: Dial): boolean => target === 'cluster-ip';
const stale = servedBy(leaf(['kubernetes', hosts.cp2]), { isTrustedByPod: true });

const stranger = servedBy(leaf(['gateway.example']), { isTrusted: false, isTrustedByPod: false });

test('a whole way has no broken link, and each link says what was seen', () => {
  const walk = walked();
  expect(walk.broken).toBeUndefined();
  expect(walk.links.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'good'));
  expect(detailOf(walk, 'ca')).toContain(
    'ConfigMap kube-root-ca.crt of namespace default, as the API shows it',
  );
});

describe('the first broken link', () => {
  const rows: readonly (readonly [string, LinkName, Partial<VerifyFacts>, Partial<PodView>, string])[] = [
    [
      'an environment from before the Service was made anew',
      'env',
      {},
      { serviceHost: '10.96.0.1' },
      `the Service has ${clusterIp}`,
    ],
    ['a token that is not mounted', 'token', {}, { token: 'absent' }, 'automountServiceAccountToken'],
    [
      'a CA that signed nothing of what is served',
      'ca',
      {
        dials: dialsWith(isPods, ({ result }) =>
          result.state === 'served' ? { ...result, isTrustedByPod: false } : result,
        ),
      },
      {},
      'did not sign the certificate that is served',
    ],
    [
      'CoreDNS scaled to 0',
      'dns',
      {
        dns: { services: ['10.240.0.74'], endpoints: [] },
        answers: [answer('kubelet', '10.240.0.74', failed)],
      },
      {},
      'no CoreDNS pod is ready',
    ],
    [
      'a DNS that answers with something else',
      'dns',
      {
        answers: [answer('kubelet', '10.240.0.74', { state: 'answered', code: 'NXDOMAIN', addresses: [] })],
      },
      {},
      '10.240.0.74 answers NXDOMAIN',
    ],
    [
      'a node-local cache that does not answer, while the servers behind do',
      'dns',
      {
        answers: [answer('kubelet', '169.254.25.10', failed), answer('endpoint', '10.244.0.2')],
      },
      {},
      '10.244.0.2 behind it answers rightly',
    ],
    [
      "kube-proxy's rules gone: no Service address leads anywhere, so neither does the DNS's",
      'kube-proxy',
      {
        dials: dialsWith((dial) => isPods(dial) && isService(dial), silent),
        answers: [answer('kubelet', '10.240.0.74', failed), answer('endpoint', '10.244.0.2')],
      },
      {},
      `${clusterIp}:443 does not answer`,
    ],
    [
      "kube-proxy's rules gone, and a gateway that answers what leaves the node",
      'kube-proxy',
      {
        dials: dialsWith((dial) => isPods(dial) && isService(dial), stranger),
        answers: [
          answer('kubelet', '10.240.0.74', { state: 'answered', code: 'NXDOMAIN', addresses: [] }),
          answer('endpoint', '10.244.0.2'),
        ],
      },
      {},
      `${clusterIp}:443 is answered by something that is no API server of this cluster`,
    ],
    [
      'an API server that does not answer',
      'backends',
      { dials: dialsWith((dial) => isPods(dial) && dial.host === hosts.cp2, silent) },
      {},
      `${hosts.cp2} (no answer in time) does not answer this pod, 1 of 2 do`,
    ],
    [
      'one stale master, whichever answers through the ClusterIP',
      'certificate',
      { dials: dialsWith((dial) => isPods(dial) && dial.host === hosts.cp2, stale) },
      {},
      `${hosts.cp2}:6443 (cp2): its certificate`,
    ],
    [
      'a Service without endpoints',
      'backends',
      {
        service: { clusterIps: [clusterIp], port: 443, endpoints: [] },
        dials: dialsWith((dial) => isPods(dial) && isService(dial), silent).filter(
          (dial) => !isPods(dial) || isService(dial),
        ),
      },
      {},
      'has no endpoint',
    ],
  ];
  test.each(rows)('%s: %s', (_, link, change, view, words) => {
    const walk = walked(change, view);
    expect(walk.broken).toBe(link);
    expect(detailOf(walk, link)).toContain(words);
  });
});

test("a wrong CA of the pod is not laid at the certificates' door, which the cluster's CA signed", () => {
  const walk = walked({
    dials: dialsWith(isPods, ({ result }) =>
      result.state === 'served' ? { ...result, isTrustedByPod: false } : result,
    ),
  });
  expect(walk.links.filter(({ state }) => state === 'broken').map(({ link }) => link)).toEqual(['ca']);
});

test('an expired certificate is said with its dates', () => {
  const expired = leaf([clusterIp, 'kubernetes.default.svc'], { notAfter: '20261101000000Z' });
  const walk = walked({
    dials: dialsWith(
      (dial) => isPods(dial) && dial.host === hosts.cp1,
      servedBy(expired, { isTrustedByPod: true }),
    ),
  });
  expect(walk.broken).toBe('certificate');
  expect(detailOf(walk, 'certificate')).toContain('2026-11-01');
  expect(now > '2026-11-01').toBe(true);
});

test('what nobody could see is unknown, and never good', () => {
  const walk = walkOf(verifyFacts({ dials: [], answers: [] }), {
    node: 'cp1',
    namespace: 'default',
    pod: 'app',
    token: 'unknown',
    isEntered: true,
  });
  expect(walk.broken).toBeUndefined();
  expect(walk.links.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'unknown'));
});

test('an API server that was not dialled is not said to have the right certificate', () => {
  const walk = walked({
    dials: verifyFacts().dials.filter((dial) => !isPods(dial) || dial.host !== hosts.cp2),
  });
  expect(walk.broken).toBeUndefined();
  expect(walk.links.find(({ link }) => link === 'certificate')).toMatchObject({
    state: 'unknown',
    detail: `no certificate was seen of ${hosts.cp2}:6443`,
  });
});
