/** `inspect` by real SSH where every key is ECDSA. */
import { beforeAll, expect, test } from 'vitest';
import { golden } from './golden.ts';
import { inspectBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('ecdsa');

beforeAll(async () => {
  await get().startProbes();
});

test.each(['root', 'ops'] as const)('the card shows the curve, and the keys fit, for %s', async (user) => {
  const { report, code } = await inspectBySsh(get(), { user });
  await expect(golden(get(), report)).toMatchFileSnapshot('golden/ecdsa.json');
  expect(code).toBe(0);
});
