/** What a plan is bound to: whatever of that changes is told by name, and what was not known once is no change. */
import { expect, test } from 'vitest';
import { diagnoseCluster } from '../../src/diagnose/diagnose-cluster.ts';
import type { ApiFacts } from '../../src/model/api-facts.ts';
import type { ClusterFacts, ReadNode } from '../../src/model/cluster-facts.ts';
import type { NodeFacts } from '../../src/model/node-facts.ts';
import type { Bound } from '../../src/model/plan.ts';
import { boundTo, changedSince } from '../../src/plan/bound.ts';
import { subjectsOf } from '../../src/plan/subject.ts';
import {
  buildFacts,
  ca,
  certificateFile,
  changeApi,
  changeNode,
  leaf,
  leafOf,
  namesOf,
  onDisk,
  otherCa,
  read,
  reissue,
} from '../support/facts.ts';

// Signatures differ each time, so all start from the same certificates.
const three = keyed(buildFacts({ controlPlanes: 3, workers: 0 }), 'SHA256:known');
const healthy = { ...three, nodes: three.nodes.filter(({ node }) => node.name !== 'cp3') };
const longer = { notAfter: '20280101000000Z' };

function keyed(facts: ClusterFacts, hostKeyFingerprint: string): ClusterFacts {
  const connection = { transport: 'ssh2', through: [], hostKeyFingerprint };
  return { ...facts, nodes: facts.nodes.map((one) => ({ ...one, connection })) };
}

/** The node that plans for itself needs no SSH. */
function unconnected(facts: ClusterFacts): ClusterFacts {
  return { ...facts, nodes: facts.nodes.map(({ node, result }): ReadNode => ({ node, result })) };
}

/** cp1 as it was read where these could not be read. */
function lacking(facts: ClusterFacts, ...keys: readonly (keyof NodeFacts)[]): ClusterFacts {
  const nodes = facts.nodes.map((one): ReadNode => {
    if (one.node.name !== 'cp1' || one.result.state !== 'read') return one;
    const rest = Object.entries(one.result.facts).filter(([key]) => !keys.some((other) => other === key));
    return { ...one, result: { state: 'read', facts: Object.fromEntries(rest) as unknown as NodeFacts } };
  });
  return { ...facts, nodes };
}

/** An API that says nothing of kubeadm-config, or does not answer at all. */
function configless({ api, ...facts }: ClusterFacts, isAnswering: boolean): ClusterFacts {
  if (api === undefined || !isAnswering) return facts;
  const { kubeadmConfig: _, ...rest } = api;
  return { ...facts, api: rest satisfies ApiFacts };
}

function bind(facts: ClusterFacts): Bound {
  const inspection = diagnoseCluster(facts);
  return boundTo(inspection, subjectsOf(inspection));
}

function since(before: ClusterFacts, after: ClusterFacts): readonly string[] {
  return changedSince(bind(before), diagnoseCluster(after));
}

function certificateOf(name: string): string {
  return leafOf(healthy, name).fingerprint;
}

test('a plan says of each control plane which pair, CA, host key and kubeadm it was made for', () => {
  const common = { ca: read(ca).fingerprint, hostKey: 'SHA256:known', kubeadmVersion: 'v1.34.1' };
  expect(bind(healthy)).toStrictEqual({
    nodes: ['cp1', 'cp2'].map((node) => ({
      node,
      certificate: certificateOf(node),
      served: certificateOf(node),
      ...common,
    })),
    kubeadmConfigVersion: '1',
  });
});

test('what could not be read is said to be none, or left out', () => {
  const one = { ...unconnected(healthy), nodes: unconnected(healthy).nodes.slice(0, 1), probes: [] };
  const nothing = { nodes: [{ node: 'cp1', certificate: 'none', ca: 'none' }] };
  const bare = lacking(one, 'certificate', 'ca', 'kubeadm');
  expect(bind(configless(bare, true))).toStrictEqual(nothing);
  expect(bind(configless(bare, false))).toStrictEqual(nothing);
});

test.each<[string, ClusterFacts, readonly string[]]>([
  ['nothing', healthy, []],
  [
    'another certificate',
    reissue(healthy, 'cp2', leaf(namesOf(leafOf(healthy, 'cp2')), longer)),
    ['the certificate on disk of cp2', 'the served certificate of cp2'],
  ],
  [
    'another certificate that is not served yet',
    onDisk(healthy, 'cp2', leaf(namesOf(leafOf(healthy, 'cp2')), longer)),
    ['the certificate on disk of cp2'],
  ],
  ['no certificate any more', lacking(healthy, 'certificate'), ['the certificate on disk of cp1']],
  [
    'another CA',
    changeNode(healthy, 'cp1', ({ ca: old }) => ({ ca: certificateFile(old?.path ?? '', read(otherCa)) })),
    ['the CA of cp1'],
  ],
  ['no CA any more', lacking(healthy, 'ca'), ['the CA of cp1']],
  [
    'another host key',
    keyed(healthy, 'SHA256:other'),
    ['cp1', 'cp2'].map((one) => `the SSH host key of ${one}`),
  ],
  [
    'another kubeadm',
    changeNode(healthy, 'cp1', () => ({
      kubeadm: { path: '/usr/bin/kubeadm', version: 'v1.34.2', isOddPath: false },
    })),
    ['the version of kubeadm of cp1'],
  ],
  ['no kubeadm any more', lacking(healthy, 'kubeadm'), ['the version of kubeadm of cp1']],
  [
    'kubeadm-config',
    changeApi(healthy, ({ kubeadmConfig }) =>
      kubeadmConfig === undefined ? {} : { kubeadmConfig: { ...kubeadmConfig, resourceVersion: '2' } },
    ),
    ['kubeadm-config'],
  ],
  ['no kubeadm-config any more', configless(healthy, true), ['kubeadm-config']],
  [
    'a node is gone',
    { ...healthy, nodes: healthy.nodes.filter(({ node }) => node.name !== 'cp2') },
    ['cp2 is no longer there or could not be read'],
  ],
  ['a node is new', three, ['cp3 is new']],
])('what has changed is told: %s', (_, after, changes) => {
  expect(since(healthy, after)).toEqual(changes);
});

test.each<[string, ClusterFacts, readonly string[]]>([
  ['there was no certificate', lacking(healthy, 'certificate'), ['the certificate on disk of cp1']],
  ['there was no CA', lacking(healthy, 'ca'), ['the CA of cp1']],
  ['there was no kubeadm', lacking(healthy, 'kubeadm'), ['the version of kubeadm of cp1']],
  ['there was no kubeadm-config', configless(healthy, true), ['kubeadm-config']],
])('what is there only now is a change: %s', (_, before, changes) => {
  expect(since(before, healthy)).toEqual(changes);
  expect(since(before, before)).toEqual([]);
});

test.each([
  ['host key', unconnected(healthy)],
  ['served certificate', { ...healthy, probes: [] }],
])('a %s that was seen only once has not changed', (_, unseen) => {
  expect(since(unseen, healthy)).toEqual([]);
  expect(since(healthy, unseen)).toEqual([]);
  expect(since(unseen, unseen)).toEqual([]);
});
