/** An apply on the cluster `ha`, in the middle of which a control plane is broken on purpose, and what must hold of every node afterwards. */
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect } from 'vitest';
import type { LabCluster } from '../lab/handle.ts';
import { type Tally, watchHandshakes } from '../lab/handshakes.ts';
import type { LabNode } from '../lab/state.ts';
import { applyBySsh, type RolledOut } from './inspected.ts';

export const pki = '/etc/kubernetes/pki';
export const port = 6443;

/** What of the waiting a parameter shortens; a dead-man switch has to outlast the others and a restart. */
export const quick = {
  options: ['--reload-wait=3s', '--settle=20s', '--dead-man=84s'],
  deadManSeconds: 84,
};

/** Of the events of a run, as they are said. */
export const moments = {
  locked: 'locked',
  proven: 'what was signed is what was planned',
  swapped: 'the new pair is in place',
} as const;

/** The API is read through the first that is named, which is therefore changed last: so cp2 is in the middle, and cp3 comes after it. */
export function inThatOrder(cluster: LabCluster, user = 'root'): readonly string[] {
  return ['cp3', 'cp1', 'cp2'].flatMap((alias) => ['--node', `ssh://${user}@${cluster.node(alias).address}`]);
}

export interface Breaking {
  /** As root in cp2, at once and before the run goes on. */
  readonly at?: keyof typeof moments;
  readonly script?: string;
  readonly options?: readonly string[];
  /** In milliseconds of performance.now(), where somebody is interested. */
  readonly onBroken?: () => void;
}

export interface BrokenRun extends RolledOut {
  /** By alias. */
  readonly seen: Readonly<Record<string, Tally>>;
}

/** A name of this test's own, in the nodes' network, where nobody has it. */
export function wished(cluster: LabCluster): string {
  return cluster.node('cp1').address.replace(/\d+$/, '250');
}

/** `apply` of one new name on all three, and handshakes with each of them as long as it runs. */
export async function applyBreaking(cluster: LabCluster, how: Breaking = {}): Promise<BrokenRun> {
  const { name } = cluster.node('cp2');
  const { at, script = '', options = [] } = how;
  let isBroken = false;
  const watches = cluster.controlPlanes.map(
    ({ alias, address }) => [alias, watchHandshakes(address, port, 20)] as const,
  );
  const applied = await applyBySsh(cluster, {
    nodes: inThatOrder(cluster),
    options: [`--san=${wished(cluster)}`, '--yes', ...quick.options, ...options],
    onTalk: (text) => {
      if (at === undefined || isBroken || !text.includes(`${name}: ${moments[at]}`)) return;
      isBroken = true;
      execFileSync('docker', ['exec', '--interactive', name, 'sh', '-s'], { input: `set -eu\n${script}` });
      how.onBroken?.();
    },
  });
  const seen = await Promise.all(
    watches.map(async ([alias, stop]): Promise<[string, Tally]> => [alias, await stop()]),
  );
  expect(isBroken, applied.stderr).toBe(at !== undefined);
  return { ...applied, seen: Object.fromEntries(seen) };
}

/** cp1, cp2, cp3. */
export function expectAccount(
  { rollout, code, stderr }: RolledOut,
  cluster: LabCluster,
  wanted: { readonly code: number; readonly states: readonly string[]; readonly why: RegExp },
): void {
  expect({ code, nodes: rollout.nodes.map(({ node, state }) => [node, state]) }, stderr).toEqual({
    code: wanted.code,
    nodes: ['cp1', 'cp2', 'cp3'].map((alias, index) => [cluster.node(alias).name, wanted.states[index]]),
  });
  expect(rollout.nodes[1]?.why).toMatch(wanted.why);
  expect(rollout.nodes[2]?.why).toBe(
    `not begun, since ${cluster.node('cp2').name} did not come to a good end`,
  );
  expect(rollout.durable.map(({ kind, state }) => [kind, state])).toContainEqual([
    'kubeadm-config',
    'left-to-you',
  ]);
}

export function expectUnbroken(seen: BrokenRun['seen'], aliases = ['cp1', 'cp2', 'cp3']): void {
  for (const alias of aliases) {
    const { failures = [], total = 0 } = seen[alias] ?? {};
    expect([alias, failures]).toEqual([alias, []]);
    expect(total).toBeGreaterThan(50);
  }
}

/** The pair with owner and mode, byte for byte; that nothing of a run lies about, and what is served. */
export async function pairOn(cluster: LabCluster, { name, address }: LabNode): Promise<string> {
  return cluster.inNode(
    { name, address, alias: name, isControlPlane: true },
    `cd ${pki}
sha256sum apiserver.crt apiserver.key
stat -c '%n %a %u %g' apiserver.crt apiserver.key
ls -A
openssl s_client -connect ${address}:${port} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint
`,
  );
}

/** Also that nothing was made and removed again. */
export async function everythingOn(cluster: LabCluster, node: LabNode): Promise<string> {
  return cluster.inNode(
    node,
    "find /etc/kubernetes -printf '%p %i %s %u %g %m %T@ %C@\\n' | sort; sha256sum /etc/kubernetes/pki/apiserver.*",
  );
}

/** A lock, a journal that is open, a unit of systemd, a folder of a run. */
export async function leftOn(cluster: LabCluster, node: LabNode): Promise<string> {
  return cluster.inNode(
    node,
    `cd /var/lib/fix-sans 2>/dev/null && ls -d lock */journal 2>/dev/null || true
find /etc/systemd/system -name '*fix-sans-undo*'
find /etc/kubernetes -name '*fix-sans*'
systemctl list-units --plain --no-legend 'fix-sans-undo*'
`,
  );
}

/** Before and after each test: what runs left for people to look at, and what of them is still armed. */
export function withoutRuns(get: () => LabCluster): void {
  const forget = async (): Promise<void> => {
    await Promise.all(
      get().controlPlanes.map((node) =>
        get().inNode(
          node,
          `rm -rf /var/lib/fix-sans
systemctl stop 'fix-sans-undo-*' 2>/dev/null || true
rm -f /etc/systemd/system/fix-sans-undo.service /etc/systemd/system/kubelet.service.wants/fix-sans-undo.service
`,
        ),
      ),
    );
  };
  beforeEach(forget);
  afterEach(forget);
}
