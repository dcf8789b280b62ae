/** `apply` and `rollback` on a real cluster by SSH for the bench: what the run reports, and each command that a node was sent, with its time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { run } from '../src/cli/run.ts';
import type { Rollout } from '../src/model/rollout.ts';
import { openChanger } from '../src/reach/open-changer.ts';
import type { LabCluster } from '../test/lab/handle.ts';
import { firstNode } from '../test/lab/state.ts';

export interface Sent {
  readonly node: string;
  readonly step: string;
  readonly ms: number;
  /** Of these, waited for until all API servers were ready three times in a row. */
  readonly settleMs: number;
}

export interface Run {
  readonly rollout: Rollout;
  readonly sent: readonly Sent[];
}

/** Rejects where it does not end with 0. */
export async function runOn(
  cluster: LabCluster,
  command: 'apply' | 'rollback',
  options: readonly string[] = [],
): Promise<Run> {
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), 'root');
  const nodes = cluster.controlPlanes.flatMap(({ address }) => ['--node', `ssh://root@${address}`]);
  const login = ['--identity', privateKeyFile, '--known-hosts', knownHostsFile, '--ssh-config', 'none'];
  const home = mkdtempSync(path.join(tmpdir(), 'bench-cluster-'));
  const sent: Sent[] = [];
  let stdout = '';
  let stderr = '';
  try {
    const code = await run([command, ...nodes, ...login, '--format', 'json', '--yes', ...options], {
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      env: { HOME: home, PATH: process.env['PATH'] },
      openChanger: async (node, reach) => {
        let openedAt = performance.now();
        const changer = await openChanger(node, reach);
        return {
          ...changer,
          change: async (asked, ...more) => {
            // The login is part of what the first command takes.
            const began = openedAt;
            openedAt = 0;
            const start = began === 0 ? performance.now() : began;
            const reply = await changer.change(asked, ...more);
            const settled = reply.frames.find(({ name }) => name === 'settled');
            const settleMs = settled === undefined ? 0 : Number(Buffer.from(settled.bytes).toString('utf8'));
            sent.push({ node: node.name, step: asked.name, ms: performance.now() - start, settleMs });
            return reply;
          },
        };
      },
    });
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
    return { rollout: JSON.parse(stdout) as Rollout, sent };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
