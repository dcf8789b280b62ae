/** `verify` on three control planes by real SSH: what holds, and story S2 with each link of a pod's way broken in turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import type { Rollout } from '../../src/model/rollout.ts';
import { handshake } from '../lab/handshakes.ts';
import { probeImage } from '../lab/image.ts';
import { mint } from '../support/mint.ts';
import { applyBySsh, verifyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { stage, swap, usualRecipe } from './recipes.ts';

const get = onCluster('ha');
const inSystem = ['--namespace', 'kube-system'];

beforeAll(async () => {
  // A pod with a token on every node, whatever else the scheduler put where.
  await get().startProbes();
});

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  for (let left = 90; left > 0; left -= 1) {
    if (await isTrue()) return;
    await sleep(1000);
  }
  throw new Error(what);
}

/** A pod of its own on a node, as no controller would make it. */
async function startPod(alias: string, name: string, more: object): Promise<() => Promise<void>> {
  const cluster = get();
  const { image } = await probeImage();
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: cluster.node(alias).name,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'probe', image, imagePullPolicy: 'Never', args: ['wait'], ...mounts(more) }],
      ...more,
    },
  };
  await cluster.kubectl(['apply', '--filename', '-'], JSON.stringify(pod));
  await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout', '60s']);
  return async () => {
    await cluster.kubectl(['delete', 'pod', name, '--wait=true']);
  };
}

function mounts(more: object): object {
  return 'volumes' in more
    ? { volumeMounts: [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }
    : {};
}

test.each(['root', 'ops'] as const)('a healthy cluster holds, seen by %s', async (user) => {
  const { report, code, stderr } = await verifyBySsh(get(), { user });
  expect(stderr).toBe('');
  expect(report.gaps).toEqual([]);
  expect(report.unread).toEqual([]);
  expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'holds' });
  const clusterIp = await get().clusterIp();
  for (const { names } of report.nodes) {
    const proof = names.find(({ san }) => san.value === clusterIp);
    expect([proof?.here.outcome, proof?.node.outcome, proof?.pod.outcome]).toEqual(['good', 'good', 'good']);
  }
  expect(report.walks).toHaveLength(3);
  for (const { links } of report.walks) expect(links.filter(({ state }) => state !== 'good')).toEqual([]);
});

test('S2: CoreDNS scaled to 0', async () => {
  const { kubectl } = get();
  await kubectl([...inSystem, 'scale', 'deployment', 'coredns', '--replicas', '0']);
  try {
    await kubectl([
      ...inSystem,
      'wait',
      '--for=delete',
      'pod',
      '--selector',
      'k8s-app=kube-dns',
      '--timeout',
      '90s',
    ]);
    const { report, code } = await verifyBySsh(get(), { options: ['--walk'] });
    expect(report.walks.map(({ broken }) => broken)).toEqual(['dns', 'dns', 'dns']);
    expect(code).toBe(8);
  } finally {
    await kubectl([...inSystem, 'scale', 'deployment', 'coredns', '--replicas', '2']);
    await kubectl([...inSystem, 'rollout', 'status', 'deployment', 'coredns', '--timeout', '120s']);
  }
});

/** No node has the label, so none keeps a kube-proxy. */
function selector(value: string | null): string {
  return JSON.stringify({ spec: { template: { spec: { nodeSelector: { 'lab.example/none': value } } } } });
}

test("S2: kube-proxy's rules removed on one node", async () => {
  const cluster = get();
  // It would write them again.
  await cluster.kubectl([...inSystem, 'patch', 'daemonset', 'kube-proxy', '--patch', selector('yes')]);
  try {
    await cluster.kubectl([
      ...inSystem,
      'wait',
      '--for=delete',
      'pod',
      '--selector',
      'k8s-app=kube-proxy',
      '--timeout',
      '90s',
    ]);
    await cluster.inNode(cluster.node('cp2'), 'iptables -t nat -F KUBE-SERVICES');
    const { report, code } = await verifyBySsh(cluster, { options: ['--walk'] });
    const byNode = new Map(report.walks.map(({ node, broken }) => [node, broken]));
    expect(byNode.get(cluster.node('cp2').name)).toBe('kube-proxy');
    expect([...byNode.values()].filter((broken) => broken !== undefined)).toEqual(['kube-proxy']);
    expect(code).toBe(8);
  } finally {
    await cluster.kubectl([...inSystem, 'patch', 'daemonset', 'kube-proxy', '--patch', selector(null)]);
    await cluster.kubectl([...inSystem, 'rollout', 'status', 'daemonset', 'kube-proxy', '--timeout', '120s']);
  }
});

