/** What is planned for a cluster: each story with its way out. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import {
  addressOf,
  buildFacts,
  changeNode,
  corporateCa,
  factsOf,
  kubeadmNamesFor,
  leaf,
  leafOf,
  reissue,
  served,
  without,
} from '../support/facts.ts';
import { rawName } from '../support/mint.ts';
import { asking, nodeOf, planFor, valuesOf } from '../support/plans.ts';

function withoutApi(all: ClusterFacts): ClusterFacts {
  const { api: _, ...facts } = all;
  return facts;
}

describe('a healthy cluster', () => {
  test.each([
    ['three control planes', buildFacts()],
    ['one', buildFacts({ controlPlanes: 1, workers: 0 })],
    ['an external CA', buildFacts({ hasCaKey: false })],
    ['without the API', withoutApi(buildFacts({ certSans: [] }))],
  ])('%s: nothing to do, exit 0', (_, facts) => {
    const { exitCode, nodes, durable, refusals, risks, next } = planFor(facts);
    expect(nodes.map(({ action }) => action)).toEqual(nodes.map(() => 'nothing'));
    expect({ exitCode, durable, refusals, risks, next }).toEqual({
      exitCode: 0,
      durable: [],
      refusals: [],
      risks: [],
      next: [],
    });
  });

  test('a name that is there already is no reason for anything', () => {
    expect(planFor(buildFacts(), asking(['lb.example', '10.240.0.65'])).exitCode).toBe(0);
  });
});

describe('S5: a name that was asked for', () => {
  const plan = planFor(buildFacts(), asking(['203.0.113.10', 'api.example.com']));

  test('comes to every control plane, beside everything that is there', () => {
    expect(plan.exitCode).toBe(2);
    for (const number of [1, 2, 3]) {
      const node = nodeOf(plan, `cp${number}`);
      expect(node.action).toBe('reissue');
      expect(valuesOf(node, 'added')).toEqual(['api.example.com', '203.0.113.10']);
      expect(valuesOf(node, 'kept').toSorted()).toEqual(kubeadmNamesFor(number).toSorted());
    }
  });

  test('stands in kubeadm-config afterwards, and nothing else changes there', () => {
    const [change] = plan.durable;
    expect(plan.durable).toHaveLength(1);
    expect(change).toMatchObject({ kind: 'kubeadm-config', resourceVersion: '1', removed: [] });
    expect(change?.kind === 'kubeadm-config' && change.diff).toBe(`--- a/ClusterConfiguration
+++ b/ClusterConfiguration
@@ -2,6 +2,8 @@
   certSANs:
   - "localhost"
   - "127.0.0.1"
+  - "api.example.com"
+  - "203.0.113.10"
 apiVersion: kubeadm.k8s.io/v1beta4
 certificatesDir: /etc/kubernetes/pki
 controlPlaneEndpoint: lb.example:6443
`);
    expect(change?.kind === 'kubeadm-config' && change.command).toContain(
      '"op":"test","path":"/metadata/resourceVersion","value":"1"',
    );
  });

  test('both forms say everything, and the one through which the API is read comes last', () => {
    expect(plan.nodes.map(({ node }) => node)).toEqual(['cp2', 'cp3', 'cp1']);
    expect(plan.order).toContain('last the one through which the API is read');
    const forms = nodeOf(plan, 'cp2').forms;
    expect(forms?.config).toMatchObject({
      file: expect.stringContaining(
        'certSANs:\n  - "localhost"\n  - "127.0.0.1"\n  - "api.example.com"\n  - "203.0.113.10"\n',
      ) as string,
    });
    // The certificates of these tests are elliptic, and flags cannot say so.
    expect(forms?.flags).toMatchObject({ withheld: expect.stringContaining('RSA-2048') as string });
    expect(forms?.config).toMatchObject({
      file: expect.stringContaining('encryptionAlgorithm: "ECDSA-P256"') as string,
    });
    expect(forms?.runbook).toContain('openssl x509 -noout -checkip 203.0.113.10');
    const rsa = nodeOf(planFor(buildFacts({ keys: 'rsa' }), asking(['203.0.113.10'])), 'cp2').forms?.flags;
    expect(rsa).toMatchObject({
      alsoNames: [],
      argv: expect.arrayContaining([
        '--service-cidr=10.240.0.64/26',
        '--control-plane-endpoint=lb.example:6443',
        `--apiserver-advertise-address=${addressOf(2)}`,
      ]) as string[],
    });
  });

  test('the usual recipe would lose what only the configuration gives', () => {
    expect(nodeOf(plan, 'cp1').lostByRecipe.map(({ value }) => value)).toEqual([
      'lb.example',
      'localhost',
      '10.240.0.65',
      '127.0.0.1',
    ]);
  });

  test('what to type next begins with the command that does it', () => {
    expect(plan.next.map(({ command }) => command)).toEqual([
      'fix-sans apply --san 203.0.113.10 --san api.example.com',
      'fix-sans plan --runbooks ./runbooks',
      'fix-sans verify --san 203.0.113.10 --san api.example.com',
    ]);
  });

  test('the way out needs no change and is proven by the handshakes', () => {
    expect(plan.wayOut).toMatchObject({ name: { value: 'kubernetes' }, isProven: true });
    expect(plan.wayOut?.commands.map(({ command }) => command)).toContain(
      'curl --cacert ca.crt --connect-to kubernetes:6443:203.0.113.10:6443 https://kubernetes:6443/version',
    );
    const { probes: _, ...rest } = buildFacts();
    expect(planFor({ ...rest, probes: [] }, asking(['203.0.113.10'])).wayOut?.isProven).toBe(false);
  });

  test('is done when it is done', () => {
    const options = { certSans: ['localhost', '127.0.0.1', '203.0.113.10', 'api.example.com'] };
    expect(planFor(buildFacts(options), asking(['203.0.113.10', 'api.example.com']))).toMatchObject({
      exitCode: 0,
      durable: [],
    });
  });
});

test('S1: the ClusterIP that the certificates lack is planned without being asked for', () => {
  const healthy = buildFacts();
  const facts = ['cp1', 'cp2', 'cp3'].reduce(
    (all, name) => reissue(all, name, without(leafOf(all, name), ['10.240.0.65'])),
    healthy,
  );
  const plan = planFor(facts);
  expect(plan.exitCode).toBe(2);
  for (const node of plan.nodes) expect(valuesOf(node, 'added')).toEqual(['10.240.0.65']);
  // kubeadm computes it, so its configuration needs no word.
  expect(plan.durable).toEqual([]);
});

test('S1 behind an interceptor is planned all the same, and what was seen is said again', () => {
  const egress = leaf([], { subject: 'egress', issuer: corporateCa, names: [rawName(2, 'egress')] });
  const healthy = buildFacts();
  const facts = reissue(healthy, 'cp1', without(leafOf(healthy, 'cp1'), ['10.240.0.65']));
  const seen = {
    ...facts,
    endpoints: [{ host: '198.51.100.9', port: 6443 }],
    probes: [...facts.probes, served(egress, { host: '198.51.100.9' })],
  };
  const plan = planFor(seen);
  expect(plan.exitCode).toBe(2);
  expect(plan.findings.map(({ code }) => code)).toContain('intercepted');
  expect(plan.nodes.map(({ node, action }) => [node, action])).toEqual([
    ['cp2', 'nothing'],
    ['cp3', 'nothing'],
    ['cp1', 'reissue'],
  ]);
});

test('S4: where only an interceptor is in the way, nothing is planned, exit 8', () => {
  const egress = leaf([], { subject: 'egress', issuer: corporateCa, names: [rawName(2, 'egress')] });
  const facts = buildFacts();
  const plan = planFor({
    ...facts,
    endpoints: [{ host: '198.51.100.9', port: 6443 }],
    probes: [...facts.probes, served(egress, { host: '198.51.100.9' })],
  });
  expect(plan.exitCode).toBe(8);
  expect(plan.nodes.every(({ action }) => action === 'nothing')).toBe(true);
  expect(plan.next.length).toBeGreaterThan(0);
});

test('links are followed to the files themselves', () => {
  const facts = changeNode(
    buildFacts({ controlPlanes: 1, workers: 0, folder: 'pki' }),
    'cp1',
    ({ certificate }) => ({
      certificate: {
        ...certificate,
        path: '/etc/kubernetes/pki/apiserver.crt',
        file: {
          path: '/etc/kubernetes/pki/apiserver.crt',
          realPath: '/etc/kubernetes/ssl/apiserver.crt',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
      },
    }),
  );
  expect(factsOf(facts, 'cp1').certificate?.file?.realPath).toBe('/etc/kubernetes/ssl/apiserver.crt');
  const { forms } = nodeOf(planFor(facts, asking(['203.0.113.10'])), 'cp1');
  expect(forms?.config).toMatchObject({
    argv: [
      'kubeadm',
      'init',
      'phase',
      'certs',
      'apiserver',
      '--config=/etc/kubernetes/ssl/.fix-sans-stage/kubeadm.yaml',
    ],
  });
});
