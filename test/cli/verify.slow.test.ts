/** `fix-sans verify` as it is typed, against a simulated cluster with a pod on each node: SSH, TLS, API and DNS on loopback. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { Verification } from '../../src/model/verification.ts';
import { freezeReload, namesOnDisk, reissue } from '../simulator/damage.ts';
import { simulate, type SimulatedNode, type Simulation } from '../simulator/simulate.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { mint } from '../support/mint.ts';
import type { CliResult } from '../support/run-cli.ts';
import { openSimulatedNode } from '../support/simulated-cli.ts';
import { leadTo, object, setDns, type SimulatedPod, startPod, stopPod } from '../support/simulated-pod.ts';

const clusterIp = '10.240.0.65';
const dnsAddress = '10.240.0.74';
const nobody = '127.0.0.1:1';

let simulation: Simulation;
let dns: DnsServer;
let folder: string;
let first: SimulatedNode;
let second: SimulatedNode;

beforeAll(async () => {
  simulation = await simulate({ nodes: 2, serviceSubnet: '10.240.0.64/26', certSans: ['api.example.com'] });
  const [one, other] = simulation.nodes;
  if (one === undefined || other === undefined) throw new Error('no nodes');
  [first, second] = [one, other];
  dns = await startDnsServer(first.api.host, [clusterIp]);
});
afterAll(async () => {
  await simulation.stop();
  await dns.stop();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-verify-'));
  setDns(simulation, dnsAddress, ['10.240.9.9']);
  dns.setAnswer([clusterIp]);
  for (const node of simulation.nodes) {
    startPod(node, podOn(node));
    leadTo(node, routes());
  }
  return () => rmSync(folder, { recursive: true });
});

function podOn(node: SimulatedNode, more: Partial<SimulatedPod> = {}): SimulatedPod {
  return {
    pid: '500',
    namespace: 'kube-system',
    name: `app-${node.name}`,
    uid: '12345678-1234-1234-1234-123456789012',
    serviceHost: clusterIp,
    ca: simulation.ca,
    ...more,
  };
}

/** The DNS server listens on a port of its own, which the port 53 of all its addresses leads to. */
function routes(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    [`${clusterIp}:443`]: `${first.api.host}:${first.api.port}`,
    [dnsAddress]: dns.host,
    '10.240.9.9': dns.host,
    '53': String(dns.port),
    ...more,
  };
}

function there(nodes: readonly SimulatedNode[] = simulation.nodes): readonly string[] {
  return [
    ...nodes.flatMap(({ ssh }) => ['--node', `ssh://${ssh.user}@${ssh.host}:${ssh.port}`]),
    '--identity',
    first.ssh.privateKeyFile,
    '--known-hosts',
    first.ssh.knownHostsFile,
    '--ssh-config',
    'none',
    '--connect-timeout',
    '2s',
  ];
}

async function verify(
  args: readonly string[],
  command = 'verify',
  onTalk: (text: string) => void = () => undefined,
): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const code = await run([command, ...args], {
    stdin: Object.assign(process.stdin, { isTTY: false }),
    stdout: { write: (text) => (stdout += text) },
    stderr: {
      write: (text) => {
        stderr += text;
        onTalk(text);
      },
    },
    env: { HOME: folder },
    openNode: openSimulatedNode,
  });
  return { code, stdout, stderr };
}

async function verified(args: readonly string[]): Promise<Verification> {
  const { code, stdout, stderr } = await verify([...args, '--format', 'json']);
  if (stdout === '') throw new Error(stderr);
  const told = JSON.parse(stdout) as Verification;
  expect(told.exitCode).toBe(code);
  return told;
}

