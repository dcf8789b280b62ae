/** The command line's inspect, plan and verify on a cluster of the lab by real SSH: what it printed, and every reply that a node sent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { run } from '../../src/cli/run.ts';
import type { Inspection } from '../../src/model/inspection.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Rollout } from '../../src/model/rollout.ts';
import type { Verification } from '../../src/model/verification.ts';
import { openNode } from '../../src/reach/open.ts';
import type { Reply } from '../../src/reach/reader.ts';
import type { LabCluster, SshTarget } from '../lab/handle.ts';
import { firstNode } from '../lab/state.ts';

/** What `--format json` holds. */
export type InspectReport = Pick<
  Inspection,
  'exitCode' | 'verdict' | 'findings' | 'names' | 'suggestions' | 'next' | 'facts'
> & { readonly issuers: readonly string[] };

export interface Inspected {
  readonly report: InspectReport;
  readonly code: number;
  readonly stderr: string;
  readonly replies: readonly Reply[];
}

interface Given {
  readonly user?: SshTarget['user'];
  /** Instead of a --node for each control plane. */
  readonly nodes?: readonly string[];
  readonly options?: readonly string[];
  /** Of who types the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** As Ctrl-C does it. */
  readonly stop?: AbortSignal;
  readonly onTalk?: (text: string) => void;
}

export async function inspectBySsh(cluster: LabCluster, given: Given = {}): Promise<Inspected> {
  const { stdout, ...rest } = await runBySsh(cluster, 'inspect', given);
  return { report: JSON.parse(stdout) as InspectReport, ...rest };
}

export interface Verified extends Omit<Inspected, 'report'> {
  readonly report: Verification;
}

export async function verifyBySsh(cluster: LabCluster, given: Given = {}): Promise<Verified> {
  const { stdout, ...rest } = await runBySsh(cluster, 'verify', given);
  return { report: JSON.parse(stdout) as Verification, ...rest };
}

export interface Planned extends Omit<Inspected, 'report'> {
  readonly plan: Plan;
}

export async function planBySsh(cluster: LabCluster, given: Given = {}): Promise<Planned> {
  const { stdout, ...rest } = await runBySsh(cluster, 'plan', given);
  return { plan: JSON.parse(stdout) as Plan, ...rest };
}

export interface RolledOut extends Omit<Inspected, 'report'> {
  readonly rollout: Rollout;
}

export async function applyBySsh(cluster: LabCluster, given: Given = {}): Promise<RolledOut> {
  const { stdout, ...rest } = await runBySsh(cluster, 'apply', given);
  return { rollout: JSON.parse(stdout) as Rollout, ...rest };
}

export async function rollbackBySsh(cluster: LabCluster, given: Given = {}): Promise<RolledOut> {
  const { stdout, ...rest } = await runBySsh(cluster, 'rollback', given);
  return { rollout: JSON.parse(stdout) as Rollout, ...rest };
}

/** With a home of its own, so that nothing of whoever runs the tests decides how nodes are reached. */
async function runBySsh(
  cluster: LabCluster,
  command: 'inspect' | 'plan' | 'verify' | 'apply' | 'rollback',
  given: Given,
): Promise<Omit<Inspected, 'report'> & { readonly stdout: string }> {
  const { user = 'root', options = [], stop } = given;
  const { privateKeyFile, knownHostsFile } = cluster.ssh(firstNode(cluster), user);
  const nodes =
    given.nodes ?? cluster.controlPlanes.flatMap(({ address }) => ['--node', `ssh://${user}@${address}`]);
  const home = mkdtempSync(path.join(tmpdir(), 'inspect-'));
  const replies: Reply[] = [];
  let stdout = '';
  let stderr = '';
  const login = ['--user', user, '--identity', privateKeyFile, '--known-hosts', knownHostsFile];
  const argv = [command, ...nodes, ...login, '--ssh-config', 'none', '--format', 'json', ...options];
  try {
    const code = await run(argv, {
      stdin: Readable.from([]),
      stdout: { write: (text) => (stdout += text) },
      stderr: {
        write: (text) => {
          stderr += text;
          given.onTalk?.(text);
        },
      },
      ...(stop && { stop: () => stop }),
      env: { HOME: home, PATH: process.env['PATH'], ...given.env },
      openNode: async (node, reach) => {
        const reader = await openNode(node, reach);
        return {
          ...reader,
          query: async (...asked) => {
            const reply = await reader.query(...asked);
            replies.push(reply);
            return reply;
          },
        };
      },
    });
    if (stdout === '') throw new Error(`${command} ended with ${code} and printed nothing: ${stderr}`);
    return { stdout, code, stderr, replies };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
