/** `plan --on-node` on three real control planes: their own kubeadms sign what is planned, and nothing on the nodes changes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { runCli } from '../support/run-cli.ts';
import { firstNode } from '../lab/state.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('ha');
const home = mkdtempSync(path.join(tmpdir(), 'on-node-'));
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Inode, size, owner, mode, mtime and ctime of all that is below /etc/kubernetes, and what is in /run of ours. */
async function state(): Promise<readonly string[]> {
  return Promise.all(
    get().controlPlanes.map(async (node) =>
      get().inNode(
        node,
        `find /etc/kubernetes -printf '%p %i %s %u %g %m %T@ %C@\\n' | sort
find /run -maxdepth 1 -name 'fix-sans-*'
`,
      ),
    ),
  );
}

test.each(['root', 'ops'] as const)('for %s', async (user) => {
  const cluster = get();
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), user);
  const before = await state();
  const { code, stdout, stderr } = await runCli(
    [
      'plan',
      ...cluster.controlPlanes.flatMap(({ address }) => ['--node', `ssh://${user}@${address}`]),
      `--identity=${privateKeyFile}`,
      `--known-hosts=${knownHostsFile}`,
      '--ssh-config=none',
      '--san=new.example.com',
      // Of the nodes' own network, where nobody has it: another one may be answered by whatever the way out leads through.
      `--san=${cluster.node('cp1').address.replace(/\d+$/, '250')}`,
      '--on-node',
      '--format=json',
    ],
    { env: { HOME: home, PATH: process.env['PATH'] } },
  );
  const plan = JSON.parse(stdout) as Plan;
  expect(plan.refusals).toEqual([]);
  expect(plan.rehearsed?.map(({ node }) => node)).toEqual(plan.nodes.map(({ node }) => node));
  expect(plan.rehearsed).toHaveLength(3);
  expect(stderr.match(/in a folder that is gone afterwards/g)).toHaveLength(3);
  expect(code).toBe(2);
  expect(await state()).toEqual(before);
});
