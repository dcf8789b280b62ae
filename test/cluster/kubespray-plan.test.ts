/** Story S3 by real SSH: both ways out, and the one that touches nothing makes kubectl work through the VIP. */
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildModule, kubernetesModule } from '../lab/binaries.ts';
import { kubernetesPins } from '../lab/versions.ts';
import { planBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { expectPlanHolds } from './plan-forms.ts';

const get = onCluster('kubespray');
const folder = mkdtempSync(path.join(tmpdir(), 'plan-kubespray-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('S3: the VIP is planned for all three, the names added by hand and 127.0.0.1 stay, and kubectl works at once', async () => {
  const cluster = get();
  const vip = await cluster.kubectl([
    'get',
    'service',
    'apiserver-loadbalancer',
    '--namespace=kube-system',
    '--output=jsonpath={.status.loadBalancer.ingress[0].ip}',
  ]);
  // As a person pastes it.
  const error = path.join(folder, 'error.txt');
  writeFileSync(
    error,
    `Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.233.0.1, 127.0.0.1, not ${vip}\n`,
  );
  const { plan, code } = await planBySsh(cluster, { options: ['--from-error', error, `--san=${vip}`] });
  expect(plan.refusals).toEqual([]);
  expect(code).toBe(2);
  expect(plan.nodes).toHaveLength(3);
  for (const { names, action } of plan.nodes) {
    expect(action).toBe('reissue');
    const kept = names.flatMap(({ san, fate }) => (fate === 'kept' ? [san.value] : []));
    expect(kept).toEqual(expect.arrayContaining(['127.0.0.1', '198.51.100.7', 'k8s.hand-added.example']));
    expect(names.flatMap(({ san, fate }) => (fate === 'added' ? [san.value] : []))).toContain(vip);
  }
  expect(plan.durable.map(({ kind }) => kind)).toContain('kubeadm-config');

  // The kubeconfig of somebody outside: the VIP, and the cluster's own CA.
  const kubeconfig = path.join(folder, 'vip.conf');
  const own = readFileSync(cluster.kubeconfig, 'utf8');
  writeFileSync(kubeconfig, own.replace(/server: .*/, `server: https://${vip}:443`), { mode: 0o600 });
  const line = plan.wayOut?.commands
    .map(({ command }) => command)
    .find((one) => one.startsWith('kubectl --tls-server-name'));
  if (line === undefined) throw new Error(JSON.stringify(plan.wayOut));
  const programs = await buildModule(kubernetesModule(kubernetesPins()), ['kubectl']);
  const env = {
    KUBECONFIG: kubeconfig,
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
  };
  const before = await execa('kubectl', ['get', 'nodes'], { env, reject: false });
  expect(before.stderr).toContain(`not ${vip}`);
  const { stdout } = await execa('sh', ['-c', line], { env });
  expect(stdout).toContain('control-plane');
});

test('both forms sign what was planned, and the usual recipe loses what was said', async () => {
  const cluster = get();
  const { nodes } = await expectPlanHolds(cluster, cluster.node('cp1').address.replace(/\d+$/, '250'));
  expect(nodes).toHaveLength(cluster.controlPlanes.length);
});
