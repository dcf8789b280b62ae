import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiFacts, readAnswers } from '../../../src/inspect/api/api-facts.ts';
import { loadBalancersOf } from '../../../src/inspect/api/objects.ts';
import { type ApiAnswers, apiQuestions } from '../../../src/inspect/api/questions.ts';
import { runs } from '../../support/runs.ts';

function factsOf(answers: Readonly<Record<string, unknown>>) {
  const told = Object.entries(answers).map(([name, value]) => [
    name,
    { ok: true, bytes: Buffer.from(JSON.stringify(value)) },
  ]);
  return apiFacts({ readThrough: 'cp1', apiPort: 6443, answers: Object.fromEntries(told) as ApiAnswers });
}

function kubernetesService(spec: object) {
  return factsOf({ service: { spec } }).kubernetesService;
}

function slice(addresses: readonly string[]) {
  return {
    ports: [{ name: 'https', port: 6443 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: false } })),
  };
}

function loadBalancer(spec: object, rest: object = {}) {
  return {
    metadata: { name: 'lb', namespace: 'x' },
    spec: { type: 'LoadBalancer', ports: [{ port: 443, targetPort: 6443 }], ...spec },
    ...rest,
  };
}

function countOf(...items: readonly object[]): number | undefined {
  return loadBalancersOf({ items }, 6443)?.length;
}

test("kubeadm's configuration is kept byte for byte", () => {
  const text =
    '# a comment\r\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n\nx: "ü \u0000"  ';
  const { kubeadmConfig } = factsOf({
    'kubeadm-config': { metadata: { resourceVersion: '7' }, data: { ClusterConfiguration: text } },
  });
  expect(kubeadmConfig?.text).toBe(text);
  expect(kubeadmConfig?.resourceVersion).toBe('7');
});

test('two families of addresses, and one as it was before 1.20', () => {
  const ports = [{ name: 'https', port: 443, targetPort: 6443 }];
  expect(kubernetesService({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'], ports })).toEqual({
    clusterIps: ['10.0.0.1', 'fd00::1'],
    port: 443,
  });
  expect(kubernetesService({ clusterIP: '10.0.0.1', ports })?.clusterIps).toEqual(['10.0.0.1']);
  expect(kubernetesService({ clusterIP: 'None', ports })).toBeUndefined();
});

test('of EndpointSlices, every address with every port, once', () => {
  expect(
    factsOf({ 'endpoint-slices': { items: [slice(['10.0.0.1', '10.0.0.2']), slice(['10.0.0.1'])] } })
      .endpoints,
  ).toEqual([
    { address: '10.0.0.1', port: 6443 },
    { address: '10.0.0.2', port: 6443 },
  ]);
});

describe('a Service of type LoadBalancer', () => {
  test('fronts the API server by its selector, or without one by its port', () => {
    expect(countOf(loadBalancer({ selector: { component: 'kube-apiserver', tier: 'control-plane' } }))).toBe(
      1,
    );
    expect(countOf(loadBalancer({ selector: { 'k8s-app': 'kube-apiserver' } }))).toBe(1);
    expect(countOf(loadBalancer({}))).toBe(1);
    expect(countOf(loadBalancer({ selector: { app: 'web' } }))).toBe(0);
    expect(countOf(loadBalancer({ ports: [{ port: 443, targetPort: 8080 }] }))).toBe(0);
    expect(countOf(loadBalancer({ type: 'ClusterIP' }))).toBe(0);
  });

  test('has the addresses that it was given, and those that it waits for', () => {
    expect(
      loadBalancersOf(
        {
          items: [
            loadBalancer(
              { loadBalancerIP: '192.168.56.42' },
              {
                metadata: {
                  name: 'lb',
                  namespace: 'x',
                  annotations: { 'metallb.io/loadBalancerIPs': '192.168.56.43,fd00::43' },
                },
              },
            ),
          ],
        },
        6443,
      ),
    ).toEqual([
      {
        namespace: 'x',
        name: 'lb',
        addresses: ['192.168.56.42', '192.168.56.43', 'fd00::43'],
        isPending: true,
        ports: [443],
      },
    ]);
  });
});

test('what is not understood, not there or only in part is said', () => {
  const facts = apiFacts({
    readThrough: 'cp1',
    apiPort: 6443,
    answers: {
      version: { ok: true, bytes: Buffer.from('<html>') },
      'kube-proxy': { ok: false, why: 'configmaps "kube-proxy" not found' },
      workers: { ok: true, bytes: Buffer.from('{"metadata":{"continue":"x"},"items":[]}') },
      'control-planes': { ok: true, bytes: Buffer.from('{"items":[]}') },
    },
  });
  expect(facts).toEqual({
    readThrough: 'cp1',
    workers: [],
    unread: [
      { what: 'version', why: 'its answer is not understood' },
      { what: 'kube-proxy', why: 'configmaps "kube-proxy" not found' },
      { what: 'control-planes', why: 'its answer is not understood' },
      { what: 'workers', why: 'there are more of them than one page holds' },
    ],
  });
});

test('the last answer to a question counts, and bytes are those that were sent', () => {
  const answers = readAnswers(
    Buffer.from(
      '\n#load-balancers\t1\tfield label not supported\n{"items":[]}\n\n#load-balancers\t0\t\n{"ü":1}\n#version\t0\t\n',
    ),
  );
  expect(Object.keys(answers)).toEqual(['load-balancers', 'version']);
  expect(answers['load-balancers']?.ok).toBe(true);
  expect(answers.version?.ok && Buffer.from(answers.version.bytes).toString()).toBe('{"ü":1}');
});

test('no answer makes it throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...apiQuestions),
      fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
      (question, text) => {
        const facts = apiFacts({
          readThrough: 'x',
          apiPort: 6443,
          answers: { [question]: { ok: true, bytes: Buffer.from(text) } },
        });
        expect(facts.readThrough).toBe('x');
      },
    ),
    { numRuns: runs(100) },
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(() => readAnswers(bytes)).not.toThrow();
    }),
    { numRuns: runs(100) },
  );
});
