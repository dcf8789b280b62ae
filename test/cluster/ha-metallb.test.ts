/** Story S1 with its victims: pods, and the real MetalLB, lose the API whenever they land on the endpoint that the usual recipe damaged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { handshake } from '../lab/handshakes.ts';
import { applyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn, usualRecipe, usualRecipeAtOnce } from './recipes.ts';

const get = onCluster('ha');
const controller = ['--namespace', 'metallb-system'];
const live = '/etc/kubernetes/pki/apiserver.crt';
let pool = '';

beforeAll(async () => {
  pool = await get().installMetallb();
});

test('MetalLB gives a Service an address, and the API server answers on it', async () => {
  const cluster = get();
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'apiserver', namespace: 'kube-system' },
    spec: {
      type: 'LoadBalancer',
      selector: { component: 'kube-apiserver' },
      ports: [{ port: 443, targetPort: 6443 }],
    },
  };
  await cluster.kubectl(['apply', '--filename', '-'], JSON.stringify(service));
  const [first = ''] = pool.split('-');
  await until(async () => (await handshake(first, 443)).serial !== undefined, 'no answer on the address');
  expect((await handshake(first, 443)).names).not.toContain(first);
  await cluster.kubectl(['delete', 'service', 'apiserver', '--namespace', 'kube-system']);
});

test('the usual recipe on one node takes the ClusterIP from that endpoint alone: pods and MetalLB fail there, and no more once it is restored', async () => {
  const cluster = get();
  await cluster.startProbes();
  const worker = cluster.node('worker1');
  const clusterIp = await cluster.clusterIp();
  const damaged = cluster.node('cp2');
  const before = await cluster.inNode(damaged, namesIn(live));
  expect(before).toContain(`IP Address:${clusterIp}`);

  await cluster.inNode(damaged, usualRecipe('203.0.113.10'));
  const after = await cluster.inNode(damaged, namesIn(live));
  expect(after).toContain('IP Address:203.0.113.10');
  const lost = before
    .trim()
    .split(', ')
    .filter((name) => !after.includes(name));
  expect(lost).toEqual(
    expect.arrayContaining([`IP Address:${clusterIp}`, 'DNS:localhost', 'IP Address:127.0.0.1']),
  );
  await until(
    async () => (await handshake(damaged.address, 6443)).names?.includes(clusterIp) === false,
    'the damaged certificate is not served',
  );

  const lacking: string[] = [];
  for (const { alias, address } of cluster.controlPlanes) {
    const [seen] = await cluster.askFromPod(worker, 'tls', '-server-name', clusterIp, `${address}:6443`);
    if (seen?.ok !== true) lacking.push(alias);
  }
  expect(lacking).toEqual(['cp2']);

  const calls = await cluster.askFromPod(worker, 'get', '-n', '60', `https://${clusterIp}/version`);
  const failed = calls.filter(({ ok }) => !ok);
  expect(failed.length).toBeGreaterThan(5);
  expect(failed.length).toBeLessThan(40);
  expect(new Set(failed.map(({ error = '' }) => /x509: .*, not \S+$/.test(error)))).toEqual(new Set([true]));
  process.stderr.write(
    `calls from a pod after the usual recipe: ${failed.length} of ${calls.length} failed\n`,
  );

  // kube-proxy takes one of three endpoints for each connection: here every connection lands on the damaged one.
  const home = await controllerNode();
  const rule = `PREROUTING -d ${clusterIp} -p tcp --dport 443 -j DNAT --to-destination ${damaged.address}:6443`;
  await cluster.inNode(home, `iptables -t nat -I ${rule}`);
  try {
    await cluster.kubectl([...controller, 'delete', 'pod', '--selector', 'component=controller', '--wait']);
    const complaint = complaintOf(clusterIp);
    await until(async () => complaint.test(await logs()), 'the controller does not complain');
    expect(await readyReplicas()).not.toBe('1');
  } finally {
    await cluster.inNode(home, `iptables -t nat -D ${rule}`);
    await cluster.restore();
  }
  const mended = await cluster.askFromPod(worker, 'get', '-n', '60', `https://${clusterIp}/version`);
  expect(mended.filter(({ ok }) => !ok)).toEqual([]);
  await cluster.kubectl([...controller, 'delete', 'pod', '--selector', 'component=controller', '--wait']);
  await until(async () => (await readyReplicas()) === '1', 'the controller does not come back');
  expect(await logs()).not.toContain('x509:');
});

test('S1: no certificate has the ClusterIP, MetalLB crash-loops; apply finds that by itself, MetalLB is Ready again, and 60 of 60 calls from a pod succeed', async () => {
  const cluster = get();
  await cluster.startProbes();
  const worker = cluster.node('worker1');
  const clusterIp = await cluster.clusterIp();
  const address = await cluster.kubectl([
    'config',
    'view',
    '--output',
    'jsonpath={.clusters[0].cluster.server}',
  ]);
  // What kubelets, kube-proxy and people dial was thought of; the range of Services was not.
  const known = [new URL(address).hostname, 'localhost', '127.0.0.1'];
  await Promise.all(
    cluster.controlPlanes.map(async (node) => {
      await cluster.inNode(node, usualRecipeAtOnce(known));
      await until(
        async () => (await handshake(node.address, 6443)).names?.includes(clusterIp) === false,
        'the damaged certificate is not served',
      );
    }),
  );
  const outside = await cluster.kubectl(['--server', address, 'get', 'nodes', '--output', 'name']);
  expect(outside.trim().split('\n')).toHaveLength(cluster.nodes.length);
  await cluster.kubectl([...controller, 'delete', 'pod', '--selector', 'component=controller', '--wait']);
  await until(isCrashing, 'the controller does not crash-loop');
  expect(await logs()).toMatch(complaintOf(clusterIp));
  expect(await readyReplicas()).not.toBe('1');

  const { rollout, code, stderr } = await applyBySsh(cluster, { options: ['--yes'] });
  expect({ code, states: rollout.nodes.map(({ state }) => state) }, stderr).toEqual({
    code: 0,
    states: ['done', 'done', 'done'],
  });
  for (const { before, after } of rollout.nodes) {
    const had = before?.names.map(({ value }) => value) ?? [];
    expect(had).not.toContain(clusterIp);
    expect(after?.names.map(({ value }) => value)).toEqual(expect.arrayContaining([...had, clusterIp]));
  }

  const calls = await cluster.askFromPod(worker, 'get', '-n', '60', 'https://kubernetes.default.svc/version');
  expect(calls.filter(({ ok }) => ok)).toHaveLength(60);
  await until(async () => (await readyReplicas()) === '1', 'the controller does not come back');
});

/** It has ended with an error, and kubelet waits before it starts it anew. */
async function isCrashing(): Promise<boolean> {
  const reason = await get().kubectl([
    ...controller,
    'get',
    'pods',
    '--selector',
    'component=controller',
    '--output',
    'jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}',
  ]);
  return reason === 'CrashLoopBackOff';
}

function complaintOf(clusterIp: string): RegExp {
  return new RegExp(`x509: certificate is valid for [^"]*, not ${clusterIp.replaceAll('.', '\\.')}`);
}

async function controllerNode(): Promise<ReturnType<ReturnType<typeof get>['node']>> {
  const name = await get().kubectl([
    ...controller,
    'get',
    'pods',
    '--selector',
    'component=controller',
    '--output',
    'jsonpath={.items[0].spec.nodeName}',
  ]);
  const found = get().nodes.find((node) => node.name === name);
  if (!found) throw new Error(`MetalLB's controller is on ${name}, which is no node of the cluster`);
  return found;
}

/** Of the container that runs and of the one that crashed before it, past kubectl's way through the kubelet's certificate. */
async function logs(): Promise<string> {
  const node = await controllerNode();
  return get().inNode(
    node,
    'cat /var/log/pods/metallb-system_controller-*/controller/*.log 2>/dev/null || true',
  );
}

async function readyReplicas(): Promise<string> {
  return get().kubectl([
    ...controller,
    'get',
    'deployment',
    'controller',
    '--output',
    'jsonpath={.status.readyReplicas}',
  ]);
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await sleep(500);
  }
}