/** As if the terminal were wide: without the labels before a line. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function without(node: SimulatedNode, name: string): () => void {
  return reissue(
    simulation,
    node,
    namesOnDisk(node).filter((one) => one !== name),
  );
}

test('a healthy cluster holds, seen from here, from each node and from a pod on it', async () => {
  const { code, stdout } = await verify([...there(), '--kubeconfig', simulation.kubeconfig]);
  expect(stdout).toMatch(/^All \d+ names are served as they should be, on 2 control planes\.$/m);
  expect(stdout).toMatch(/all \d+ names hold, seen from here, the node itself, a pod/i);
  expect(stdout).toContain('kube-system/app-cp1 on ');
  expect(stdout).toContain(`https://${clusterIp}`);
  expect(code).toBe(0);
  expect(dns.asked).toContain('kubernetes.default.svc.cluster.local');
});

test('a control plane that the API knows and nobody named is not proven, unless it is left out knowingly', async () => {
  const told = await verified(there([first]));
  expect([told.exitCode, told.gaps.map(({ code }) => code)]).toEqual([3, ['not-inspected']]);
  expect(told.gaps[0]?.detail).toContain('nobody looked at: cp2');
  expect((await verified([...there([first]), '--accept-uninspected'])).exitCode).toBe(0);
});

test('no secret of a pod comes along, and JSON fits what the text says', async () => {
  const told = await verified(there());
  expect(JSON.stringify(told)).not.toContain('s3cret');
  expect(told.walks).toHaveLength(2);
  expect(told.walks.flatMap(({ links }) => links.map(({ link, state }) => `${link} ${state}`))).toEqual(
    [1, 2].flatMap(() => [
      'env good',
      'token good',
      'ca good',
      'dns good',
      'kube-proxy good',
      'backends good',
      'certificate good',
    ]),
  );
  expect(told.pods[0]).toMatchObject({ token: 'mounted', ca: { from: 'kubelet' }, isEntered: true });
});

async function broken(args: readonly string[] = []): Promise<readonly (string | undefined)[]> {
  const { walks } = await verified([...there(), '--walk', ...args]);
  return walks.map((walk) => walk.broken);
}

describe('S2: the walk names exactly the link that is broken', () => {
  test('CoreDNS scaled to 0', async () => {
    setDns(simulation, dnsAddress, []);
    for (const node of simulation.nodes) leadTo(node, routes({ [dnsAddress]: '127.0.0.1', '53': '1' }));
    expect(await broken()).toEqual(['dns', 'dns']);
    const { code, stdout } = await verify([...there(), '--walk']);
    expect(stdout).toContain('The first broken link: the DNS of the cluster does not resolve the API');
    expect(flat(stdout)).toContain('no CoreDNS pod is ready');
    expect(code).toBe(8);
  });

  test("kube-proxy's rules gone on one node: neither DNS nor API is reached by a Service address, the servers behind are", async () => {
    leadTo(second, {
      ...routes({ [`${clusterIp}:443`]: nobody, [dnsAddress]: '127.0.0.2' }),
    });
    const told = await verified([...there(), '--walk']);
    expect(told.walks.map((walk) => walk.broken)).toEqual([undefined, 'kube-proxy']);
    expect(told.exitCode).toBe(8);
    expect(told.walks[1]?.links.find(({ link }) => link === 'kube-proxy')?.detail).toContain(
      "kube-proxy's rules are missing or wrong",
    );
  });

  test('one stale master', async () => {
    const undo = without(second, clusterIp);
    try {
      const told = await verified([...there(), '--walk']);
      expect(told.walks.map((walk) => walk.broken)).toEqual(['certificate', 'certificate']);
      const detail = told.walks[0]?.links.find(({ link }) => link === 'certificate')?.detail ?? '';
      expect(detail).toContain(`${second.api.host}:${second.api.port} (`);
      expect(detail).toContain(`lacks ${clusterIp}`);
      expect(detail).not.toContain(`${first.api.host}:`);
      expect(told.exitCode).toBe(2);
    } finally {
      undo();
    }
  });

  test("the pod's CA is another cluster's", async () => {
    startPod(first, podOn(first, { ca: mint({ subject: 'kubernetes', isCa: true }).pem }));
    const told = await verified([...there(), '--walk']);
    expect(told.walks.map((walk) => walk.broken)).toEqual(['ca', undefined]);
    expect(told.exitCode).toBe(8);
  });

  test('a token that is not mounted is a broken link of the pod that was asked for, and of no other', async () => {
    startPod(first, podOn(first, { hasToken: false }));
    const pod = `kube-system/app-${first.name}`;
    const told = await verified([...there(), '--walk', '--pod', pod]);
    expect(told.walks.map((walk) => [walk.pod, walk.broken])).toEqual([[`app-${first.name}`, 'token']]);
    expect(told.exitCode).toBe(8);
    expect(await broken()).toEqual([undefined, undefined]);
  });

  test('a pod that is nowhere is not proven, exit 3', async () => {
    const told = await verified([...there(), '--walk', '--pod', 'default/gone']);
    expect(told.gaps.map(({ code }) => code)).toEqual(['pod-not-found']);
    expect(told.exitCode).toBe(3);
  });
});

test('S1: the ClusterIP that one API server does not serve is shown there, from every place', async () => {
  const undo = without(second, clusterIp);
  try {
    const { code, stdout } = await verify(there());
    expect(stdout).toMatch(new RegExp(`^ip:${clusterIp} is missing on `, 'm'));
    expect(stdout).toMatch(new RegExp(`ip:${clusterIp} +missing +missing +missing`));
    expect(code).toBe(2);
  } finally {
    undo();
  }
});

describe('names that are asked for', () => {
  test('one that leads elsewhere or nowhere from here: certificate right, path not proven, exit 3', async () => {
    const undo = simulation.nodes.map((node) =>
      reissue(simulation, node, [...namesOnDisk(node), '127.250.250.250']),
    );
    try {
      const { code, stdout } = await verify([...there(), '--san', '127.250.250.250']);
      expect(stdout).toContain('a path is not proven');
      expect(flat(stdout)).toContain(
        'ip:127.250.250.250 port 6443: not reached from here (the connection was refused',
      );
      expect(code).toBe(3);
    } finally {
      for (const one of undo) one();
    }
  });

  test('one that leads to the API with that name in its certificate is proven', async () => {
    const { code, stdout } = await verify([
      ...there(),
      '--kubeconfig',
      simulation.kubeconfig,
      '--san',
      first.api.host,
    ]);
    // The second certificate does not hold the address of the first node.
    expect(stdout).toMatch(new RegExp(`ip:${first.api.host} +${first.api.port} +yes`));
    expect(code).toBe(2);
  });
});

test('without a pod it says so, and that it was not asked for is said by a flag', async () => {
  for (const node of simulation.nodes) stopPod(node, { pid: '500' });
  const told = await verified(there());
  expect(told.gaps.map(({ code }) => code)).toEqual(['no-pod']);
  expect(told.gaps[0]?.detail).toContain('not proven from a pod');
  expect(told.exitCode).toBe(3);
  const accepted = await verified([...there(), '--without-pods']);
  expect(accepted).toMatchObject({ exitCode: 0, verdict: 'holds', walks: [] });
});

test('pods that crash are listed with their back-off, and nothing else of them', async () => {
  simulation.objects.set(
    object(['v1', 'Pod', 'default', 'controller-1'], {
      spec: { nodeName: 'cp2', containers: [{ name: 'c', env: [{ name: 'P', value: 's3cret "x"\\' }] }] },
      status: {
        containerStatuses: [
          {
            name: 'c',
            restartCount: 17,
            state: {
              waiting: {
                reason: 'CrashLoopBackOff',
                message: 'back-off 5m0s restarting failed container=c pod=controller-1',
              },
            },
          },
        ],
      },
    }),
  );
  const { stdout } = await verify([...there(), '--walk']);
  expect(stdout).toMatch(
    /default\/controller-1, container c on cp2: 17 restarts, started again\s+only after 5m0s/,
  );
  expect(stdout).not.toContain('s3cret');
});

test('--wait tries again until the new certificate is served, and says meanwhile what it waits for', async () => {
  const thaw = freezeReload(second);
  const names = [...namesOnDisk(second), 'new.example'];
  const undo = [
    reissue(simulation, first, [...namesOnDisk(first), 'new.example']),
    reissue(simulation, second, names),
  ];
  try {
    // However slow the first look is, it sees the old one.
    const { code, stdout, stderr } = await verify(
      [...there(), '--without-pods', '--wait', '60s'],
      'verify',
      (text) => {
        if (text.includes('waiting')) thaw();
      },
    );
    expect(stderr).toMatch(/^fix-sans: waiting: \S+: dns:new\.example not yet proven$/m);
    expect(stdout).toMatch(/^All \d+ names are served/m);
    expect(code).toBe(0);
  } finally {
    thaw();
    for (const one of undo) one();
  }
});

test('--plan: what the plan adds has to be there', async () => {
  const file = path.join(folder, 'plan.json');
  expect((await verify([...there(), '--san', 'planned.example', '--out', file], 'plan')).code).toBe(2);
  const before = await verified([...there(), '--without-pods', '--plan', file]);
  expect(before.exitCode).toBe(2);
  const lacking = before.nodes.map(({ names }) =>
    names.filter(({ node }) => node.outcome === 'missing').map(({ san }) => san.value),
  );
  expect(lacking).toEqual([['planned.example'], ['planned.example']]);
});

test('--report prometheus=FILE is for everybody to read, in one piece, and without timestamps', async () => {
  const mask = process.umask(0o077);
  try {
    for (const command of ['inspect', 'plan', 'verify']) {
      const file = path.join(folder, `${command}.prom`);
      const { code } = await verify([...there(), '--report', `prometheus=${file}`], command);
      const text = readFileSync(file, 'utf8');
      expect(statSync(file).mode & 0o777).toBe(0o644);
      expect(text).toContain(`fix_sans_last_run_exit_code{command="${command}",cluster=""} ${code}\n`);
      expect(text).toMatch(/^fix_sans_missing_names\{command="\w+",cluster="",node="[^"]+"\} 0$/m);
      expect(text.split('\n').filter((line) => !/^(?:#|$)|\} -?\d+$/.test(line))).toEqual([]);
    }
  } finally {
    process.umask(mask);
  }
});
