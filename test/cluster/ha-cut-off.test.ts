/** The link cut after the swap, and a way back that cannot work: the node helps itself, and where nobody can, a human is told what to type. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  applyBreaking,
  everythingOn,
  expectAccount,
  expectUnbroken,
  inThatOrder,
  leftOn,
  pairOn,
  pki,
  port,
  quick,
  wished,
  withoutRuns,
} from './broken-node.ts';
import { applyBySsh, inspectBySsh, rollbackBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const get = onCluster('ha');
withoutRuns(get);

async function inCp2(script: string): Promise<string> {
  return get().inNode(get().node('cp2'), script);
}

const cut = 'INPUT -p tcp --dport 22 -j DROP';

test('the link is cut after the swap: the node puts the old pair back by itself, and the next run says so (fault 35)', async () => {
  const cluster = get();
  const [broken, later] = [cluster.node('cp2'), cluster.node('cp3')];
  const [pair, all] = [await pairOn(cluster, broken), await everythingOn(cluster, later)];
  let cutAt = 0;
  try {
    const ended = await applyBreaking(cluster, {
      at: 'swapped',
      script: `iptables -I ${cut}`,
      onBroken: () => {
        cutAt = performance.now();
      },
    });
    const waited = (performance.now() - cutAt) / 1000;
    const { run } = ended.rollout;
    expectAccount(ended, cluster, {
      code: 5,
      states: ['done', 'unknown', 'untouched'],
      why: /the line was lost .*the node puts the old pair back by itself, by \d{4}-.*Z at the latest/,
    });
    expect(ended.rollout.left).toEqual([`on ${broken.name} the dead-man switch of the run ${run} is armed`]);
    // Without one failed handshake there as well, and by the time that was said.
    expectUnbroken(ended.seen);
    expect(waited).toBeGreaterThan(quick.deadManSeconds);
    expect(await pairOn(cluster, broken)).toBe(pair);
    expect(await everythingOn(cluster, later)).toBe(all);
    expect(await inCp2(`tail -n 2 /var/lib/fix-sans/${run}/ended`)).toMatch(/^undone /);
    await inCp2(`iptables -D ${cut}`);

    const next = await applyBySsh(cluster, {
      nodes: inThatOrder(cluster),
      options: [`--san=${wished(cluster)}`, '--yes', ...quick.options],
    });
    expect({ code: next.code, states: next.rollout.nodes.map(({ state }) => state) }, next.stderr).toEqual({
      code: 0,
      states: ['nothing', 'done', 'done'],
    });
    expect(next.stderr).toContain(
      `${broken.name}: locked: taken over from ${run} of ${ended.rollout.by}, which is gone; its old pair was put back`,
    );
    for (const node of cluster.controlPlanes)
      expect([node.alias, await leftOn(cluster, node)]).toEqual([node.alias, '']);
  } finally {
    await inCp2(`iptables -D ${cut} 2>/dev/null || true`);
  }
});

test('a way back that cannot work: exit 9 and what to type, which works as soon as the cause is gone (fault 59)', async () => {
  const cluster = get();
  const [broken, later] = [cluster.node('cp2'), cluster.node('cp3')];
  const [pair, all] = [await pairOn(cluster, broken), await everythingOn(cluster, later)];
  // cp2 sees an API server that is not ready, and nothing can be renamed any more.
  const unready = `OUTPUT -p tcp --dport ${port} -d ${later.address} -j REJECT --reject-with tcp-reset`;
  try {
    const ended = await applyBreaking(cluster, {
      at: 'swapped',
      script: `iptables -I ${unready}
mount --bind ${pki} ${pki}
mount -o remount,bind,ro ${pki}
`,
    });
    expectAccount(ended, cluster, {
      code: 9,
      states: ['done', 'stuck', 'untouched'],
      why: /not ready three times in a row.*; and the way back: the old pair could not be put back$/,
    });
    expectUnbroken(ended.seen);
    expect(await everythingOn(cluster, later)).toBe(all);
    const { run } = ended.rollout;
    const found = await inspectBySsh(cluster);
    expect(JSON.stringify(found.report.findings)).toContain(run);
    expect(found.code).not.toBe(0);

    await inCp2(`iptables -D ${unready}; umount ${pki}`);
    const { commands = [] } = ended.rollout.nodes[1] ?? {};
    // The last is for an API server that does not take the pair by itself, and for a node that has crictl.
    expect(commands.at(-1)).toMatch(/^crictl .* stop$/);
    for (const command of commands.slice(0, -1)) await inCp2(command);
    await until(async () => (await pairOn(cluster, broken)) === pair);
    // The run is still open there; taken back, it is over everywhere.
    const back = await rollbackBySsh(cluster, { options: ['--yes', run] });
    expect({ code: back.code, states: back.rollout.nodes.map(({ state }) => state) }, back.stderr).toEqual({
      code: 0,
      states: ['done', 'nothing', 'nothing'],
    });
    expect(await pairOn(cluster, broken)).toBe(pair);
    for (const node of cluster.controlPlanes)
      expect([node.alias, await leftOn(cluster, node)]).toEqual([node.alias, '']);
  } finally {
    await inCp2(`iptables -D ${unready} 2>/dev/null || true
umount -l ${pki} 2>/dev/null || true
`);
  }
});

async function until(what: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await what().catch(() => false))) {
    if (Date.now() > end) throw new Error('it did not come to that in ten seconds');
    await sleep(300);
  }
}
