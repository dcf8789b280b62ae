/** What is said where nobody logged in to a node: from here, by an endpoint or a kubeconfig. */
import { describe, expect, test } from 'vitest';
import { diagnoseCluster } from '../../../src/diagnose/diagnose-cluster.ts';
import type { ClusterFacts } from '../../../src/model/cluster-facts.ts';
import { inspectReports } from '../../../src/report/index.ts';
import { ca, kubeadmNamesFor, leaf, now, served } from '../../support/facts.ts';

const host = '192.168.56.31';
const genuine = leaf(kubeadmNamesFor(1));

const alone: ClusterFacts = {
  readAt: now,
  nodes: [],
  probes: [served(genuine, { host })],
  endpoints: [{ host, port: 6443 }],
  environment: { variables: [], trustBundles: [], hostname: 'laptop' },
  wishes: [],
};

const why = 'the API answered with status 401';
const questions = ['version', 'kubeadm-config', 'service', 'endpoint-slices', 'control-planes'];
const byKubeconfig: ClusterFacts = {
  ...alone,
  endpoints: [],
  kubeconfig: {
    path: '/root/B.conf',
    context: 'b',
    server: `https://${host}:6443`,
    skipsVerification: false,
    ca: [ca.pem],
  },
  api: { readThrough: 'here', unread: questions.map((what) => ({ what, why })) },
};

function report(facts: ClusterFacts, format: 'text' | 'markdown' = 'text'): string {
  return inspectReports[format]?.(diagnoseCluster(facts), { colour: false, width: 1000 }) ?? '';
}

const firstLine = (facts: ClusterFacts): string | undefined => report(facts).split('\n')[0];

describe('a certificate was seen, and the API could not be read', () => {
  test('the first line says both, exit 3, and what to type next', () => {
    expect(firstLine(byKubeconfig)).toBe(
      `Nothing wrong is to be seen from here; the API could not be read: ${why}.`,
    );
    const { exitCode, next } = diagnoseCluster(byKubeconfig);
    expect(exitCode).toBe(3);
    expect(next.map(({ command }) => command)).toEqual([
      'kubectl --kubeconfig /root/B.conf --context b get nodes',
      'fix-sans inspect --node USER@CONTROL-PLANE',
    ]);
    expect(report(byKubeconfig)).toMatch(/\nNext\n/);
  });

  test('by the endpoint alone the API was not asked: the same words without it, exit 0', () => {
    expect(firstLine(alone)).toBe('Nothing wrong is to be seen from here.');
    expect(diagnoseCluster(alone).exitCode).toBe(0);
  });

  test('an API that told a part is not called unread', () => {
    const kubernetesService = { clusterIps: ['10.240.0.65'], port: 443 };
    const forbidden = [{ what: 'control-planes', why: 'nodes is forbidden' }];
    const api = { readThrough: 'here', kubernetesService, unread: forbidden };
    expect(firstLine({ ...byKubeconfig, api })).toBe(
      'Nothing wrong is to be seen from here; the API did not tell everything: nodes is forbidden.',
    );
  });

  test('with a node that could not be read either, the node is named', () => {
    const trouble = { code: 'timeout', message: 'm', hint: 'h', retryable: true } as const;
    const withNode: ClusterFacts = {
      ...alone,
      nodes: [
        {
          node: { name: 'cp1', role: 'control-plane', target: { via: 'ssh', host }, source: 'flag' },
          result: { state: 'unread', trouble },
        },
      ],
    };
    expect(firstLine(withNode)).toBe('Nothing wrong is to be seen from here, but cp1 could not be read.');
  });
});
