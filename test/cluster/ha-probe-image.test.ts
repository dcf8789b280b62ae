/** `verify --probe-image` on three real control planes: pods where there are none, of the nodes' own pause image, and none of them left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Verification } from '../../src/model/verification.ts';
import { verifyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('ha');
const inSystem = ['--namespace', 'kube-system'];
const selector = 'app.kubernetes.io/managed-by=fix-sans';
let image: string;
let bare: readonly string[];

beforeAll(async () => {
  const cluster = get();
  const names = await cluster.inNode(cluster.node('cp1'), 'ctr --namespace k8s.io images ls -q');
  image = names.split('\n').find((name) => /^registry\.k8s\.io\/pause:[\d.]+$/.test(name)) ?? '';
  // What an earlier test had started on every node, to look from.
  await cluster.kubectl(['delete', 'daemonset', 'lab-probe', '--ignore-not-found']);
  await cluster.kubectl(['wait', '--for=delete', 'pod', '--selector', 'app=lab-probe', '--timeout', '60s']);
  const pods = await cluster.kubectl(['get', 'pods', '--all-namespaces', '--output', 'json']);
  const { items } = JSON.parse(pods) as {
    items: readonly { spec: { nodeName: string; hostNetwork?: boolean } }[];
  };
  const served = new Set(
    items.filter(({ spec }) => spec.hostNetwork !== true).map(({ spec }) => spec.nodeName),
  );
  bare = cluster.controlPlanes.map(({ name }) => name).filter((name) => !served.has(name));
});
afterEach(async () => {
  const left = await ours();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

async function ours(): Promise<readonly string[]> {
  const text = await get().kubectl([
    'get',
    'pods',
    '--all-namespaces',
    '--selector',
    selector,
    '--output',
    'name',
  ]);
  return text.split('\n').filter((name) => name !== '');
}

/** Everything is right but what is said of pods. */
function details({ gaps }: Verification): readonly string[] {
  return gaps.map(({ code, detail }) => `${code}: ${detail}`);
}

test('the cluster has what this needs: a pause image, and a control plane without a pod', () => {
  expect(image).toMatch(/^registry\.k8s\.io\/pause:/);
  expect(bare.length).toBeGreaterThan(0);
});

test.each(['root', 'ops'] as const)(
  'each bare node gets one, all is proven from it, seen by %s',
  async (user) => {
    const { report, code } = await verifyBySsh(get(), { user, options: ['--probe-image', image] });
    expect(details(report)).toEqual([]);
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'holds' });
    expect(new Map(report.probePods.map(({ node, end, why }) => [node, why ?? end]))).toEqual(
      new Map(bare.map((node) => [node, 'gone'])),
    );
    expect(report.leftPods).toEqual([]);
    const walked = report.walks.filter(({ pod }) => report.probePods.some((one) => one.pod === pod));
    expect(walked).toHaveLength(bare.length);
    for (const { links } of walked) expect(links.filter(({ state }) => state !== 'good')).toEqual([]);
  },
);

test('a namespace that enforces the restricted standard takes it', async () => {
  const label = ['label', 'namespace', 'kube-system'];
  await get().kubectl([...label, 'pod-security.kubernetes.io/enforce=restricted']);
  try {
    const { report, code } = await verifyBySsh(get(), { options: ['--probe-image', image] });
    expect(details(report)).toEqual([]);
    expect(code).toBe(0);
  } finally {
    await get().kubectl([...label, 'pod-security.kubernetes.io/enforce-']);
  }
});

test('a quota that is used up: what the API server says, and exit 3', async () => {
  await get().kubectl([...inSystem, 'create', 'quota', 'no-more', '--hard=pods=0']);
  try {
    // It counts what is there first, and refuses meanwhile as well.
    await sleep(2000);
    const { report, code } = await verifyBySsh(get(), { options: ['--probe-image', image] });
    expect(report.gaps.map((gap) => gap.code)).toEqual(bare.map(() => 'probe-pod'));
    expect(report.gaps[0]?.detail).toMatch(
      /^not proven from a pod: the API server refuses the pod: pods "fix-sans-probe-[0-9a-f]{16}" is forbidden: (?:exceeded quota|status unknown for quota): no-more/,
    );
    expect(report.probePods.map(({ end }) => end)).toEqual(bare.map(() => 'never-made'));
    expect(code).toBe(3);
  } finally {
    await get().kubectl([...inSystem, 'delete', 'quota', 'no-more']);
  }
});

test('an image that is nowhere: kubelet says so, exit 3', async () => {
  const { report, code } = await verifyBySsh(get(), {
    options: ['--probe-image', '127.0.0.1:1/none/none:1'],
  });
  expect(report.gaps.map((gap) => gap.code)).toEqual(bare.map(() => 'probe-pod'));
  expect(report.gaps[0]?.detail).toMatch(/^not proven from a pod: its image cannot be pulled \(\w+\): /);
  expect(report.probePods.map(({ end }) => end)).toEqual(bare.map(() => 'gone'));
  expect(code).toBe(3);
});

test.each([0, 300, 1000, 2500])('Ctrl-C %i ms after it begins to make one: it is gone', async (later) => {
  const stopper = new AbortController();
  const stopped = verifyBySsh(get(), {
    options: ['--probe-image', image],
    stop: stopper.signal,
    onTalk: (text) => {
      if (text.includes('making a pod on')) setTimeout(() => stopper.abort(new Error('stopped')), later);
    },
  });
  await expect(stopped).rejects.toThrow('stopped');
});
