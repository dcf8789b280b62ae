/** `plan` on one control plane by real SSH: what its kubeadms sign is what was planned. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { planBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { expectPlanHolds } from './plan-forms.ts';

const get = onCluster('single');

test('both forms sign what was planned, and the usual recipe loses what was said', async () => {
  const cluster = get();
  // Of the nodes' own network, where nobody has it.
  const { nodes } = await expectPlanHolds(cluster, cluster.node('cp1').address.replace(/\d+$/, '250'));
  expect(nodes).toHaveLength(cluster.controlPlanes.length);
  expect(await cluster.inNode(cluster.node('cp1'), 'ls -a /etc/kubernetes/pki')).not.toContain('fix-sans');
});

test('S5: from the pasted error to the plan, with one command', async () => {
  const cluster = get();
  const outside = cluster.node('cp1').address.replace(/\d+$/, '249');
  const folder = mkdtempSync(path.join(tmpdir(), 'plan-single-'));
  const error = path.join(folder, 'error.txt');
  const line = `E1121 09:00:00.000000    4242 memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: Get \\"https://${outside}:6443/api?timeout=32s\\": tls: failed to verify certificate: x509: certificate is valid for 10.96.0.1, ${cluster.node('cp1').address}, not ${outside}"\n`;
  writeFileSync(error, line.repeat(5));
  try {
    const { plan, code } = await planBySsh(cluster, { options: ['--from-error', error, '--yes-names'] });
    expect({ code, refusals: plan.refusals }).toEqual({ code: 2, refusals: [] });
    const [only] = plan.nodes;
    const added = only?.names.filter(({ fate }) => fate === 'added').map(({ san }) => san.value);
    expect(added).toEqual([outside]);
    const config = plan.durable.find(({ kind }) => kind === 'kubeadm-config');
    expect(config && 'diff' in config && config.diff).toContain(`+  - "${outside}"`);

    // A name of a text that anybody may have written is not signed unasked.
    const unasked = await planBySsh(cluster, { options: ['--from-error', error] });
    expect([unasked.code, unasked.plan.refusals.map((one) => one.code)]).toEqual([7, ['unconfirmed-name']]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
