/** What is refused as a whole, and what each refusal leaves. */
import { describe, expect, test } from 'vitest';
import type { ClusterFacts } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import type { Probe } from '../../src/model/probe.ts';
import {
  addressOf,
  buildFacts,
  changeNode,
  certificateFile,
  changeApi,
  failed,
  leaf,
  leafOf,
  namesOf,
  read,
  reissue,
} from '../support/facts.ts';
import { dns, keyPair, mint, rawName } from '../support/mint.ts';
import { asking, named, planFor } from '../support/plans.ts';

function changed(of: (node: NodeFacts) => Partial<NodeFacts>): ClusterFacts {
  return changeNode(buildFacts(), 'cp2', of);
}

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
    ['the CA key is not there (fault 20)', buildFacts({ hasCaKey: false }), 'ca-key-absent'],
    [
      'the CA has expired (fault 21)',
      changed(({ ca: file }) => ({ ca: certificateFile(file?.path ?? '', read(expiredCa)) })),
      'ca-expired',
    ],
    [
      'the CA key is another (fault 21)',
      changed(({ caKey }) => ({ caKey: { path: caKey?.path ?? '', keyFingerprint: 'ab' } })),
      'ca-mismatch',
    ],
    [
      'key and certificate do not fit',
      changed(({ key }) => ({ key: { path: key?.path ?? '', keyFingerprint: 'ab' } })),
      'pair-mismatch',
    ],
    ['the clock is off (fault 40)', changed(() => ({ clockSkewSeconds: 301 })), 'clock-skew'],
    [
      'the disk is full (fault 22)',
      changed(() => ({ pkiFolder: { ...folder, freeBytes: 4096 } })),
      'no-space',
    ],
    [
      'no inodes are left (fault 24)',
      changed(() => ({ pkiFolder: { ...folder, freeInodes: 0 } })),
      'no-space',
    ],
    [
      'the disk is read-only (fault 25)',
      changed(() => ({ pkiFolder: { ...folder, isReadOnly: true } })),
      'read-only',
    ],
    [
      'kubeadm is not there (fault 16)',
      changed(() => ({ kubeadm: undefined }) as unknown as NodeFacts),
      'kubeadm-absent',
    ],
    [
      'kubeadm lies where anybody writes (fault 16)',
      changed(() => ({ kubeadm: { path: '/tmp/kubeadm', version: '', isOddPath: true } })),
      'kubeadm-absent',
    ],
    [
      'kubeadm is too new (fault 16)',
      changed(() => ({ kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.36.0', isOddPath: false } })),
      'kubeadm-version',
    ],
    [
      'kubeadm is too old for the configuration (fault 16)',
      changed(() => ({ kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.30.0', isOddPath: false } })),
      'kubeadm-version',
    ],
    [
      'another API server is not ready, since its etcd is not (fault 49)',
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
      'another API server does not say in time whether it is ready (fault 48)',
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
      'another API server is down (fault 48)',
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
                  faults: [
                    { path: 'apiServer.certSANs', line: 3, column: 13, fault: 'is a string, not a list' },
                  ],
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
                  trouble: {
                    code: 'timeout' as const,
                    message: 'no answer',
                    hint: 'look at it',
                    retryable: true,
                  },
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

  test('where all nodes agree it is the clock of this machine that is off (fault 41)', () => {
    const healthy = buildFacts();
    const off = healthy.nodes.reduce<ClusterFacts>(
      (facts, { node }, index) =>
        changeNode(facts, node.name, () => ({ clockSkewSeconds: -31_536_000 + index })),
      healthy,
    );
    const refusals = planFor(off, wish).refusals.filter(({ code }) => code === 'clock-skew');
    expect(refusals.map(({ node }) => node)).toEqual(['cp1', 'cp2', 'cp3']);
    for (const { detail, remedy } of refusals) {
      expect(detail).toContain('the clock of this machine is 3153');
      expect(remedy).toContain('set the clock of this machine');
    }
    const one = planFor(
      changed(() => ({ clockSkewSeconds: 301 })),
      wish,
    ).refusals;
    expect(one.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('its clock is 301 seconds off'),
    ]);
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
