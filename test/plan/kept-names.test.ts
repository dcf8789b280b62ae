/** Nothing is dropped by itself, and what is taken away knowingly. */
import { describe, expect, test } from 'vitest';
import {
  addressOf,
  buildFacts,
  ca,
  certificateFile,
  changeNode,
  leaf,
  leafOf,
  namesOf,
  read,
  reissue,
  without,
} from '../support/facts.ts';
import { asking, named, nodeOf, planFor, valuesOf } from '../support/plans.ts';

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

    // It takes this one away for a while, so the others have to be well.
    const ill = probes.map((probe) =>
      probe.result.state === 'served' && probe.host === addressOf(2)
        ? { ...probe, result: { ...probe.result, health: { status: 500, failing: ['etcd'] } } }
        : probe,
    );
    expect(planFor({ ...healthy, probes: ill }).refusals.map(({ code }) => code)).toEqual([
      'apiserver-unhealthy',
    ]);
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
