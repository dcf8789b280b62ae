/** `inspect` in story S5: a plain kubeadm cluster, dialled by an outside address that its certificate does not hold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden } from './golden.ts';
import { inspectBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('single');
const outside = '203.0.113.56';
const folder = mkdtempSync(path.join(tmpdir(), 'inspect-single-'));
const kubeconfig = path.join(folder, 'outside.conf');

beforeAll(async () => {
  await get().startProbes();
  writeFileSync(
    kubeconfig,
    get()
      .kubeconfigText()
      .replace(/server: .*/, `server: https://${outside}:6443`),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const missing = {
  code: 'san-missing',
  severity: 'error',
  args: expect.objectContaining({ names: [outside], affected: ['remote-kubectl'] }) as object,
};

test('by its endpoint alone, with no SSH', async () => {
  const { report, code } = await inspectBySsh(get(), { nodes: ['--endpoint', `${outside}:6443`] });
  await expect(golden(get(), report)).toMatchFileSnapshot('golden/single-endpoint.json');
  expect(code).toBe(2);
  expect(report.findings).toMatchObject([missing]);
});

test.each(['root', 'ops'] as const)('with the node, for %s', async (user) => {
  const cluster = get();
  const nodes = ['--node', `ssh://${user}@${cluster.node('cp1').address}`, '--endpoint', `${outside}:6443`];
  const { report, code } = await inspectBySsh(cluster, { user, nodes });
  await expect(golden(cluster, report)).toMatchFileSnapshot('golden/single.json');
  expect(code).toBe(2);
  expect(report.findings).toContainEqual(
    expect.objectContaining({ code: 'port-forwarded', severity: 'info' }),
  );
});

test('by the kubeconfig of somebody outside: the node is found all the same, and so is what is missing', async () => {
  const { report, code } = await inspectBySsh(get(), { nodes: ['--kubeconfig', kubeconfig] });
  await expect(golden(get(), report, { [kubeconfig]: '/KUBECONFIG' })).toMatchFileSnapshot(
    'golden/single-kubeconfig.json',
  );
  expect(code).toBe(2);
  expect(report.findings).toContainEqual(expect.objectContaining(missing));
});
