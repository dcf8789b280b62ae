/** `verify --probe-image` against simulated nodes without a pod: one is made to look from, and none is left, whatever happens. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { Verification } from '../../src/model/verification.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { openSimulatedNode, openSimulatedPodMaker } from '../support/simulated-cli.ts';
import { type KubeletOptions, type Kubelets, startKubelets, waiting } from '../support/simulated-kubelet.ts';
import { leadTo, object, setDns, startPod, stopPod } from '../support/simulated-pod.ts';

const clusterIp = '10.240.0.65';
const dnsAddress = '10.240.0.74';
const image = 'registry.k8s.io/pause:3.10';
const podsPath = '/api/v1/namespaces/kube-system/pods';

let simulation: Simulation;
let dns: DnsServer;
let folder: string;
let kubelets: Kubelets | undefined;
let against: string | undefined;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, serviceSubnet: '10.240.0.64/26', admit: () => against });
  dns = await startDnsServer(first().api.host, [clusterIp]);
  setDns(simulation, dnsAddress, ['10.240.9.9']);
});
afterAll(async () => {
  await simulation.stop();
  await dns.stop();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-probe-image-'));
  for (const node of simulation.nodes)
    leadTo(node, {
      [`${clusterIp}:443`]: `${first().api.host}:${first().api.port}`,
      [dnsAddress]: dns.host,
      '10.240.9.9': dns.host,
      '53': String(dns.port),
    });
});
afterEach(() => {
  kubelets?.stop();
  kubelets = undefined;
  against = undefined;
  for (const name of podNames()) simulation.objects.forget(`${podsPath}/${name}`);
  for (const node of simulation.nodes) for (const pid of ['500', '700']) stopPod(node, { pid });
  rmSync(folder, { recursive: true });
});

function first(): SimulatedNode {
  const [node] = simulation.nodes;
  if (node === undefined) throw new Error('no nodes');
  return node;
}

function podNames(): readonly string[] {
  const { items } = simulation.objects.get(podsPath) as { items: readonly { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

function tend(options: Omit<KubeletOptions, 'serviceHost'> = {}): void {
  kubelets = startKubelets(simulation, { serviceHost: clusterIp, ...options });
}

interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function verify(
  args: readonly string[],
  more: { readonly stop?: () => AbortSignal; readonly onTalk?: (text: string) => void } = {},
): Promise<Told> {
  let stdout = '';
  let stderr = '';
  const nodes = targetsOf(simulation).map((target) => `--node=${target}`);
  const code = await run(['verify', ...nodes, ...loginFlags(simulation), ...args], {
    stdin: Object.assign(process.stdin, { isTTY: false }),
    stdout: { write: (text) => (stdout += text) },
    stderr: {
      write: (text) => {
        stderr += text;
        more.onTalk?.(text);
      },
    },
    env: { HOME: folder },
    openNode: openSimulatedNode,
    openPodMaker: openSimulatedPodMaker,
    ...(more.stop && { stop: more.stop }),
  });
  return { code, stdout, stderr };
}

async function verified(...args: readonly string[]): Promise<Verification> {
  const { code, stdout, stderr } = await verify([`--probe-image=${image}`, '--format=json', ...args]);
  if (stdout === '') throw new Error(stderr);
  const told = JSON.parse(stdout) as Verification;
  expect(told.exitCode).toBe(code);
  return told;
}

describe('where no node has a pod', () => {
  test('each gets one, it is looked from, and it is gone: exit 0', async () => {
    tend();
    const told = await verified();
    expect(told.gaps).toEqual([]);
    expect(told.unread).toEqual([]);
    expect({ code: told.exitCode, verdict: told.verdict }).toEqual({ code: 0, verdict: 'holds' });
    expect(told.probePods.map(({ node, end, why, image: of }) => [node, end, why, of])).toEqual(
      simulation.nodes.map(({ name }) => [name, 'gone', undefined, image]),
    );
    expect(told.walks.map(({ pod }) => pod)).toEqual(told.probePods.map(({ pod }) => pod));
    for (const { links } of told.walks) expect(links.filter(({ state }) => state !== 'good')).toEqual([]);
    expect(podNames()).toEqual([]);
    expect(new Set(told.probePods.map(({ pod }) => pod)).size).toBe(2);
  });

  test('what is made is tied to its node, has no rights to speak of, and ends by itself', async () => {
    tend();
    await verified();
    const [made] = kubelets?.seen ?? [];
    expect(made?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'fix-sans' });
    expect(made?.['spec']).toMatchObject({
      nodeName: 'cp1',
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          image,
          imagePullPolicy: 'IfNotPresent',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    });
    const { activeDeadlineSeconds } = (made?.['spec'] ?? {}) as { activeDeadlineSeconds?: number };
    expect(activeDeadlineSeconds).toBeGreaterThan(60);
  });

  test('the text says that pods were made, where, and that they are gone', async () => {
    tend();
    const { stdout, stderr, code } = await verify([`--probe-image=${image}`]);
    const flat = stdout.replaceAll(/\s+/g, ' ');
    expect(flat).toContain('2 pods were made to look from and are gone again, nothing else was changed');
    expect(flat).toMatch(
      /gone kube-system\/fix-sans-probe-[0-9a-f]{16} on \S+, of image registry\.k8s\.io\/pause:3\.10, made through/,
    );
    expect(stderr.match(/making a pod on/g)).toHaveLength(2);
    expect(stderr.match(/the pod kube-system\/fix-sans-probe-[0-9a-f]{16} on \S+ is gone/g)).toHaveLength(2);
    expect(code).toBe(0);
  });
});

test('a node that has a pod to look from gets none', async () => {
  tend();
  startPod(first(), {
    pid: '500',
    namespace: 'default',
    name: 'app',
    uid: '12345678-1234-1234-1234-123456789012',
    serviceHost: clusterIp,
    ca: simulation.ca,
  });
  const told = await verified();
  expect(told.exitCode).toBe(0);
  expect(told.probePods.map(({ node }) => node)).toEqual(['cp2']);
  expect(told.walks.map(({ pod }) => pod)).toEqual(['app', told.probePods[0]?.pod]);
});

test('with --wait one pod serves all looks', async () => {
  tend();
  const { stdout, code } = await verify([
    `--probe-image=${image}`,
    '--san=later.example',
    '--wait=8s',
    '--format=json',
  ]);
  const told = JSON.parse(stdout) as Verification;
  expect(code).toBe(2);
  expect(kubelets?.seen).toHaveLength(2);
  expect(told.probePods.map(({ end }) => end)).toEqual(['gone', 'gone']);
  expect(told.walks).toHaveLength(2);
});

describe('not proven from a pod, exit 3, and nothing left', () => {
  test('where admission refuses it', async () => {
    tend();
    against = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile';
    const told = await verified();
    expect(told.exitCode).toBe(3);
    expect(told.gaps.map(({ code }) => code)).toEqual(['probe-pod', 'probe-pod']);
    expect(told.gaps[0]?.detail).toBe(`not proven from a pod: the API server refuses the pod: ${against}`);
    expect(told.probePods.map(({ end }) => end)).toEqual(['never-made', 'never-made']);
    expect(podNames()).toEqual([]);
  });

  test.each([
    [
      'the image cannot be pulled',
      waiting('ErrImagePull', 'failed to pull and unpack image: not found'),
      'its image cannot be pulled (ErrImagePull): failed to pull and unpack image: not found',
    ],
    [
      'its process does not stay',
      {
        phase: 'Succeeded',
        containerStatuses: [{ name: 'probe', state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
      },
      'its process ended with 0 (Completed): an image is needed whose process stays',
    ],
    [
      'kubelet does not take it',
      { phase: 'Failed', reason: 'OutOfcpu', message: "Node didn't have enough resource: cpu" },
      "kubelet does not run it (OutOfcpu: Node didn't have enough resource: cpu)",
    ],
  ])('where %s', async (_, status, words) => {
    tend({ status: () => status });
    const told = await verified();
    expect(told.gaps.map(({ detail }) => detail)).toEqual([
      `not proven from a pod: ${words}`,
      `not proven from a pod: ${words}`,
    ]);
    expect(told.exitCode).toBe(3);
    expect(told.probePods.map(({ end }) => end)).toEqual(['gone', 'gone']);
    expect(podNames()).toEqual([]);
  });
});

test(
  'a pod that does not go is said, with the command, and the exit code is not 0',
  { timeout: 240_000 },
  async () => {
    tend({ takesAway: () => false });
    const { stdout, stderr, code } = await verify([`--probe-image=${image}`, '--format=json']);
    const told = JSON.parse(stdout) as Verification;
    expect(told.probePods.map(({ end }) => end)).toEqual(['left', 'left']);
    expect(told.gaps.map((gap) => gap.code)).toEqual(['probe-pod-left', 'probe-pod-left']);
    for (const { pod } of told.probePods)
      expect(stderr).toContain(`kubectl delete pod --namespace kube-system ${pod}`);
    expect(code).toBe(3);
  },
);

test('Ctrl-C while it is made or looked from: it is gone before the command ends', async () => {
  for (const when of ['making a pod on', 'the second pod']) {
    const stopper = new AbortController();
    let made = 0;
    tend();
    const stopped = verify([`--probe-image=${image}`], {
      stop: () => stopper.signal,
      onTalk: (text) => {
        if (text.includes('making a pod on')) made += 1;
        if (made === (when === 'the second pod' ? 2 : 1))
          setTimeout(() => stopper.abort(new Error('stopped')), 300);
      },
    });
    await expect(stopped).rejects.toMatchObject({
      message: 'stopped',
      aftermath: 'what was made to look from is gone again, and nothing else was changed',
    });
    expect(podNames()).toEqual([]);
    kubelets?.stop();
  }
});

test('pods that another run has left are reported and not touched', async () => {
  tend();
  const labels = { 'app.kubernetes.io/managed-by': 'fix-sans', 'app.kubernetes.io/component': 'probe-pod' };
  simulation.objects.set(
    object(['v1', 'Pod', 'kube-system', 'fix-sans-probe-00000000deadbeef'], {
      labels,
      spec: { nodeName: 'cp9' },
    }),
  );
  simulation.objects.set(object(['v1', 'Pod', 'kube-system', 'somebody-elses'], { labels, spec: {} }));
  const { stdout, code } = await verify([`--probe-image=${image}`, '--format=json']);
  expect((JSON.parse(stdout) as Verification).leftPods).toEqual([
    'kube-system/fix-sans-probe-00000000deadbeef',
  ]);
  expect(code).toBe(0);
  expect(podNames()).toEqual(['fix-sans-probe-00000000deadbeef', 'somebody-elses']);
});