test('S2: one stale master, named by its address, whichever the ClusterIP leads to; after apply every link holds', async () => {
  const cluster = get();
  const clusterIp = await cluster.clusterIp();
  const stale = cluster.node('cp2');
  await cluster.inNode(stale, usualRecipe('203.0.113.10'));
  await until(
    async () => (await handshake(stale.address, 6443)).names?.includes(clusterIp) === false,
    'the damaged certificate is not served',
  );
  const { report, code } = await verifyBySsh(cluster, { options: ['--walk'] });
  expect(report.walks.map(({ broken }) => broken)).toEqual(['certificate', 'certificate', 'certificate']);
  const detail = report.walks[0]?.links.find(({ link }) => link === 'certificate')?.detail ?? '';
  expect(detail).toContain(`${stale.address}:6443`);
  for (const alias of ['cp1', 'cp3']) expect(detail).not.toContain(`${cluster.node(alias).address}:6443`);
  expect(code).toBe(2);

  const whole = await verifyBySsh(cluster);
  expect(whole.code).toBe(2);
  const missing = whole.report.nodes.flatMap(({ node, names }) =>
    names.some(({ san, pod }) => san.value === clusterIp && pod.outcome === 'missing') ? [node] : [],
  );
  expect(missing).toEqual([stale.name]);

  const { rollout, ...applied } = await applyBySsh(cluster, { options: ['--yes'] });
  expect({ code: applied.code, states: states(rollout) }, applied.stderr).toEqual({
    code: 0,
    states: cluster.controlPlanes.map((node) => [node.name, node === stale ? 'done' : 'nothing']),
  });
  const clean = await verifyBySsh(cluster, { options: ['--walk'] });
  expect(clean.code, clean.stderr).toBe(0);
  expect(clean.report.walks).toHaveLength(cluster.controlPlanes.length);
  for (const { links } of clean.report.walks)
    expect(links.map(({ link, state }) => [link, state])).toEqual([
      ['env', 'good'],
      ['token', 'good'],
      ['ca', 'good'],
      ['dns', 'good'],
      ['kube-proxy', 'good'],
      ['backends', 'good'],
      ['certificate', 'good'],
    ]);
});

function states({ nodes }: Rollout): readonly (readonly [string, string])[] {
  const all = nodes.map(({ node, state }) => [node, state] as const);
  return all.toSorted(([a], [b]) => a.localeCompare(b));
}

test("S2: the pod's CA is another one than the cluster's", async () => {
  const { kubectl } = get();
  const data = { 'ca.crt': mint({ subject: 'kubernetes', isCa: true }).pem };
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'other-ca', namespace: 'default' },
    data,
  };
  await kubectl(['apply', '--filename', '-'], JSON.stringify(map));
  const stop = await startPod('cp1', 'wrong-ca', {
    automountServiceAccountToken: false,
    volumes: [
      {
        name: 'own',
        projected: {
          sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'other-ca' } }],
        },
      },
    ],
  });
  try {
    const { report, code } = await verifyBySsh(get(), { options: ['--walk', '--pod', 'default/wrong-ca'] });
    expect(report.walks.map(({ pod, broken }) => [pod, broken])).toEqual([['wrong-ca', 'ca']]);
    expect(code).toBe(8);
  } finally {
    await stop();
    await kubectl(['delete', 'configmap', 'other-ca']);
  }
});

test('S2: a token that is not mounted', async () => {
  const stop = await startPod('cp1', 'no-token', { automountServiceAccountToken: false });
  try {
    const { report, code } = await verifyBySsh(get(), { options: ['--walk', '--pod', 'default/no-token'] });
    expect(report.walks.map(({ pod, broken }) => [pod, broken])).toEqual([['no-token', 'token']]);
    expect(code).toBe(8);
  } finally {
    await stop();
  }
});

test('--wait sees a certificate that is swapped in meanwhile, and a path that no DNS knows stays unproven', async () => {
  const cluster = get();
  const [first, ...others] = cluster.controlPlanes;
  if (first === undefined) throw new Error('no control plane');
  for (const node of others) await cluster.inNode(node, `${stage(node, ['waited.example'])}${swap}`);
  const waiting = verifyBySsh(cluster, {
    options: ['--san', 'waited.example', '--without-pods', '--wait', '40s'],
  });
  await sleep(8000);
  await cluster.inNode(first, `${stage(first, ['waited.example'])}${swap}`);
  const { report, code, stderr } = await waiting;
  expect(stderr).toContain('dns:waited.example not yet proven');
  // Nobody's DNS knows it: the certificates are right, and the path is what stays unproven.
  expect(report.gaps.map((gap) => gap.code)).toEqual(['path-not-proven']);
  expect(code).toBe(3);
});
