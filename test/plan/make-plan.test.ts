/** What is planned for a cluster, and what is refused: each story and each refusal with its way out. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import type { Probe } from '../../src/model/probe.ts';
import {
  addressOf,
  buildFacts,
  ca,
  certificateFile,
  changeApi,
  changeNode,
  corporateCa,
  factsOf,
  failed,
  kubeadmNamesFor,
  leaf,
  leafOf,
  namesOf,
  read,
  reissue,
  served,
  without,
} from '../support/facts.ts';
import { dns, keyPair, mint, rawName } from '../support/mint.ts';
import { asking, named, nodeOf, planFor, valuesOf } from '../support/plans.ts';

function changed(of: (node: NodeFacts) => Partial<NodeFacts>): ClusterFacts {
  return changeNode(buildFacts(), 'cp2', of);
}

function withoutApi(all: ClusterFacts): ClusterFacts {
  const { api: _, ...facts } = all;
  return facts;
}

function tenYears(facts: ClusterFacts): ClusterFacts {
  return reissue(facts, 'cp1', leaf(namesOf(leafOf(facts, 'cp1')), { notAfter: '20340601000000Z' }));
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

describe('nothing is dropped by itself', () => {
  test('a name of one node alone stays there, and how it would be lost is said', () => {
    const healthy = buildFacts();
    const facts = reissue(healthy, 'cp2', leaf([...namesOf(leafOf(healthy, 'cp2')), 'old.example']));
    const plan = planFor(facts, asking(['203.0.113.10']));
    expect(valuesOf(nodeOf(plan, 'cp2'), 'kept')).toContain('old.example');
    expect(valuesOf(nodeOf(plan, 'cp1'))).not.toContain('old.example');
    expect(plan.durable).toContainEqual(
      expect.objectContaining({
        kind: 'advice',
        about: 'one-node-only',
        where: 'cp2',
        text: 'dns:old.example',
      }),
    );
    expect(nodeOf(plan, 'cp2').forms?.config).toMatchObject({
      file: expect.stringContaining('"old.example"') as string,
    });
  });

  test('a name of all of them that nothing gives comes into kubeadm-config', () => {
    const facts = buildFacts({ extraNames: ['by-hand.example'] });
    const plan = planFor(facts);
    expect(plan.nodes.every(({ action }) => action === 'nothing')).toBe(true);
    expect(plan.exitCode).toBe(2);
    expect(plan.durable).toMatchObject([{ kind: 'kubeadm-config', names: [{ value: 'by-hand.example' }] }]);
  });

  test('what is still served and no longer on disk counts as there', () => {
    const healthy = buildFacts();
    const lost = without(leafOf(healthy, 'cp1'), ['lb.example', 'localhost']);
    const facts = changeNode(healthy, 'cp1', (node) => ({
      certificate: certificateFile(node.certificate?.path ?? '', lost),
      key: { path: node.key?.path ?? '', keyFingerprint: lost.keyFingerprint },
    }));
    const node = nodeOf(planFor(facts), 'cp1');
    expect(node.action).toBe('reissue');
    expect(valuesOf(node, 'kept')).toEqual(expect.arrayContaining(['lb.example', 'localhost']));
  });

  test('a certificate that is right on disk and not taken needs a restart, no signature', () => {
    const healthy = buildFacts();
    const old = without(leafOf(healthy, 'cp1'), ['lb.example']);
    const probes = healthy.probes.map((probe) =>
      probe.result.state === 'served' && probe.host === addressOf(1)
        ? { ...probe, result: { ...probe.result, chain: [old] } }
        : probe,
    );
    const plan = planFor({ ...healthy, probes });
    expect(nodeOf(plan, 'cp1')).toMatchObject({ action: 'restart', reasons: ['not-reloaded'] });
    expect(plan.exitCode).toBe(2);
  });
});

describe('--remove', () => {
  test('takes a name away where it is, and out of kubeadm-config', () => {
    const plan = planFor(
      buildFacts({ certSans: ['localhost', '127.0.0.1', 'gone.example'] }),
      asking([], { removals: [named('gone.example')] }),
    );
    expect(plan.exitCode).toBe(2);
    const node = nodeOf(plan, 'cp1');
    expect(valuesOf(node, 'removed')).toEqual(['gone.example']);
    expect(plan.durable).toMatchObject([
      { kind: 'kubeadm-config', names: [], removed: [{ value: 'gone.example' }] },
    ]);
    const change = plan.durable[0];
    expect(change?.kind === 'kubeadm-config' && change.after).not.toContain('gone.example');
    expect(node.forms?.config).toMatchObject({ file: expect.not.stringContaining('gone.example') as string });
  });

  test('is refused where kubeadm would write it again, or where somebody dials it', () => {
    const plan = planFor(buildFacts(), asking([], { removals: [named('kubernetes'), named('lb.example')] }));
    expect(plan.exitCode).toBe(7);
    expect(plan.refusals.map(({ code, detail }) => [code, detail.split(' ')[0]])).toEqual([
      ['removal-breaks', 'dns:kubernetes'],
      ['removal-breaks', 'dns:lb.example'],
    ]);
  });

  test('what somebody dials needs to be said twice', () => {
    const facts = changeNode(buildFacts({ certSans: ['dialled.example'] }), 'cp1', (node) => ({
      kubeconfigs: [
        ...node.kubeconfigs,
        {
          path: '/etc/kubernetes/admin.conf',
          servers: ['https://dialled.example:6443'],
          caFingerprints: [read(ca).fingerprint],
        },
      ],
    }));
    const removals = [named('dialled.example')];
    const refused = planFor(facts, asking([], { removals }));
    expect(refused.refusals).toMatchObject([
      { code: 'removal-breaks', remedy: expect.stringContaining('--accept-breakage') as string },
    ]);
    const plan = planFor(facts, asking([], { removals, accepted: { breakage: true } }));
    expect(plan.exitCode).toBe(2);
    expect(nodeOf(plan, 'cp2').names[0]).toMatchObject({ fate: 'removed', breaks: ['remote-kubectl'] });
    expect(plan.risks.map(({ code }) => code)).toContain('breaks');
  });
});

describe('refusals, exit 7', () => {
  const wish = asking(['203.0.113.10']);
  const expiredCa = mint({
    subject: 'kubernetes',
    isCa: true,
    key: keyPair('ec', 10),
    notBefore: '20160601000000Z',
    notAfter: '20260601000000Z',
  });
  const folder = {
    path: '/etc/kubernetes/pki',
    realPath: '/etc/kubernetes/pki',
    freeBytes: 1e9,
    freeInodes: 1e6,
    isReadOnly: false,
    fileSystem: 'ext4',
  };
  test.each<readonly [string, ClusterFacts, string]>([
    ['the CA key is not there', buildFacts({ hasCaKey: false }), 'ca-key-absent'],
    [
      'the CA has expired',
      changed(({ ca: file }) => ({ ca: certificateFile(file?.path ?? '', read(expiredCa)) })),
      'ca-expired',
    ],
    [
      'the CA key is another',
      changed(({ caKey }) => ({ caKey: { path: caKey?.path ?? '', keyFingerprint: 'ab' } })),
      'ca-mismatch',
    ],
    [
      'key and certificate do not fit',
      changed(({ key }) => ({ key: { path: key?.path ?? '', keyFingerprint: 'ab' } })),
      'pair-mismatch',
    ],
    ['the clock is off', changed(() => ({ clockSkewSeconds: 301 })), 'clock-skew'],
    ['the disk is full', changed(() => ({ pkiFolder: { ...folder, freeBytes: 4096 } })), 'no-space'],
    ['no inodes are left', changed(() => ({ pkiFolder: { ...folder, freeInodes: 0 } })), 'no-space'],
    ['the disk is read-only', changed(() => ({ pkiFolder: { ...folder, isReadOnly: true } })), 'read-only'],
    [
      'kubeadm is not there',
      changed(() => ({ kubeadm: undefined }) as unknown as NodeFacts),
      'kubeadm-absent',
    ],
    [
      'kubeadm lies where anybody writes',
      changed(() => ({ kubeadm: { path: '/tmp/kubeadm', version: '', isOddPath: true } })),
      'kubeadm-absent',
    ],
    [
      'kubeadm is too new',
      changed(() => ({ kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.36.0', isOddPath: false } })),
      'kubeadm-version',
    ],
    [
      'kubeadm is too old for the configuration',
      changed(() => ({ kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.30.0', isOddPath: false } })),
      'kubeadm-version',
    ],
    [
      'another API server is not ready, since its etcd is not',
      {
        ...buildFacts(),
        probes: buildFacts().probes.map((probe): Probe =>
          probe.host === addressOf(2) && probe.result.state === 'served'
            ? { ...probe, result: { ...probe.result, health: { status: 500, failing: ['etcd'] } } }
            : probe,
        ),
      },
      'apiserver-unhealthy',
    ],
    [
      'another API server does not say in time whether it is ready',
      {
        ...buildFacts(),
        probes: buildFacts().probes.map((probe): Probe =>
          probe.host === addressOf(2) && probe.result.state === 'served'
            ? { ...probe, result: { ...probe.result, health: { failing: [] } } }
            : probe,
        ),
      },
      'apiserver-unhealthy',
    ],
    [
      'another API server is down',
      {
        ...buildFacts(),
        probes: buildFacts().probes.map((probe) =>
          probe.host === addressOf(2) ? failed('refused', probe) : probe,
        ),
      },
      'apiserver-unhealthy',
    ],
    [
      'another tool owns the cluster',
      changed(() => ({
        distributions: [{ distribution: 'cluster-api', evidence: '/run/kubeadm/kubeadm.yaml' }],
      })),
      'other-tool',
    ],
    ['a run is not at its end', changed(() => ({ unfinishedRuns: ['r1'] })), 'unfinished-run'],
    [
      'the configuration has a fault',
      changeApi(buildFacts(), ({ kubeadmConfig }) =>
        kubeadmConfig === undefined
          ? {}
          : {
              kubeadmConfig: {
                ...kubeadmConfig,
                configuration: {
                  ...kubeadmConfig.configuration,
                  faults: [{ path: 'apiServer.certSANs', line: 3, fault: 'is a string, not a list' }],
                },
              },
            },
      ),
      'kubeadm-config-fault',
    ],
    [
      'kubeadm would refuse a name of its own list',
      buildFacts({ certSans: ['UPPER.example'] }),
      'kubeadm-config-fault',
    ],
    [
      'a control plane could not be read',
      {
        ...buildFacts(),
        nodes: buildFacts().nodes.map((one) =>
          one.node.name === 'cp2'
            ? {
                ...one,
                result: {
                  state: 'unread' as const,
                  trouble: { code: 'timeout' as const, message: 'no answer', hint: '', retryable: true },
                },
              }
            : one,
        ),
      },
      'not-read',
    ],
    [
      'a control plane was not named',
      { ...buildFacts(), nodes: buildFacts().nodes.filter(({ node }) => node.name !== 'cp2'), probes: [] },
      'not-read',
    ],
  ])('%s', (_, facts, code) => {
    const plan = planFor(facts, wish);
    expect(plan.refusals.map((one) => one.code)).toContain(code);
    expect(plan.exitCode).toBe(7);
    expect(plan.refusals.every(({ remedy }) => remedy !== '')).toBe(true);
    expect(plan.nodes.every(({ forms }) => forms === undefined)).toBe(true);
  });

  test('without the CA key the signing request has every name', () => {
    const [refusal] = planFor(buildFacts({ hasCaKey: false }), wish).refusals;
    expect(refusal?.commands[0]?.command).toContain('DNS:lb.example');
    expect(refusal?.commands[0]?.command).toContain('IP:203.0.113.10');
    expect(refusal?.commands[0]?.command).toContain('-key /etc/kubernetes/pki/apiserver.key');
  });

  test('names that kubeadm cannot write, unless told', () => {
    const healthy = buildFacts();
    const odd = leaf([], {
      names: [
        ...namesOf(leafOf(healthy, 'cp1'))
          .map((name) => (named(name).type === 'ip' ? { type: 7, value: '' } : dns(name)))
          .filter((one) => !('type' in one)),
        rawName(6, 'spiffe://x'),
      ] as never,
    });
    const facts = reissue(healthy, 'cp1', odd);
    expect(planFor(facts, wish).refusals).toMatchObject([{ code: 'unsupported-names', node: 'cp1' }]);
    const told = planFor(facts, asking(['203.0.113.10'], { accepted: { lostNames: true } }));
    expect(told.exitCode).toBe(2);
    expect(told.risks.map(({ code }) => code)).toContain('lost-names');
  });

  test('of three control planes one may be left out knowingly', () => {
    const facts = { ...buildFacts(), nodes: buildFacts().nodes.filter(({ node }) => node.name !== 'cp2') };
    const plan = planFor(facts, asking(['203.0.113.10'], { accepted: { uninspected: true } }));
    expect(plan.exitCode).toBe(2);
    expect(plan.risks.map(({ code }) => code)).toContain('not-inspected');
  });
});

describe('names that were asked for', () => {
  test.each([
    [
      'a name for every address',
      { special: 'unspecified-address' as const },
      'name-refused',
      '--accept-special-names',
      { specialNames: true },
    ],
    [
      'a name out of a text',
      { from: 'text' as const },
      'unconfirmed-name',
      '--yes-names',
      { pastedNames: true },
    ],
  ])('%s needs a word more', (_, how, code, flag, accepted) => {
    const wishes = [{ san: named('203.0.113.10'), from: 'flag' as const, ...how }];
    const refused = planFor(buildFacts(), asking([], { wishes }));
    expect(refused).toMatchObject({
      exitCode: 7,
      refusals: [{ code, remedy: expect.stringContaining(flag) as string }],
    });
    expect(planFor(buildFacts(), asking([], { wishes, accepted }))).toMatchObject({
      exitCode: 2,
      refusals: [],
    });
  });

  test.each([
    [['203.0.113.0/24'], 2],
    [['*.example.com'], 7],
    [[], 7],
    [['203.0.113.10'], 2],
  ])('the policy %j ends with %i', (allow, exitCode) => {
    expect(planFor(buildFacts(), asking(['203.0.113.10'], { policy: { allow } })).exitCode).toBe(exitCode);
  });

  test('a policy vouches for what was pasted, at any depth below its wildcard', () => {
    const wishes = [{ san: named('a.b.example.com'), from: 'text' as const }];
    expect(planFor(buildFacts(), asking([], { wishes, policy: { allow: ['*.example.com'] } })).exitCode).toBe(
      2,
    );
  });

  test('the policy has a largest number', () => {
    const plan = planFor(buildFacts(), asking(['203.0.113.10'], { policy: { atMost: 10 } }));
    expect(plan.refusals.map(({ code }) => code)).toEqual([
      'too-many-names',
      'too-many-names',
      'too-many-names',
    ]);
  });

  test('one on which another server answers is refused, unless told', () => {
    const other = leaf(['ingress.local', 'shop.example.com'], { issuer: corporateCa });
    const facts = {
      ...buildFacts(),
      probes: [...buildFacts().probes, served(other, { host: '203.0.113.10' })],
    };
    expect(planFor(facts, asking(['203.0.113.10'])).refusals).toMatchObject([{ code: 'name-elsewhere' }]);
    const plan = planFor(facts, asking(['203.0.113.10'], { accepted: { answeredNames: true } }));
    expect(plan.exitCode).toBe(2);
    expect(plan.risks.map(({ code }) => code)).toContain('answered-elsewhere');
  });

  test('a text whose cause is another one leaves nothing to plan, exit 8', () => {
    const leftOut = [{ name: '193.164.155.89', why: 'something between client and API server answers' }];
    expect(planFor(buildFacts(), asking([], { leftOut }))).toMatchObject({ exitCode: 8, leftOut });
  });
});

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

  test('one control plane is said to be one', () => {
    const plan = planFor(buildFacts({ controlPlanes: 1, workers: 0 }), asking(['203.0.113.10']));
    expect(plan.risks.map(({ code }) => code)).toEqual(['single-control-plane']);
    expect(plan.order).toBe('there is one control plane');
  });
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
