/** `inspect` on story S3's cluster by real SSH: the VIP is a suggestion, the names added by hand are seen before a re-issue loses them. */
import { beforeAll, expect, test } from 'vitest';
import { golden } from './golden.ts';
import { inspectBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('kubespray');
let vip = '';

beforeAll(async () => {
  const cluster = get();
  await cluster.startProbes();
  vip = await cluster.kubectl([
    'get',
    'service',
    'apiserver-loadbalancer',
    '-n',
    'kube-system',
    '-o',
    'jsonpath={.status.loadBalancer.ingress[0].ip}',
  ]);
});

test.each(['root', 'ops'] as const)('the traps of kubespray are told to %s', async (user) => {
  const { report, code } = await inspectBySsh(get(), { user });
  await expect(golden(get(), report, { [vip]: 'VIP' })).toMatchFileSnapshot('golden/kubespray.json');
  expect(code).toBe(2);
});

test('the VIP and the names that are in no configuration are found without being named', async () => {
  const { report } = await inspectBySsh(get());
  expect(report.suggestions.map(({ san }) => san.value)).toEqual([vip]);
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      code: 'config-drift',
      args: { names: expect.arrayContaining(['198.51.100.7', 'k8s.hand-added.example']) as string[] },
    }),
  );
});

test('asked for the VIP, every control plane lacks it, and a name that works at once is offered', async () => {
  const cluster = get();
  const { report, code } = await inspectBySsh(cluster, { options: ['--san', vip] });
  expect(code).toBe(2);
  const missing = report.findings.flatMap((one) => (one.code === 'san-missing' ? [one] : []));
  expect(missing.map(({ node, args }) => [node, args.names])).toEqual(
    cluster.controlPlanes.map(({ name }) => [name, [vip]]),
  );
  expect(report.suggestions).toEqual([]);
});

test('nodes listed by the API, workers too: the nginx-proxy of a worker and its upstreams', async () => {
  const cluster = get();
  const { report } = await inspectBySsh(cluster, {
    nodes: ['--kubeconfig', cluster.kubeconfig, '--workers'],
  });
  await expect(golden(cluster, report, { [vip]: 'VIP' })).toMatchFileSnapshot(
    'golden/kubespray-by-kubeconfig.json',
  );
  const worker = report.facts.nodes.find(({ node }) => node.role === 'worker');
  if (worker?.result.state !== 'read') throw new Error('the worker was not read');
  expect(worker.result.facts.loadBalancers).toMatchObject([
    { kind: 'nginx', backends: cluster.controlPlanes.map(({ address }) => ({ host: address, port: 6443 })) },
  ]);
});
