/** Three control planes: what is served, what the lab puts back, and that stage and swap hits nobody. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { handshake, watchHandshakes } from '../lab/handshakes.ts';
import { onCluster } from './on-cluster.ts';
import { namesIn, stage, swap } from './recipes.ts';

const get = onCluster('ha');
const live = '/etc/kubernetes/pki/apiserver.crt';

test('the ClusterIP is the first address of a range that does not start at zero', async () => {
  const cluster = get();
  expect(await cluster.clusterIp()).toBe('10.240.0.65');
  const served = await Promise.all(cluster.controlPlanes.map(({ address }) => handshake(address, 6443)));
  expect(served.map(({ names }) => names?.includes('IP Address:10.240.0.65'))).toEqual([true, true, true]);
});

test('a restored cluster has its files, its ConfigMap and its served certificates back', async () => {
  const cluster = get();
  const node = cluster.node('cp3');
  const before = await handshake(node.address, 6443);
  const list = 'cd /etc/kubernetes && find . -type f -exec sha256sum {} + | sort -k 2';
  const files = await cluster.inNode(node, list);
  const configuration = ['get', 'configmap', 'kubeadm-config', '-n', 'kube-system', '-o', 'jsonpath={.data}'];
  const data = await cluster.kubectl(configuration);

  await cluster.inNode(node, `${stage(node, ['new.example'])}${swap}echo stray >/etc/kubernetes/stray`);
  await cluster.kubectl([
    'patch',
    'configmap',
    'kubeadm-config',
    '-n',
    'kube-system',
    '-p',
    '{"data":{"a":"b"}}',
  ]);
  expect(await cluster.inNode(node, list)).not.toBe(files);

  await cluster.restore();
  expect(await cluster.inNode(node, list)).toBe(files);
  expect(await cluster.kubectl(configuration)).toBe(data);
  expect((await handshake(node.address, 6443)).serial).toBe(before.serial);
});

test('stage and swap under 200 handshakes a second: none fails, no name is lost, nothing restarts', async () => {
  const cluster = get();
  const node = cluster.node('cp2');
  const startTime = `pgrep -x kube-apiserver | head -n 1 | xargs -I{} stat -c %Y /proc/{}`;
  const started = await cluster.inNode(node, startTime);
  const before = await cluster.inNode(node, namesIn(live));

  const stop = watchHandshakes(node.address, 6443, 200);
  await sleep(2000);
  const took = (await cluster.inNode(node, stage(node, ['api.example', '203.0.113.10']))).trim();
  const staged = await cluster.inNode(node, namesIn('/etc/kubernetes/staged/apiserver.crt'));
  const swapped = performance.now();
  await cluster.inNode(node, swap);
  const commandTook = performance.now() - swapped;
  await sleep(4000);
  const tally = await stop();

  expect(tally.failures).toEqual([]);
  expect(tally.total).toBeGreaterThan(1200);
  expect(tally.serials).toHaveLength(2);
  // From one to the other, and not back: what was under way at that moment may end late.
  const [old, renewed] = tally.serials;
  expect((old?.last ?? 0) - (renewed?.first ?? 0)).toBeLessThan(1000);
  const names = staged.trim().split(', ');
  expect(names).toEqual(expect.arrayContaining(before.trim().split(', ')));
  expect(names).toEqual(expect.arrayContaining(['DNS:api.example', 'IP Address:203.0.113.10']));
  expect(await cluster.inNode(node, namesIn(live))).toBe(staged);
  expect(await cluster.inNode(node, startTime)).toBe(started);
  process.stderr.write(
    `stage and swap: kubeadm ${took} ms, the command with both renames ${commandTook.toFixed(0)} ms, ${tally.total} handshakes, ${tally.failures.length} failed\n`,
  );
});

test('a pod resolves the API server and reaches it by name', async () => {
  const cluster = get();
  await cluster.startProbes();
  const [found] = await cluster.askFromPod(
    cluster.node('worker1'),
    'dns',
    'kubernetes.default.svc.cluster.local',
  );
  expect(found?.addresses).toEqual(['10.240.0.65']);
  const [called] = await cluster.askFromPod(
    cluster.node('worker1'),
    'get',
    'https://kubernetes.default.svc/version',
  );
  expect(called).toMatchObject({ ok: true, status: 200 });
});
