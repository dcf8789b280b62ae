/** Two operators at once on three real control planes: one wins, the other is told who; and a holder that is dead is recognised by the nodes themselves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { watchHandshakes } from '../lab/handshakes.ts';
import { firstNode } from '../lab/state.ts';
import {
  expectUnbroken,
  inThatOrder,
  leftOn,
  moments,
  port,
  quick,
  wished,
  withoutRuns,
} from './broken-node.ts';
import { applyBySsh } from './inspected.ts';
import { onCluster } from './on-cluster.ts';

const root = path.join(import.meta.dirname, '../..');
const get = onCluster('ha');
beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build'], { cwd: root });
});
withoutRuns(get);

async function applyAs(user: 'root' | 'ops'): ReturnType<typeof applyBySsh> {
  return applyBySsh(get(), {
    user,
    nodes: inThatOrder(get(), user),
    options: [`--san=${wished(get())}`, '--yes', ...quick.options],
  });
}

async function expectNothingLeft(): Promise<void> {
  for (const node of get().controlPlanes)
    expect([node.alias, await leftOn(get(), node)]).toEqual([node.alias, '']);
}

test('two at once: exactly one does it, the other changes nothing and says whose the lock is, since when and for how long (fault 51)', async () => {
  const cluster = get();
  const watches = cluster.controlPlanes.map(
    ({ alias, address }) => [alias, watchHandshakes(address, port, 20)] as const,
  );
  const both = await Promise.all([applyAs('root'), applyAs('ops')]);
  const seen = await Promise.all(watches.map(async ([alias, stop]) => [alias, await stop()] as const));
  const talk = both.map(({ stderr }) => stderr).join('\n');
  expect(
    both.map(({ code }) => code).toSorted((a, b) => a - b),
    talk,
  ).toEqual([0, 6]);
  const [winner, loser] = both[0].code === 0 ? both : both.toReversed();
  expect(winner?.rollout.nodes.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  const { run = '', by = '' } = winner?.rollout ?? {};
  const since = run.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d).*/, '$1-$2-$3 $4:$5 UTC');
  for (const { state, why } of loser?.rollout.nodes ?? []) {
    expect(state).toBe('untouched');
    expect(why).toMatch(/, for \d+ s more unless it is renewed$/);
    expect(why).toContain(
      `${cluster.node('cp1').name} could not be locked: the run ${run} of ${by} holds the lock since ${since}`,
    );
  }
  expect(loser?.rollout.nodes).toHaveLength(3);
  // Each node was given one new certificate, not two.
  expect(seen.map(([alias, { serials }]) => [alias, serials.length])).toEqual(
    seen.map(([alias]) => [alias, 2]),
  );
  expectUnbroken(Object.fromEntries(seen));
  await expectNothingLeft();
});

/** A program of its own, as a colleague has it, killed as soon as cp1 has the new pair. */
async function killedAfterSwap(): Promise<void> {
  const cluster = get();
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const login = ['--identity', privateKeyFile, '--known-hosts', knownHostsFile, '--ssh-config', 'none'];
  const child: ChildProcess = spawn(
    process.execPath,
    [
      path.join(root, 'dist/fix-sans.js'),
      'apply',
      ...inThatOrder(cluster),
      ...login,
      `--san=${wished(cluster)}`,
      '--yes',
      ...quick.options,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { HOME: cluster.folder, PATH: process.env['PATH'] } },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes(`${cluster.node('cp1').name}: ${moments.swapped}`)) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal, said).toBe('SIGKILL');
}

const bootId = '/proc/sys/kernel/random/boot_id';

test('a holder that was killed has the lock until its time is over or the node was restarted, by the node’s own clock; then it is taken over and healed (faults 32, 52 and 64)', async () => {
  const cluster = get();
  await killedAfterSwap();
  const early = await applyAs('root');
  expect(early.code, early.stderr).toBe(6);
  expect(early.rollout.nodes[0]?.why).toMatch(/holds the lock since .* UTC, for \d+ s more/);
  const [, dead = ''] = /the run (\S+) of/.exec(early.rollout.nodes[0]?.why ?? '') ?? [];
  // What a node says of itself is all that is asked: cp1 and cp2 were started anew, on cp3 an hour has gone by.
  const restarted = `echo 00000000-0000-4000-8000-000000000000 >/run/boot-id
mount --bind /run/boot-id ${bootId}
`;
  const later = `awk '{ printf "%.2f %.2f\\n", $1 + 3600, $2 }' /proc/uptime >/run/uptime
mount --bind /run/uptime /proc/uptime
`;
  try {
    for (const [alias, script] of [
      ['cp1', restarted],
      ['cp2', restarted],
      ['cp3', later],
    ] as const)
      await cluster.inNode(cluster.node(alias), script);
    const next = await applyAs('root');
    expect({ code: next.code, states: next.rollout.nodes.map(({ state }) => state) }, next.stderr).toEqual({
      code: 0,
      states: ['done', 'done', 'done'],
    });
    for (const { name } of cluster.controlPlanes)
      expect(next.stderr).toMatch(
        new RegExp(`${name}: locked: taken over from ${dead} of .*, which is gone`),
      );
    expect(next.stderr).toContain(
      `${cluster.node('cp1').name}: an earlier run was ended: ${dead}: the old pair is in place again`,
    );
    expect(next.rollout.nodes.map(({ healed }) => healed)).toEqual([[dead], [], []]);
  } finally {
    for (const node of cluster.controlPlanes)
      await cluster.inNode(node, `umount ${bootId} /proc/uptime 2>/dev/null || true`);
  }
  await expectNothingLeft();
});
