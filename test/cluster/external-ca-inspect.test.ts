/** `inspect` by real SSH where the CA's key is elsewhere: a site's choice, which is told and is no trouble. */
import { beforeAll, expect, test } from 'vitest';
import { golden } from './golden.ts';
import { inspectBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';
import { usualRecipe } from './recipes.ts';

const get = onCluster('external-ca');

beforeAll(async () => {
  await get().startProbes();
});

test.each(['root', 'ops'] as const)(
  "that the CA's key is absent is told to %s, and nothing else",
  async (user) => {
    const { report, code } = await inspectBySsh(get(), { user });
    await expect(golden(get(), report)).toMatchFileSnapshot('golden/external-ca.json');
    expect(report.findings.map(({ code: one, severity }) => `${severity} ${one}`)).toEqual([
      'info ca-key-absent',
    ]);
    expect(code).toBe(0);
  },
);

test('after the usual recipe the certificate is gone from disk, while the old one is still served', async () => {
  const cluster = get();
  const node = cluster.node('cp1');
  expect((await cluster.tryInNode(node, usualRecipe('203.0.113.10'))).exitCode).not.toBe(0);
  const { report, code } = await inspectBySsh(cluster);
  expect(code).toBe(2);
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      code: 'certificate-unreadable',
      severity: 'error',
      node: node.name,
      args: { path: '/etc/kubernetes/pki/apiserver.crt', why: 'it is not there' },
    }),
  );
  await cluster.restore();
  expect((await inspectBySsh(cluster)).code).toBe(0);
});
